import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import type { Clock, Logger } from '../../../src/contracts/ports.ts'
import type { MaybePromise } from '../../../src/http/maybe-promise.ts'
import { type Alias, queryAlias } from './alias-query.ts'

export interface HostResolverOptions {
  /** A file as `resolv.conf`. */
  readonly resolvConfig: string
  /** Aliases that are followed. */
  readonly resolvDepth: number
  /** Of the servers: the file names no ports. */
  readonly port?: number
}

/** What is known of a host. */
interface Known {
  readonly name: string
  /** Until then nobody is asked again, by the clock. */
  readonly until: number
}

const DNS_PORT = 53
/** Clients choose the names that are asked for. */
const MOST_KNOWN = 10_000
const MOST_AT_ONCE = 64
/** For one server; a request waits no longer than for a chain of them, and only where nothing is known of its host. */
const SERVER_LIMIT_MS = 2_000
const CHAIN_LIMIT_MS = 5_000
const LEAST_MS = 1_000
const MOST_MS = 24 * 3600_000
/** How long a host that is no alias is taken for none, and one that could not be asked for. */
const NONE_MS = 60_000
const FAILED_MS = 10_000
/** Between two lines of the log about failures. */
const QUIET_MS = 10_000
const HOST = /^(?=.{1,254}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?$/

/**
 * Follows aliases (CNAME) of the hosts of requests. What is known is given at once, also while it is asked for anew: a
 * request waits only where nothing is known of its host.
 */
export class HostResolver {
  readonly #options: HostResolverOptions
  readonly #clock: Clock
  readonly #log: Logger
  /** Those used last stand last. */
  readonly #known = new Map<string, Known>()
  readonly #asking = new Map<string, Promise<string>>()
  #quietUntil = Number.NEGATIVE_INFINITY

  constructor(options: HostResolverOptions, clock: Clock, log: Logger) {
    this.#options = options
    this.#clock = clock
    this.#log = log
  }

  /** Where the aliases of a host lead; itself where it is none. Never rejects. @param host canonical */
  readonly flatten = (host: string): MaybePromise<string> => {
    const known = this.#known.get(host)
    if (known !== undefined) {
      if (this.#clock.now() >= known.until) void this.#ask(host)
      return known.name
    }
    if (!HOST.test(host) || isIP(host) !== 0) return host
    return this.#ask(host) ?? host
  }

  /** Null: too many are asked for. */
  #ask(host: string): Promise<string> | null {
    const asking = this.#asking.get(host)
    if (asking !== undefined) return asking
    if (this.#asking.size >= MOST_AT_ONCE) return null
    const asked = this.#follow(host).finally(() => this.#asking.delete(host))
    this.#asking.set(host, asked)
    return asked
  }

  async #follow(host: string): Promise<string> {
    const end = this.#clock.now() + CHAIN_LIMIT_MS
    let name = host
    let keptMs = NONE_MS
    try {
      const servers = await this.#servers()
      for (let depth = 0; depth < this.#options.resolvDepth && this.#clock.now() < end; depth++) {
        const alias = await this.#aliasOf(name.replace(/\.$/, ''), servers)
        if (alias === null) break
        name = alias.target
        if (depth === 0) keptMs = Math.min(MOST_MS, Math.max(LEAST_MS, alias.ttlMs))
      }
    } catch (error) {
      this.#complain(host, error)
      // What was known is better than nothing.
      name = this.#known.get(host)?.name ?? name
      keptMs = FAILED_MS
    }
    this.#keep(host, { name, until: this.#clock.now() + keptMs })
    return name
  }

  /** All servers are asked; the first alias counts, and that there is none only once all of them have said so. */
  async #aliasOf(name: string, servers: readonly string[]): Promise<Alias | null> {
    const port = this.#options.port ?? DNS_PORT
    const failures: unknown[] = []
    const asked = servers.map(async (host) => {
      try {
        return await queryAlias({ host, port }, name, SERVER_LIMIT_MS)
      } catch (error) {
        failures.push(error)
        return null
      }
    })
    const first = await firstAlias(asked)
    if (first === null && failures.length === servers.length) throw failures[0] ?? new Error('there is no name server')
    return first
  }

  /** @throws Error where the file can't be read or names none */
  async #servers(): Promise<readonly string[]> {
    const { resolvConfig } = this.#options
    const text = await readFile(resolvConfig, 'utf8')
    const servers = [...text.matchAll(/^[ \t]*nameserver[ \t]+(\S+)/gm)].map(([, server]) => server!)
    const usable = servers.filter((server) => isIP(server.replace(/%.*$/, '')) !== 0)
    if (usable.length === 0) throw new Error(`${resolvConfig} names no name server`)
    return usable
  }

  #keep(host: string, known: Known): void {
    this.#known.delete(host)
    this.#known.set(host, known)
    if (this.#known.size <= MOST_KNOWN) return
    const [oldest] = this.#known.keys()
    this.#known.delete(oldest!)
  }

  #complain(host: string, error: unknown): void {
    const now = this.#clock.now()
    if (now < this.#quietUntil) return
    this.#quietUntil = now + QUIET_MS
    this.#log.log('error', 'The aliases of a host can’t be followed', { host, reason: (error as Error).message })
  }
}

function firstAlias(asked: readonly Promise<Alias | null>[]): Promise<Alias | null> {
  return new Promise((resolve) => {
    for (const one of asked) void one.then((alias) => alias !== null && resolve(alias))
    void Promise.all(asked).then(() => resolve(null))
  })
}
