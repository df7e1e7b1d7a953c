/** The package's `./plugin`: what plugins are written with. */
export { ConfigError } from '../../src/contracts/kinds.ts'
export { definePlugin, type OptionsSchema, type Plugin, type PluginScope } from '../../src/contracts/plugin.ts'
export type { Clock, Logger, LogLevel } from '../../src/contracts/ports.ts'
export {
  defineProvider,
  type ProviderPlugin,
  type ProviderPluginScope,
  type ProviderPluginSink,
  type RunProvider,
} from '../../src/contracts/provider-plugin.ts'
export type { Body } from '../../src/http/body.ts'
export { Fields } from '../../src/http/fields.ts'
export type { Handler, Middleware } from '../../src/http/handler.ts'
export { andThen, type MaybePromise } from '../../src/http/maybe-promise.ts'
export type { ProxyRequest } from '../../src/http/request.ts'
export type { Client, ExchangeEnd, RequestContext } from '../../src/http/request-context.ts'
export { ProxyResponse } from '../../src/http/response.ts'
