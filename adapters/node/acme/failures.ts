import { backOffMs } from '../../../src/compiler/acme/renewal.ts'
import type { ConfigProblem } from '../../../src/plan/problem.ts'
import { ApiError } from '../providers/api-client/api-error.ts'
import { AcmeError } from './acme-error.ts'
import { DnsApiError } from './dns/api.ts'

/** A certificate that could not be had. */
export interface FailedOrder {
  readonly names: readonly string[]
  /** In a row. */
  readonly failures: number
  readonly reason: string
  readonly isRateLimit: boolean
  readonly nextTryAt: Date
}

/** What could not be had, and when it is tried again; by `orderKey`. */
export class Failures {
  readonly #all = new Map<string, FailedOrder>()
  readonly #random: () => number

  constructor(random: () => number) {
    this.#random = random
  }

  note(key: string, names: readonly string[], error: unknown, now: Date): FailedOrder {
    const failures = (this.#all.get(key)?.failures ?? 0) + 1
    const isRateLimit = error instanceof AcmeError && error.isRateLimit
    const isAnswer = error instanceof AcmeError || error instanceof ApiError || error instanceof DnsApiError
    const retryAfterMs = isAnswer ? error.retryAfterMs : null
    const ms = backOffMs(failures, { isRateLimit, retryAfterMs }, this.#random())
    const failed: FailedOrder = {
      names,
      failures,
      reason: error instanceof Error ? error.message : String(error),
      isRateLimit,
      nextTryAt: new Date(now.getTime() + ms),
    }
    this.#all.set(key, failed)
    return failed
  }

  forget(key: string): void {
    this.#all.delete(key)
  }

  /** What nobody wants any more is forgotten. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.#all.keys()) if (!keys.has(key)) this.#all.delete(key)
  }

  get(key: string): FailedOrder | undefined {
    return this.#all.get(key)
  }

  get all(): readonly FailedOrder[] {
    return [...this.#all.values()]
  }

  /** Milliseconds since 1970, by key. */
  get notBefore(): ReadonlyMap<string, number> {
    return new Map([...this.#all].map(([key, { nextTryAt }]) => [key, nextTryAt.getTime()]))
  }
}

/** A failure as the API and the log show it. */
export const failureProblem = ({ names, reason, isRateLimit, nextTryAt }: FailedOrder): ConfigProblem => ({
  severity: 'error',
  message: `Unable to obtain ACME certificate for domains: ${reason}; next try at ${nextTryAt.toISOString()}`,
  hint: isRateLimit ? 'the authority has had too many requests of ours' : null,
  provider: null,
  path: ['tls', 'certificates'],
  position: null,
  origin: { item: `certificate ${shown(names)}` },
})

export const storageProblem = (reason: string, hasUnsaved: boolean): ConfigProblem => ({
  severity: 'error',
  message: `the storage of certificates can’t be had: ${reason}`,
  hint: hasUnsaved ? 'what could not be written is served, and lost with the process' : null,
  provider: null,
  path: ['tls', 'certificates'],
  position: null,
})

const MOST_SHOWN = 5

const shown = (names: readonly string[]): string =>
  names.length <= MOST_SHOWN
    ? names.join(', ')
    : `${names.slice(0, MOST_SHOWN).join(', ')} and ${names.length - MOST_SHOWN} more`
