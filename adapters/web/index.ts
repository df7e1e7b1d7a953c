/**
 * The package's `.`: a proxy as a Fetch handler, for any runtime that has Fetch, and what middlewares of one's own are
 * written with.
 */
export type { BuildScope, MiddlewareKind, ProgramMiddlewares } from '../../src/contracts/kinds.ts'
export { ConfigError, defineMiddleware } from '../../src/contracts/kinds.ts'
export type { Logger, LogLevel } from '../../src/contracts/ports.ts'
export type { Body } from '../../src/http/body.ts'
export { Fields } from '../../src/http/fields.ts'
export type { Handler, Middleware } from '../../src/http/handler.ts'
export type { MaybePromise } from '../../src/http/maybe-promise.ts'
export type { ProxyRequest } from '../../src/http/request.ts'
export type { Client, ExchangeEnd, RequestContext } from '../../src/http/request-context.ts'
export { ProxyResponse } from '../../src/http/response.ts'
export type { ConfigProblem } from '../../src/plan/problem.ts'
export type { RuntimeReport } from '../../src/runtime/report.ts'
export { VERSION } from '../../src/version.ts'
export { createSignalbox, type Signalbox, type SignalboxOptions } from './signalbox.ts'
