import type { Derived } from '../../../src/compiler/discovery/derived.ts'
import type { Clock, Logger } from '../../../src/contracts/ports.ts'
import type { ConfigProblem } from '../../../src/plan/problem.ts'
import type { WantedCertificate } from '../../../src/plan/tls.ts'
import type { Provider, ProviderSink } from '../providers/provider.ts'
import type { LoadedCertificate } from '../tls/certificate-store.ts'
import { tailscaleCertificate } from './local-api.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** The daemon renews certificates itself, when it is asked for one that ends within this time. */
const RENEWED_BEFORE_MS = 14 * 24 * HOUR_MS
/** Until the daemon has the new one it gives the old one. */
const ASKED_EVERY_MS = HOUR_MS

/** Where the daemon of Tailscale listens, unless the variable of its container says otherwise. */
const SOCKET = '/var/run/tailscale/tailscaled.sock'

const tailscaleSocket = (env: Readonly<Record<string, string | undefined>>): string => env.TS_SOCKET || SOCKET

interface Held {
  readonly certificate: LoadedCertificate
  readonly askedAt: number
}

interface Failed {
  readonly reason: string
  readonly times: number
  readonly nextTryAt: number
}

export interface TailscaleResolverOptions {
  /** As it is called in the install configuration. */
  readonly resolver: string
  readonly socket: string
  readonly clock: Clock
  readonly log: Logger
}

/**
 * A certificate resolver that asks the daemon of Tailscale on this machine, as the provider `NAME.tailscale` (Traefik v3.7
 * `pkg/provider/tailscale`): a certificate for each name, kept as long as somebody wants it.
 */
export class TailscaleResolver implements Provider {
  readonly name: string
  readonly keepsItself = true
  readonly #options: TailscaleResolverOptions
  #wanted: ReadonlySet<string> = new Set()
  /** Names that no certificate can be had for, with who wants them. */
  #strange: readonly (readonly [name: string, origin: string])[] = []
  readonly #held = new Map<string, Held>()
  readonly #failed = new Map<string, Failed>()
  #sink: ProviderSink | null = null
  #running: AbortSignal | null = null
  #callOff: (() => void) | null = null
  #looking: Promise<void> | null = null

  constructor(options: TailscaleResolverOptions) {
    this.name = `${options.resolver}.tailscale`
    this.#options = options
  }

