import { sanitised } from '../../../src/compiler/acme/domains.ts'
import type { Clock, Logger } from '../../../src/contracts/ports.ts'
import { parseIp } from '../../../src/http/ip.ts'
import { type ApiClient, createApiClient } from '../providers/api-client/client.ts'
import { type LoadedCertificate, loadPair } from '../tls/certificate-store.ts'
import type { AcmeResolver } from './resolver.ts'

export interface OnDemandOptions {
  readonly resolver: AcmeResolver
  /** URL that is asked with `?domain=NAME`; 200 allows a name. */
  readonly ask: string
  /** So many orders in a period. */
  readonly average: number
  readonly periodMs: number
  readonly clock: Clock
  readonly log: Logger
}

/** How long a handshake waits; the order goes on. */
const HANDSHAKE_MS = 8_000
const ASK_MS = 5_000
/** What was refused is not asked for again for so long; what could not be asked, for less. */
const REFUSED_MS = 10 * 60_000
const UNKNOWN_MS = 10_000
/** Anybody can send any name: no more of them are remembered, or asked for side by side. */
const MOST_REMEMBERED = 10_000
const MOST_WAITING = 100
const MAX_BYTES = 64 * 1024

/** Orders certificates at the first handshake for a name that somebody allows. */
export class OnDemand {
  readonly #options: OnDemandOptions
  readonly #client: ApiClient
  readonly #path: string
  /** Until when names are refused, on the clock's scale; the oldest first. */
  readonly #refused = new Map<string, number>()
  readonly #waiting = new Map<string, Promise<LoadedCertificate | null>>()
  #began: readonly number[] = []
  #isToldOfRate = false
  readonly #closing = new AbortController()

  constructor(options: OnDemandOptions) {
    this.#options = options
    const url = new URL(options.ask)
    const { pathname, search } = url
    url.pathname = ''
    url.search = ''
    url.hash = ''
    this.#client = createApiClient({ endpoint: url.href, timeoutMs: ASK_MS })
    this.#path = `${pathname}${search}${search === '' ? '?' : '&'}domain=`
  }

  /** Null: there will be no certificate. The promise does not reject and settles within 8 s. */
  certificate(serverName: string): Promise<LoadedCertificate | null> | null {
    const { clock } = this.#options
    const known = this.#waiting.get(serverName)
    if (known !== undefined) return this.#inTime(known)
    const until = this.#refused.get(serverName)
    if (until !== undefined && until > clock.now()) return null
    const clean = sanitised([serverName])
    const isName = 'names' in clean && parseIp(serverName) === null && serverName.includes('.') && serverName[0] !== '*'
    if (!isName || this.#waiting.size >= MOST_WAITING || this.#closing.signal.aborted) return null
    const order = this.#order(serverName).finally(() => this.#waiting.delete(serverName))
    this.#waiting.set(serverName, order)
    return this.#inTime(order)
  }

  close(): void {
    this.#closing.abort(new Error('stopped'))
    this.#client.close()
  }

  async #order(name: string): Promise<LoadedCertificate | null> {
    const { resolver, log } = this.#options
    try {
      if (!(await this.#isAllowed(name)) || !this.#hasRoom()) return null
      const certificate = await resolver.demand(name)
      return certificate === null ? null : loadPair({ cert: certificate.certificate, key: certificate.key })
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      log.log('error', 'A certificate on demand can’t be had', { providerName: resolver.name, domain: name, reason })
      return null
    }
  }

  async #isAllowed(name: string): Promise<boolean> {
    const { log, resolver } = this.#options
    try {
      const { status } = await this.#client.get(`${this.#path}${encodeURIComponent(name)}`, {
        signal: this.#closing.signal,
        maxBytes: MAX_BYTES,
        accept: REFUSALS,
      })
      if (status === 200) return true
      this.#refuse(name, REFUSED_MS)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      log.log('error', 'Who allows certificates on demand can’t be asked', { providerName: resolver.name, reason })
      this.#refuse(name, UNKNOWN_MS)
    }
    return false
  }

  #refuse(name: string, ms: number): void {
    this.#refused.delete(name)
    this.#refused.set(name, this.#options.clock.now() + ms)
    if (this.#refused.size > MOST_REMEMBERED) this.#refused.delete(this.#refused.keys().next().value!)
  }

  /** Orders that begin within a period are counted, whatever becomes of them. */
  #hasRoom(): boolean {
    const { clock, average, periodMs, log, resolver } = this.#options
    const now = clock.now()
    this.#began = this.#began.filter((at) => now - at < periodMs)
    if (this.#began.length < average) {
      this.#began = [...this.#began, now]
      this.#isToldOfRate = false
      return true
    }
    if (!this.#isToldOfRate) {
      const nextAt = new Date(clock.date().getTime() + this.#began[0]! + periodMs - now)
      log.log('warn', 'No more certificates on demand for now', {
        providerName: resolver.name,
        nextTryAt: nextAt.toISOString(),
      })
    }
    this.#isToldOfRate = true
    return false
  }

  #inTime(order: Promise<LoadedCertificate | null>): Promise<LoadedCertificate | null> {
    return new Promise((resolve) => {
      const callOff = this.#options.clock.after(HANDSHAKE_MS, () => resolve(null))
      void order.then((certificate) => {
        callOff()
        resolve(certificate)
      })
    })
  }
}

const REFUSALS: readonly number[] = [400, 401, 403, 404, 410, 422, 429]
