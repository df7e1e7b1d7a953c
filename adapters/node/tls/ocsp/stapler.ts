import type { Clock, Logger } from '../../../../src/contracts/ports.ts'
import { ApiError } from '../../providers/api-client/api-error.ts'
import { createApiClient } from '../../providers/api-client/client.ts'
import type { LoadedCertificate } from '../certificate-store.ts'
import { type Stapled, stapledOf } from './responders.ts'
import { type CertificateStatus, statusIn, statusRequest } from './status-message.ts'

const ANSWER_MS = 10_000
const MAX_BYTES = 64 * 1024
/** Responders that are asked side by side. */
const MOST_ASKED = 4
const MINUTE_MS = 60_000
const LONGEST_BACK_OFF_MS = 60 * MINUTE_MS
/** What names no end is asked for again after this time, and counts for so long. */
const UNBOUNDED_REFRESH_MS = 60 * MINUTE_MS
const UNBOUNDED_LIFE_MS = 24 * 60 * MINUTE_MS
/** However short a life an answer has, nobody is asked more often. */
const LEAST_REFRESH_MS = MINUTE_MS
/** Reading many certificates is done in pieces of this length. */
const PIECE_MS = 5

interface Entry {
  readonly stapled: Stapled
  readonly name: string
  readonly mustStaple: boolean
  staple: { readonly response: Buffer; readonly until: number } | null
  /** Milliseconds since 1970. */
  dueAt: number
  failures: number
  isAsked: boolean
  isToldRevoked: boolean
}

export interface OcspStaplerOptions {
  /** Other responders, by what certificates name. */
  readonly overrides: Readonly<Record<string, string>>
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
}

/**
 * Keeps what authorities say of the certificates in force, so that handshakes can bring it along (RFC 6066 §8). A
 * handshake never waits for it: it has what is there.
 */
export class OcspStapler {
  readonly #options: OcspStaplerOptions
  /** Of the certificates in force; null: it names no responder. */
  #entries = new Map<LoadedCertificate, Entry | null>()
  /** Those in force that were not looked at yet. */
  #unread = new Set<LoadedCertificate>()
  readonly #closing = new AbortController()
  #callOff: (() => void) | null = null
  #asking = 0

  constructor(options: OcspStaplerOptions) {
    this.#options = options
  }

  /** Certificates in force, in place of those before. */
  replace(certificates: readonly LoadedCertificate[]): void {
    const next = new Map<LoadedCertificate, Entry | null>()
    for (const certificate of certificates) {
      const known = this.#entries.get(certificate)
      if (known !== undefined) next.set(certificate, known)
    }
    this.#entries = next
    this.#unread = new Set(certificates.filter((certificate) => !next.has(certificate)))
    this.#look()
  }

  /** Whether there may be a staple for it, now or later. */
  isFor(certificate: LoadedCertificate): boolean {
    if (this.#unread.has(certificate)) this.#read(certificate)
    return (this.#entries.get(certificate) ?? null) !== null
  }

  /** An `OCSPResponse` that is in force; null: there is none. */
  staple(certificate: LoadedCertificate): Buffer | null {
    const staple = this.#entries.get(certificate)?.staple ?? null
    return staple !== null && staple.until > this.#now() ? staple.response : null
  }

  close(): void {
    this.#closing.abort(new Error('closed'))
    this.#callOff?.()
    this.#callOff = null
    this.#entries.clear()
    this.#unread.clear()
  }

  #now(): number {
    return this.#options.clock.date().getTime()
  }

  #read(certificate: LoadedCertificate): void {
    const { cert, names, mustStaple } = certificate
    this.#unread.delete(certificate)
    const name = names[0] ?? ''
    let stapled: Stapled | null = null
    try {
      stapled = stapledOf(cert)
    } catch {
      this.#options.log.log('warn', 'The chain of a certificate can’t be read, it is not stapled', { domain: name })
    }
    const rest = { staple: null, dueAt: 0, failures: 0, isAsked: false, isToldRevoked: false }
    this.#entries.set(certificate, stapled === null ? null : { stapled, name, mustStaple, ...rest })
  }