  async run(sink: ProviderSink, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    this.#sink = sink
    this.#running = signal
    sink.connected(this.#options.socket)
    this.#emit()
    this.#look()
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    this.#callOff?.()
    this.#callOff = null
    await this.#looking
    this.#running = null
    this.#sink = null
  }

  /** Takes what a configuration wants, in place of what the one before wanted; the rest is forgotten. */
  want(wanted: readonly WantedCertificate[]): void {
    const names = new Map(wanted.flatMap(({ names, origin }) => names.map((name) => [name, origin] as const)))
    const strange = [...names].filter(([name]) => !isTailscaleName(name))
    this.#wanted = new Set([...names.keys()].filter(isTailscaleName))
    const isChanged = JSON.stringify(strange) !== JSON.stringify(this.#strange)
    this.#strange = strange
    if (this.#forget() || isChanged) this.#emit()
    this.#look()
  }

  trouble(): { readonly error: string; readonly nextTryAt: Date } | null {
    const [next] = [...this.#failed.values()].sort((a, b) => a.nextTryAt - b.nextTryAt)
    return next === undefined ? null : { error: next.reason, nextTryAt: new Date(next.nextTryAt) }
  }

  #forget(): boolean {
    let isChanged = false
    for (const all of [this.#held, this.#failed]) {
      for (const name of all.keys()) if (!this.#wanted.has(name)) isChanged = all.delete(name) || isChanged
    }
    return isChanged
  }

  #look(): void {
    if (this.#running === null || this.#running.aborted) return
    this.#looking ??= this.#fetchDue(this.#running).finally(() => {
      this.#looking = null
      this.#sleep()
    })
  }

  #sleep(): void {
    if (this.#running === null || this.#running.aborted) return
    const { clock } = this.#options
    const next = Math.min(...[...this.#wanted].map((name) => this.#dueAt(name)))
    if (next === Number.POSITIVE_INFINITY) return
    this.#callOff?.()
    this.#callOff = clock.after(Math.max(0, next - clock.date().getTime()), () => this.#look())
  }

  /** One after the other: the daemon orders them one after the other too. What is wanted meanwhile is seen. */
  async #fetchDue(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    for (;;) {
      const now = clock.date().getTime()
      const name = [...this.#wanted].find((one) => this.#dueAt(one) <= now)
      if (name === undefined || signal.aborted) return
      await this.#fetch(name, signal)
    }
  }

  #dueAt(name: string): number {
    const failed = this.#failed.get(name)
    if (failed !== undefined) return failed.nextTryAt
    const held = this.#held.get(name)
    if (held === undefined) return 0
    return Math.max(held.certificate.notAfter.getTime() - RENEWED_BEFORE_MS, held.askedAt + ASKED_EVERY_MS)
  }

  async #fetch(name: string, signal: AbortSignal): Promise<void> {
    const { clock, socket, log } = this.#options
    try {
      const certificate = await tailscaleCertificate(socket, name, signal)
      this.#failed.delete(name)
      this.#held.set(name, { certificate, askedAt: clock.date().getTime() })
      log.log('debug', 'Fetched certificate', { providerName: this.name, domain: name })
    } catch (error) {
      if (signal.aborted) return
      const times = (this.#failed.get(name)?.times ?? 0) + 1
      const pause = Math.min(HOUR_MS, MINUTE_MS * 2 ** Math.min(times - 1, 10))
      const reason = error instanceof Error ? error.message : String(error)
      this.#failed.set(name, { reason, times, nextTryAt: clock.date().getTime() + pause })
    }
    // Nobody may want it any more.
    this.#forget()
    this.#emit()
  }

  #emit(): void {
    this.#sink?.emit(() => this.#derived())
  }

  #derived(): Derived {
    const certificates = [...this.#held]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { certificate }]) => ({
        certFile: certificate.cert,
        keyFile: certificate.key,
        stores: ['default'],
      }))
    return {
      config: certificates.length === 0 ? {} : { tls: { certificates } },
      problems: [
        ...this.#strange.map(([name, origin]) =>
          problem(
            name,
            `Domain ${name} is not a valid Tailscale domain`,
            `${origin} wants it; names are MACHINE.TAILNET.ts.net`,
          ),
        ),
        ...[...this.#failed].map(([name, { reason, nextTryAt }]) => {
          const hint = reason.includes('ENOENT') ? `is tailscaled there, and its socket ${this.#options.socket}?` : null
          const next = new Date(nextTryAt).toISOString()
          return problem(name, `Unable to fetch certificate for domain: ${reason}; next try at ${next}`, hint)
        }),
      ],
    }
  }
}

/** Resolvers of these names, by their names. */
export function createTailscaleResolvers(
  names: readonly string[],
  {
    env,
    clock,
    log,
  }: Pick<TailscaleResolverOptions, 'clock' | 'log'> & { readonly env: Parameters<typeof tailscaleSocket>[0] },
): ReadonlyMap<string, TailscaleResolver> {
  const socket = tailscaleSocket(env)
  return new Map(names.map((resolver) => [resolver, new TailscaleResolver({ resolver, socket, clock, log })]))
}

const problem = (name: string, message: string, hint: string | null): ConfigProblem => ({
  severity: 'error',
  message,
  hint,
  provider: null,
  path: ['tls', 'certificates'],
  position: null,
  origin: { item: `certificate ${name}` },
})

/** `machine.tailnet.ts.net` */
function isTailscaleName(name: string): boolean {
  const labels = name.split('.')
  return labels.length === 4 && labels[2] === 'ts' && labels[3] === 'net' && !name.includes('*')
}
