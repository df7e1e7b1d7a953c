import { namesOf } from '../../../src/compiler/acme/domains.ts'
import { type DueOrder, dueOrders, orderKey, type Want } from '../../../src/compiler/acme/due.ts'
import type { RenewalPlan } from '../../../src/compiler/acme/renewal.ts'
import type { Derived } from '../../../src/compiler/discovery/derived.ts'
import type { Clock, Logger } from '../../../src/contracts/ports.ts'
import type { Provider, ProviderSink } from '../providers/provider.ts'
import { Demands } from './demands.ts'
import { type FailedOrder, Failures, failureProblem, storageProblem } from './failures.ts'
import { KeptCertificates, type KeptCertificatesOptions } from './kept-certificates.ts'
import { type OrderingOptions, orderCertificate, withCertificate } from './ordering.ts'
import { StorageUnavailable } from './storage/storage.ts'
import type { ResolverData, StoredCertificate } from './storage/stored-data.ts'
import { NO_DATA } from './storage/stored-data.ts'

export interface AcmeResolverOptions extends OrderingOptions {
  readonly clock: Clock
  readonly log: Logger
  readonly plan: RenewalPlan
  readonly random: () => number
  readonly turn: KeptCertificatesOptions['turn']
  /** Names of all certificates in force, whoever brought them. */
  readonly namesInForce: () => Iterable<string>
  /** An order has failed; for metrics. */
  readonly countFailure: (resolver: string, isRateLimit: boolean) => void
}

/** Orders that are under way at a time: one that hangs holds up nobody but itself. */
const MOST_UNDER_WAY = 10
/** What another process orders is looked for again after this time. */
const ELSEWHERE_MS = 3_000
/** A storage that can't be had is tried again after this time. */
const UNAVAILABLE_MS = 10_000

/**
 * A certificate resolver by ACME, as the provider `NAME.acme`: knows what is wanted, what is kept and when it is to be
 * renewed, orders what is due, and says what there is.
 */
export class AcmeResolver implements Provider {
  readonly name: string
  readonly keepsItself = true
  readonly #options: AcmeResolverOptions
  readonly #times: KeptCertificates
  readonly #failures: Failures
  readonly #underWay = new Map<string, { readonly keptAs: readonly string[]; readonly task: Promise<void> }>()
  /** Until when what another process orders is left alone, milliseconds since 1970. */
  readonly #elsewhere = new Map<string, number>()
  /** What the storage did not take. */
  #unsaved: readonly StoredCertificate[] = []
  /** Why the storage could not be had the last time. */
  #storageReason: string | null = null
  readonly #demands = new Demands()
  #wanted: readonly Want[] = []
  /** When it is offered to the storage again, on the clock's scale. */
  #saveAgainAt = 0
  #data: ResolverData = NO_DATA
  #sink: ProviderSink | null = null
  #running: AbortController | null = null
  #callOff: (() => void) | null = null
  #looking: Promise<void> | null = null
  #looksAgain = false
  #isOpen = false
  #hasSpoken = (): void => undefined
  /** What is kept has been said, or can't be read. */
  readonly firstWord = new Promise<void>((resolve) => {
    this.#hasSpoken = resolve
  })

  constructor(options: AcmeResolverOptions) {
    this.name = `${options.resolver}.acme`
    this.#options = options
    this.#times = new KeptCertificates(options)
    this.#failures = new Failures(options.random)
  }

