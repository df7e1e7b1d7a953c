import type { Middleware } from '../http/handler.ts'
import type { Plan } from '../plan/plan.ts'
import { pluginKind } from '../plan/plugin-kind.ts'
import { type BuildScope, ConfigError, type Kinds, type MiddlewareKind } from './kinds.ts'
import type { Clock, Logger } from './ports.ts'

/** What checks options: the interface of Standard Schema (https://standardschema.dev), which zod and others have. */
export interface OptionsSchema<O = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => OptionsResult<O> | Promise<OptionsResult<O>>
    readonly types?: { readonly input: unknown; readonly output: O } | undefined
  }
}

type OptionsResult<O> =
  | { readonly value: O; readonly issues?: undefined }
  | { readonly issues: readonly OptionsIssue[] }

/** What is wrong with options, and where. */
export interface OptionsIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
  /** Of zod: keys that it does not know there. */
  readonly keys?: readonly string[] | undefined
}

/** What a plugin may use while it builds a middleware. */
export interface PluginScope {
  /** Qualified name of the middleware: `stamp@file`. */
  readonly name: string
  readonly log: Logger
  readonly clock: Clock
  /** One value for all instances that this middleware has while a configuration is in force. */
  once<T>(create: () => T): T
  /** The middleware stays in force, and the API and `signalbox check` show it with this text. */
  warn(message: string): void
}

/** A middleware that is loaded from a module: its default export. */
export interface Plugin<O = unknown> {
  /** For people: routers call a plugin by the name under which the install configuration declares it. */
  readonly name: string
  /** Absent: it takes no options. */
  readonly options?: OptionsSchema<O>
  /**
   * Called once for each router that uses a middleware of it, with what `options` has made of what is configured. May
   * throw: the middleware is disabled with that text, and so are the routers that use it.
   */
  readonly create: (options: O, scope: PluginScope) => Middleware
}

/** Keeps the types of a plugin's options. */
export const definePlugin = <O = Readonly<Record<string, never>>>(plugin: Plugin<O>): Plugin<O> => plugin

/** A plugin that is built as what is built in is: it needs more than a `PluginScope` gives. */
export interface KindPlugin {
  readonly name: string
  readonly options?: OptionsSchema | undefined
  readonly kind: MiddlewareKind<unknown>
  /**
   * Makes ready what a middleware of it will need, so that building it need not wait; what it resolves to gives it back.
   * @param name qualified
   */
  readonly prepare?: (name: string, options: unknown, log: Logger) => Promise<() => void>
  /** Resolves once nothing of it runs any more. */
  readonly close?: () => Promise<void>
}

/** Plugins by the name that the install configuration gives them. */
export type Plugins = Readonly<Record<string, Plugin | KindPlugin>>

/** Adds plugins to the kinds, as the plan names them. */
export const withPlugins = ({ middlewares, ...others }: Kinds, plugins: Plugins): Kinds => ({
  ...others,
  middlewares: {
    ...middlewares,
    ...Object.fromEntries(Object.entries(plugins).map(([name, plugin]) => [pluginKind(name), kindOf(plugin)])),
  },
})

/**
 * Has plugins make ready what the middlewares of a plan need, all at one time. What it resolves to gives that back: once
 * there is a plan in the place of this one.
 */
export async function preparePlugins(
  { middlewares }: Pick<Plan, 'middlewares'>,
  plugins: Plugins,
  log: Logger,
): Promise<() => void> {
  const kinds = new Map(Object.entries(plugins).map(([name, plugin]) => [pluginKind(name), plugin]))
  const releases = await Promise.all(
    Object.entries(middlewares).map(([name, { kind, config, errors }]) => {
      const plugin = errors.length === 0 && kind !== null ? kinds.get(kind) : undefined
      return plugin !== undefined && 'prepare' in plugin ? plugin.prepare?.(name, config, log) : undefined
    }),
  )
  return () => {
    for (const release of releases) release?.()
  }
}

/** Bundles of plugins have classes of their own: what they throw becomes ours. */
const kindOf = (plugin: Plugin | KindPlugin): MiddlewareKind<unknown> => ({
  build(options, scope) {
    let middleware: unknown
    try {
      middleware = 'kind' in plugin ? plugin.kind.build(options, scope) : plugin.create(options, scopeOf(scope))
    } catch (error) {
      throw new ConfigError(error instanceof Error ? error.message : String(error))
    }
    if (typeof middleware !== 'function') throw new ConfigError('the plugin has made no middleware')
    return middleware as Middleware
  },
})

const scopeOf = (scope: BuildScope): PluginScope => ({
  name: scope.name,
  log: scope.ports.log,
  clock: scope.ports.clock,
  once: (create) => scope.once(create),
  warn: (message) => scope.warn(message),
})
