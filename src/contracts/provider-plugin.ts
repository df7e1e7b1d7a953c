import type { OptionsSchema } from './plugin.ts'
import type { Clock, Logger } from './ports.ts'

/** What a provider plugin may use. */
export interface ProviderPluginScope {
  /** The part of qualified names after `@`: `plugin-inventory`. */
  readonly name: string
  readonly log: Logger
  readonly clock: Clock
}

/** Where a provider plugin says what it finds. */
export interface ProviderPluginSink {
  /** The source answers. @param peer what it is called in messages: a path, an address, without secrets */
  connected(peer: string): void
  /**
   * The whole of what was found, in place of what was said before: routing configuration with the names of Traefik's files,
   * as values that JSON knows. @throws TypeError where it can't be written as JSON
   */
  emit(configuration: unknown): void
}

/**
 * Follows the source until `signal` is aborted, and then resolves. It also ends, or rejects with the reason, when the source
 * is lost: it is called again, ever more rarely, and what was said last stays in force.
 */
export type RunProvider = (sink: ProviderPluginSink, signal: AbortSignal) => Promise<void>

/** A provider that is loaded from a module: its default export. */
export interface ProviderPlugin<O = unknown> {
  /** For people: the install configuration calls it by the name under which it declares it. */
  readonly name: string
  /** Absent: it takes no options. */
  readonly options?: OptionsSchema<O>
  /** Called once, with what `options` has made of `providers.plugin.NAME`. May throw: the proxy does not start. */
  readonly provide: (options: O, scope: ProviderPluginScope) => RunProvider
}

/** Keeps the types of a provider plugin's options. */
export const defineProvider = <O = Readonly<Record<string, never>>>(plugin: ProviderPlugin<O>): ProviderPlugin<O> =>
  plugin
