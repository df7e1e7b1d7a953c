import type { Clock, Logger } from '../../../src/contracts/ports.ts'
import { Fields } from '../../../src/http/fields.ts'
import type { Handler } from '../../../src/http/handler.ts'
import { bareReply } from '../../../src/http/replies.ts'
import { ProxyResponse } from '../../../src/http/response.ts'
import { type LoadedCertificate, loadPair } from '../tls/certificate-store.ts'
import { challengeCertificate } from './challenge-certificate.ts'
import type { AskedChallenge, ChallengeSolver, TakeAway } from './order.ts'
import type { SharedChallenges } from './storage/storage.ts'
import { pause } from './waits.ts'

/** How long the authority may take to look (Traefik v3.7 `ChallengeHTTP.Timeout`). */
const LOOK_MS = 60_000
/** Longer ones are no tokens of an authority. */
const TOKEN_PATH = /^\/\.well-known\/acme-challenge\/([A-Za-z0-9_-]{1,256})\/?$/
/** Answers of other processes that were asked for within this time are not asked for again: anybody can ask. */
const MOST_LOOKUPS = 20

type Kind = 'http-01' | 'tls-alpn-01'

/**
 * What this proxy, and those that share a storage with it, answer to authorities. One for the process: names and tokens
 * tell the answers of resolvers apart.
 */
export class ChallengeAnswers {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #own = new Map<string, string>()
  readonly #shared = new Set<SharedChallenges>()
  readonly #certificates = new Map<string, Promise<LoadedCertificate>>()
  #lookups = 0

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock
    this.#log = log
  }

  /** Answers of other processes lie there too. */
  share(challenges: SharedChallenges): void {
    this.#shared.add(challenges)
  }

  /** A solver that lays its answers here, and where they are shared. */
  solver(type: Kind, delayMs: number, shared: SharedChallenges | null): ChallengeSolver {
    return {
      type,
      timeoutMs: LOOK_MS,
      sequenceMs: null,
      present: async (asked, signal, laid) => {
        const key = keyOf(type, asked)
        laid(this.#takeAway(key, shared))
        this.#own.set(key, asked.keyAuthorization)
        await shared?.put(key, asked.keyAuthorization)
        if (delayMs > 0) await pause(this.#clock, delayMs, signal)
      },
    }
  }

  #takeAway(key: string, shared: SharedChallenges | null): TakeAway {
    return async () => {
      this.#own.delete(key)
      this.#certificates.delete(key)
      await shared?.remove(key)
    }
  }

  /** `acme-http@internal`: 200 with the key authorisation of the token for this host, else 404. */
  readonly http: Handler = async (request) => {
    const token = TOKEN_PATH.exec(request.path)?.[1]
    const host = hostOf(request.authority)
    if (token === undefined || host === '') return bareReply(404)
    const answer = await this.#find(keyOf('http-01', { name: host, token }))
    if (answer === null) {
      this.#log.log('debug', 'Cannot retrieve the ACME challenge', { domain: host })
      return bareReply(404)
    }
    return new ProxyResponse(200, new Fields(['Content-Type', 'text/plain; charset=utf-8']), answer)
  }

  /** The certificate by which TLS-ALPN-01 is answered for a name; null: nobody has asked for it. Never rejects. */
  readonly tls = async (serverName: string): Promise<LoadedCertificate | null> => {
    const name = serverName.toLowerCase()
    const key = keyOf('tls-alpn-01', { name, token: '' })
    try {
      const answer = await this.#find(key)
      if (answer === null) return null
      let made = this.#certificates.get(key)
      if (made === undefined || !this.#own.has(key)) {
        made = challengeCertificate(name, answer, this.#clock.date()).then(loadPair)
        if (this.#own.has(key)) this.#certificates.set(key, made)
      }
      return await made
    } catch (error) {
      this.#complain(error)
      return null
    }
  }

  async #find(key: string): Promise<string | null> {
    const own = this.#own.get(key)
    if (own !== undefined) return own
    if (this.#shared.size === 0 || this.#lookups >= MOST_LOOKUPS) return null
    this.#lookups++
    try {
      for (const challenges of this.#shared) {
        const answer = await challenges.get(key)
        if (answer !== null) return answer
      }
      return null
    } catch (error) {
      this.#complain(error)
      return null
    } finally {
      this.#lookups--
    }
  }

  #complain(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    this.#log.log('error', 'An answer to a challenge can’t be had', { reason })
  }
}

/** Of TLS-ALPN-01 the name alone, as clients say no more. */
const keyOf = (type: Kind, { name, token }: Pick<AskedChallenge, 'name' | 'token'>): string =>
  type === 'http-01' ? `http ${name} ${token}` : `tls ${name}`

const hostOf = (authority: string): string => authority.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '')