  /** Rejects when the storage can't be had: nothing is ordered that can't be kept. */
  async run(sink: ProviderSink, signal: AbortSignal): Promise<void> {
    const { storage, resolver } = this.#options
    const running = new AbortController()
    const stop = (): void => running.abort(new Error('stopped'))
    signal.addEventListener('abort', stop, { once: true })
    let stopWatching: (() => void) | null = null
    try {
      signal.throwIfAborted()
      this.#data = await storage.read(resolver)
      signal.throwIfAborted()
      this.#running = running
      this.#sink = sink
      sink.connected(storage.where)
      await this.#times.note(this.#data.certificates)
      this.#emit()
      this.#hasSpoken()
      stopWatching = storage.watch(() => void this.#reread())
      this.#look()
      await new Promise<void>((resolve) => {
        if (running.signal.aborted) resolve()
        else running.signal.addEventListener('abort', () => resolve(), { once: true })
      })
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      this.#hasSpoken()
      signal.removeEventListener('abort', stop)
      stopWatching?.()
      this.#callOff?.()
      this.#callOff = null
      this.#running = null
      running.abort(new Error('stopped'))
      // Orders take away what they have laid out before they end.
      await Promise.allSettled([...[...this.#underWay.values()].map(({ task }) => task), this.#looking])
      this.#demands.end()
      this.#sink = null
    }
  }

  /** Authorities can reach us: orders may begin. */
  open(): void {
    this.#isOpen = true
    this.#look()
  }

  /** Takes what a configuration wants, in place of what the one before wanted. */
  want(wanted: readonly Want[]): void {
    this.#wanted = wanted
    this.#look()
  }

  /**
   * Orders a certificate for a name that a client asked for.
   * @returns the certificate; null: it can't be had now
   */
  demand(name: string): Promise<StoredCertificate | null> {
    const key = orderKey([name])
    const failed = this.#failures.get(key)
    const isLeftAlone = failed !== undefined && failed.nextTryAt > this.#options.clock.date()
    if (this.#running === null || isLeftAlone) return Promise.resolve(null)
    const certificate = this.#demands.wait(name)
    this.#look()
    return certificate
  }

  reload(): void {
    void this.#reread()
  }

  /** It looks at nothing, and nothing is under way. */
  get isIdle(): boolean {
    return this.#looking === null && this.#underWay.size === 0 && !this.#times.isAsking
  }

  /** What could not be had, for the API and metrics. */
  get failed(): readonly FailedOrder[] {
    return this.#failures.all
  }

  /** The certificate that is tried next of those that failed; null: none has. */
  trouble(): { readonly error: string; readonly nextTryAt: Date } | null {
    const [next] = [...this.#failures.all].sort((a, b) => a.nextTryAt.getTime() - b.nextTryAt.getTime())
    return next === undefined ? null : { error: next.reason, nextTryAt: next.nextTryAt }
  }

  /** One look at a time; what changes meanwhile is looked at afterwards. */
  #look(): void {
    if (this.#running === null || !this.#isOpen) return
    this.#looksAgain = true
    this.#looking ??= this.#lookNow()
      .catch((cause: unknown) => this.#options.log.log('error', 'Certificates could not be looked at', { cause }))
      .finally(() => {
        this.#looking = null
        if (this.#looksAgain) this.#look()
      })
  }

  async #lookNow(): Promise<void> {
    const { clock, plan } = this.#options
    while (this.#looksAgain && this.#running !== null) {
      this.#looksAgain = false
      const { signal } = this.#running
      this.#callOff?.()
      this.#callOff = null
      await this.#saveAgain()
      await this.#times.note(this.#data.certificates)
      if (signal.aborted) return
      const now = clock.date().getTime()
      this.#forgetUnwanted(now)
      const { orders, nextAt } = dueOrders({
        wanted: [...this.#wanted, ...this.#demands.wanted],
        kept: this.#times.kept(this.#data.certificates),
        covered: this.#options.namesInForce(),
        underWay: new Map([...this.#underWay].map(([key, { keptAs }]) => [key, keptAs])),
        notBefore: new Map([...this.#failures.notBefore, ...this.#elsewhere]),
        plan,
        now,
      })
      this.#startOrders(orders, signal)
      this.#settleDemands(new Set(orders.map(({ key }) => key)))
      const nextAsk = this.#times.nextAskAt(this.#data.certificates)
      const pauses = [
        plan.everyMs,
        ...(nextAt === null ? [] : [nextAt - now]),
        ...(nextAsk === null ? [] : [nextAsk - clock.now()]),
        ...(this.#unsaved.length === 0 ? [] : [UNAVAILABLE_MS]),
      ]
      if (nextAsk !== null && nextAsk <= clock.now()) void this.#ask(signal)
      else this.#callOff = clock.after(Math.max(0, Math.min(...pauses)), () => this.#look())
    }
  }

  async #ask(signal: AbortSignal): Promise<void> {
    await this.#times.ask(this.#data.certificates, signal)
    this.#look()
  }

  /** Those that have never failed come first. */
  #startOrders(orders: readonly DueOrder[], signal: AbortSignal): void {
    const failures = ({ key }: DueOrder): number => this.#failures.get(key)?.failures ?? 0
    const sorted = [...orders].sort((a, b) => failures(a) - failures(b))
    for (const order of sorted.slice(0, Math.max(0, MOST_UNDER_WAY - this.#underWay.size))) {
      const task = this.#order(order, signal).finally(() => {
        this.#underWay.delete(order.key)
        this.#look()
      })
      this.#underWay.set(order.key, { keptAs: order.keptAs, task })
    }
  }

  async #order(order: DueOrder, signal: AbortSignal): Promise<void> {
    const { clock, storage, resolver, log } = this.#options
    const renewed = order.renews === null ? null : (this.#data.certificates[order.renews] ?? null)
    const renewalId = renewed === null ? null : this.#times.renewalId(renewed)
    try {
      const keep = async (certificate: StoredCertificate): Promise<void> => {
        this.#failures.forget(order.key)
        log.log('info', 'Certificate obtained', { providerName: this.name, domains: order.names })
        await this.#keep(certificate)
      }
      const ordered = await orderCertificate(order, renewed, renewalId, this.#options, keep, signal)
      if (ordered === 'elsewhere') {
        this.#elsewhere.set(order.key, clock.date().getTime() + ELSEWHERE_MS)
        this.#take(await storage.read(resolver))
      }
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof StorageUnavailable) {
        this.#elsewhere.set(order.key, clock.date().getTime() + UNAVAILABLE_MS)
        this.#storageReason = error.message
        this.#emit()
        return
      }
      const { isRateLimit } = this.#failures.note(order.key, order.names, error, clock.date())
      this.#options.countFailure(resolver, isRateLimit)
      this.#demands.fail(order.key)
      this.#emit()
    }
  }

  /** One that the storage does not take is served all the same, and is offered to it again. */
  async #keep(certificate: StoredCertificate): Promise<void> {
    const { storage, resolver } = this.#options
    try {
      this.#take(await storage.update(resolver, (data) => withCertificate(data, certificate)))
    } catch (error) {
      this.#unsaved = [...this.#unsaved.filter(({ domain }) => !isSame(domain, certificate.domain)), certificate]
      this.#saveAgainAt = this.#options.clock.now() + UNAVAILABLE_MS
      this.#storageReason = error instanceof Error ? error.message : String(error)
      this.#take(this.#data)
    }
  }

  async #saveAgain(): Promise<void> {
    if (this.#unsaved.length === 0 || this.#options.clock.now() < this.#saveAgainAt) return
    const unsaved = this.#unsaved
    this.#unsaved = []
    for (const certificate of unsaved) await this.#keep(certificate)
  }

  /** Another process has written, or may have. */
  async #reread(): Promise<void> {
    const { storage, resolver } = this.#options
    try {
      const data = await storage.read(resolver)
      if (this.#running !== null) this.#take(data)
    } catch (error) {
      // What was there goes on, and the next change is looked at again.
      this.#storageReason = error instanceof Error ? error.message : String(error)
      this.#emit()
    }
  }

  /** What was read from the storage, or was written into it. */
  #take(data: ResolverData): void {
    if (this.#unsaved.length === 0) this.#storageReason = null
    const merged = this.#unsaved.reduce(withCertificate, data)
    if (!isSameList(merged.certificates, this.#data.certificates)) {
      // Those that are the same stay the same objects, and what is known of them. Their texts are long: they are compared, and no keys.
      const before = new Map(this.#data.certificates.map((one) => [placeOf(one), one]))
      const certificates = merged.certificates.map((one) => {
        const known = before.get(placeOf(one))
        return known !== undefined && known.certificate === one.certificate && known.key === one.key ? known : one
      })
      this.#data = { ...merged, certificates }
      this.#elsewhere.clear()
    } else this.#data = { ...merged, certificates: this.#data.certificates }
    this.#emit()
    this.#look()
  }

  #settleDemands(due: ReadonlySet<string>): void {
    this.#demands.settle(
      (name) => this.#data.certificates.find(({ domain }) => namesOf(domain).includes(name)),
      (key) => due.has(key) || this.#underWay.has(key) || this.#elsewhere.has(key),
    )
  }

  #forgetUnwanted(now: number): void {
    for (const [key, at] of this.#elsewhere) if (at <= now) this.#elsewhere.delete(key)
    const kept = new Set(this.#data.certificates.map(({ domain }) => orderKey(namesOf(domain))))
    const wanted = [...this.#wanted, ...this.#demands.wanted].map(({ names }) => orderKey(names))
    this.#failures.keepOnly(new Set([...wanted, ...kept, ...this.#underWay.keys(), ...this.#failedDemands(now)]))
  }

  /** Failures of names that clients asked for count until their time has come. */
  #failedDemands(now: number): readonly string[] {
    return this.#failures.all
      .filter(({ names, nextTryAt }) => names.length === 1 && nextTryAt.getTime() > now)
      .map(({ names }) => orderKey(names))
  }

  #emit(): void {
    this.#sink?.emit(() => this.#derived())
  }

  #derived(): Derived {
    const certificates = this.#data.certificates.map(({ certificate, key, store }) => ({
      certFile: certificate,
      keyFile: key,
      stores: [store],
    }))
    return {
      config: { tls: { certificates } },
      problems: [
        ...this.#failures.all.map(failureProblem),
        ...(this.#storageReason === null ? [] : [storageProblem(this.#storageReason, this.#unsaved.length > 0)]),
      ],
    }
  }
}

const placeOf = ({ domain, store }: StoredCertificate): string => `${store} ${orderKey(namesOf(domain))}`

const isSame = (a: StoredCertificate['domain'], b: StoredCertificate['domain']): boolean =>
  orderKey(namesOf(a)) === orderKey(namesOf(b))

const isSameList = (a: readonly StoredCertificate[], b: readonly StoredCertificate[]): boolean =>
  a.length === b.length &&
  a.every((one, i) => one === b[i] || (one.certificate === b[i]!.certificate && one.key === b[i]!.key))