  /** Reading many takes a while: others have their turns in between. @returns whether there are more */
  #readSome(): boolean {
    const { clock } = this.#options
    const began = clock.now()
    for (const certificate of this.#unread) {
      if (clock.now() - began > PIECE_MS) return true
      this.#read(certificate)
    }
    return false
  }

  #look(): void {
    if (this.#closing.signal.aborted) return
    this.#callOff?.()
    this.#callOff = null
    const isMore = this.#readSome()
    const now = this.#now()
    let next = isMore ? now : Number.POSITIVE_INFINITY
    for (const entry of this.#entries.values()) {
      if (entry === null || entry.isAsked) continue
      if (entry.dueAt > now) next = Math.min(next, entry.dueAt)
      else if (this.#asking < MOST_ASKED) void this.#refresh(entry)
    }
    if (next === Number.POSITIVE_INFINITY) return
    this.#callOff = this.#options.clock.after(next - now, () => this.#look())
  }

  async #refresh(entry: Entry): Promise<void> {
    const { log } = this.#options
    entry.isAsked = true
    this.#asking++
    try {
      const { response, status } = await this.#ask(entry.stapled)
      this.#take(entry, response, status)
    } catch (error) {
      if (this.#closing.signal.aborted) return
      entry.failures++
      const pause = Math.min(LONGEST_BACK_OFF_MS, MINUTE_MS * 2 ** (entry.failures - 1))
      entry.dueAt = this.#now() + pause * (1 + this.#options.random() / 10)
      const isBare = (entry.staple?.until ?? 0) <= this.#now()
      log.log(isBare && entry.mustStaple ? 'error' : 'warn', 'Unable to retrieve OCSP staple', {
        domain: entry.name,
        reason: error instanceof Error ? error.message : String(error),
        nextTryAt: new Date(entry.dueAt).toISOString(),
        ...(isBare && entry.mustStaple ? { consequence: 'clients refuse it, as it must be stapled' } : {}),
      })
    } finally {
      entry.isAsked = false
      this.#asking--
      this.#look()
    }
  }

  #take(entry: Entry, response: Buffer, { status, thisUpdate, nextUpdate }: CertificateStatus): void {
    const { log, random } = this.#options
    const now = this.#now()
    // Clients would take it for a refusal, though it says only that the responder does not know.
    if (status === 'unknown') throw new Error('the responder does not know the certificate')
    entry.failures = 0
    entry.staple = { response, until: nextUpdate?.getTime() ?? now + UNBOUNDED_LIFE_MS }
    const from = thisUpdate.getTime()
    const half = nextUpdate === null ? now + UNBOUNDED_REFRESH_MS : from + (nextUpdate.getTime() - from) / 2
    // An answer that is past its middle already is the newest that the responder has.
    const wait = Math.max(half - now, LEAST_REFRESH_MS)
    entry.dueAt = now + wait * (1 + random() / 20)
    log.log('debug', 'OCSP staple obtained', { domain: entry.name, status, until: new Date(entry.staple.until) })
    if (status === 'revoked' && !entry.isToldRevoked) {
      log.log('error', 'A certificate in use is revoked', { domain: entry.name })
    }
    entry.isToldRevoked = status === 'revoked'
  }

  /** The first answer that can be used; rejects with what the last responder came to. */
  async #ask(stapled: Stapled): Promise<{ readonly response: Buffer; readonly status: CertificateStatus }> {
    const request = statusRequest(stapled)
    let failure: Error | null = null
    for (const named of stapled.responders) {
      const { overrides } = this.#options
      const responder = Object.hasOwn(overrides, named) ? overrides[named]! : named
      try {
        const response = await this.#post(responder, request)
        return { response, status: statusIn(response, stapled, this.#options.clock.date()) }
      } catch (error) {
        this.#closing.signal.throwIfAborted()
        failure = new Error(`${shownUrl(responder)}: ${plainReason(error)}`)
      }
    }
    throw failure ?? new Error('it names no responder')
  }

  async #post(responder: string, body: Buffer): Promise<Buffer> {
    const url = URL.parse(responder)
    if (url === null || !/^https?:$/.test(url.protocol)) throw new Error('it is no URL of a responder')
    const client = createApiClient({ endpoint: url.origin, timeoutMs: ANSWER_MS, maxSockets: 1 })
    try {
      const answer = await client.request(`${url.pathname}${url.search}`, {
        method: 'POST',
        signal: this.#closing.signal,
        headers: { 'content-type': 'application/ocsp-request', accept: 'application/ocsp-response' },
        body,
        maxBytes: MAX_BYTES,
        isRead: true,
      })
      return answer.bytes
    } finally {
      client.close()
    }
  }
}

/** Whoever made a certificate chose the address: nothing of what answers there is shown. */
function plainReason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof ApiError ? error.cause : error
  if (cause instanceof ApiError && cause.status !== null && cause.said !== '') return `status ${cause.status}`
  return error instanceof Error ? error.message : String(error)
}

const MOST_SHOWN = 200

function shownUrl(text: string): string {
  const url = URL.parse(text)
  const plain = url === null ? text : `${url.protocol}//${url.host}${url.pathname}`
  return plain.replace(/[^\x20-\x7e]/g, '?').slice(0, MOST_SHOWN)
}
