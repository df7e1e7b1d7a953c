import { createPrivateKey, X509Certificate } from 'node:crypto'
import { namesOf } from '../../../src/compiler/acme/domains.ts'
import type { Kept } from '../../../src/compiler/acme/due.ts'
import { type RenewalWindow, type Validity, windowAgeMs } from '../../../src/compiler/acme/renewal.ts'
import type { Clock, Logger } from '../../../src/contracts/ports.ts'
import { certificateFacts } from '../../../src/engine/tls/certificate-facts.ts'
import type { Authority, RenewalInfo } from './authority.ts'
import { renewalIdOf } from './chain.ts'
import type { StoredCertificate } from './storage/stored-data.ts'

/** What is known of a certificate that is kept. */
interface Known {
  /** Null: certificate or key can't be read, or they don't belong together. */
  readonly validity: Validity | null
  /** Null: the authority can't be asked for it. */
  readonly renewalId: string | null
  readonly drawn: number
  window: RenewalWindow | null
  /** On the clock's scale; null: never asked yet. */
  askAgainAt: number | null
  isAsked: boolean
}

/** Reading many certificates is done in pieces of this length, so that others have their turns. */
const PIECE_MS = 5
/** Certificates that are asked for side by side. */
const MOST_ASKED = 4

export interface KeptCertificatesOptions {
  readonly resolver: string
  readonly authority: Authority
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  /** Lets others have their turn. */
  readonly turn: () => Promise<void>
}

/** Times of certificates: how long they are good, and when the authority wants them to be renewed (RFC 9773). */
export class KeptCertificates {
  readonly #options: KeptCertificatesOptions
  readonly #known = new WeakMap<StoredCertificate, Known>()
  #asking = 0

  constructor(options: KeptCertificatesOptions) {
    this.#options = options
  }

  /** Reads those that are new. */
  async note(certificates: readonly StoredCertificate[]): Promise<void> {
    const { clock, turn } = this.#options
    let began = clock.now()
    for (const certificate of certificates) {
      if (this.#known.has(certificate)) continue
      this.#known.set(certificate, this.#read(certificate))
      if (clock.now() - began < PIECE_MS) continue
      await turn()
      began = clock.now()
    }
  }

  /** Those that `note` has seen. */
  kept(certificates: readonly StoredCertificate[]): readonly Kept[] {
    return certificates.map((certificate) => {
      const { validity = null, window = null, drawn = 0, askAgainAt, renewalId } = this.#known.get(certificate) ?? {}
      const isUnasked = askAgainAt === null && renewalId !== null
      return { names: namesOf(certificate.domain), validity, window: isUnasked ? 'unasked' : window, drawn }
    })
  }

  renewalId(certificate: StoredCertificate): string | null {
    return this.#known.get(certificate)?.renewalId ?? null
  }

  /** When the next one is to be asked for, on the clock's scale; null: none. */
  nextAskAt(certificates: readonly StoredCertificate[]): number | null {
    let next: number | null = null
    for (const certificate of certificates) {
      const known = this.#known.get(certificate)
      if (known === undefined || known.renewalId === null || known.isAsked) continue
      next = Math.min(next ?? Number.POSITIVE_INFINITY, known.askAgainAt ?? 0)
    }
    return next
  }

  /** Asks the authority for all whose time has come. What it does not answer is left to the table of times. */
  async ask(certificates: readonly StoredCertificate[], signal: AbortSignal): Promise<void> {
    const now = this.#options.clock.now()
    const due = certificates.filter((certificate) => {
      const known = this.#known.get(certificate)
      return known !== undefined && known.renewalId !== null && !known.isAsked && (known.askAgainAt ?? 0) <= now
    })
    for (const certificate of due) this.#known.get(certificate)!.isAsked = true
    const queue = due.values()
    const work = async (): Promise<void> => {
      for (const certificate of queue) await this.#askOne(certificate, signal)
    }
    this.#asking++
    await Promise.all(Array.from({ length: Math.min(MOST_ASKED, due.length) }, work))
    this.#asking--
  }

  get isAsking(): boolean {
    return this.#asking > 0
  }

  async #askOne(certificate: StoredCertificate, signal: AbortSignal): Promise<void> {
    const { authority, clock, log, random, resolver } = this.#options
    const known = this.#known.get(certificate)!
    const domains = namesOf(certificate.domain)
    let retryAfterMs: number | null = null
    try {
      const info = await authority.renewalInfo(known.renewalId!, signal)
      if (info !== null) this.#take(known, info, domains)
      retryAfterMs = info?.retryAfterMs ?? null
    } catch (error) {
      if (!signal.aborted) {
        const reason = error instanceof Error ? error.message : String(error)
        log.log('debug', 'The authority does not say when to renew', { providerName: resolver, domains, reason })
      }
    }
    // Spread: many are not asked for at one moment for ever.
    known.askAgainAt = clock.now() + windowAgeMs(retryAfterMs) * (1 + random() / 10)
    known.isAsked = false
  }

  #take(known: Known, { start, end, explanationUrl }: RenewalInfo, domains: readonly string[]): void {
    const { log, resolver } = this.#options
    const isSame = known.window?.start.getTime() === start.getTime() && known.window.end.getTime() === end.getTime()
    if (isSame) return
    known.window = { start, end }
    log.log('info', 'The authority suggests when to renew', {
      providerName: `${resolver}.acme`,
      domains,
      start: start.toISOString(),
      end: end.toISOString(),
      ...(explanationUrl === '' ? {} : { explanationUrl: explanationUrl.slice(0, 300) }),
    })
  }

  #read(certificate: StoredCertificate): Known {
    const validity = validityOf(certificate)
    const renewalId = validity === null ? null : renewalIdOf(certificate.certificate)
    return {
      validity,
      renewalId,
      drawn: this.#options.random(),
      window: null,
      askAgainAt: null,
      isAsked: false,
    }
  }
}

function validityOf({ certificate, key }: StoredCertificate): Validity | null {
  try {
    const leaf = new X509Certificate(certificate)
    if (!leaf.checkPrivateKey(createPrivateKey(key))) return null
    return certificateFacts(leaf.raw)
  } catch {
    // Whatever is wrong with it, the answer is another one.
    return null
  }
}
