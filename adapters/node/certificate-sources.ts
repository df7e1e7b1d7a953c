import type { InstallConfig } from '../../src/compiler/install/install.ts'
import type { Logger } from '../../src/contracts/ports.ts'
import type { Handler } from '../../src/http/handler.ts'
import type { TlsPlan } from '../../src/plan/tls.ts'
import { runtimeClock } from '../web/clock.ts'
import type { FailedOrder } from './acme/failures.ts'
import type { CertificateResolvers } from './acme/resolvers.ts'
import type { Provider } from './providers/provider.ts'
import type { TailscaleResolver } from './tailscale/resolver.ts'
import type { TlsTerminator } from './tls/terminator.ts'

export interface CertificateSourcePorts {
  readonly log: Logger
  readonly terminator: TlsTerminator
  /** Has the service `acme-http@internal` answer. */
  readonly serve: (handler: Handler) => void
  readonly countFailure: (resolver: string, isRateLimit: boolean) => void
}

/** The certificate resolvers of an install configuration, whatever they ask; each kind is loaded only where it is wanted. */
export class CertificateSources {
  readonly #install: InstallConfig
  readonly #ports: CertificateSourcePorts
  #acme: CertificateResolvers | null = null
  /** By name. */
  #tailscale: ReadonlyMap<string, TailscaleResolver> = new Map()

  constructor(install: InstallConfig, ports: CertificateSourcePorts) {
    this.#install = install
    this.#ports = ports
  }

  /** Names of the providers that resolvers are. */
  get providerNames(): readonly string[] {
    return Object.keys(this.#resolvers).flatMap((name) => [`${name}.acme`, `${name}.tailscale`])
  }

  /** What has been found is handed on by providers. */
  async load(): Promise<readonly Provider[]> {
    return [...(await this.#loadAcme()), ...(await this.#loadTailscale())]
  }

  /** From now on challenges can be answered. */
  open(): void {
    this.#acme?.open()
  }

  /** Takes what a plan wants, in place of what the one before wanted. */
  want(tls: TlsPlan): void {
    this.#acme?.want(tls)
    for (const [name, resolver] of this.#tailscale) {
      resolver.want((tls.wanted ?? []).filter((one) => one.resolver === name))
    }
  }

  failed(): Iterable<readonly [resolver: string, order: FailedOrder]> {
    return this.#acme?.failed() ?? []
  }

  async close(): Promise<void> {
    await this.#acme?.close()
  }

  get #resolvers(): NonNullable<InstallConfig['certificatesResolvers']> {
    return this.#install.certificatesResolvers ?? {}
  }

  async #loadAcme(): Promise<readonly Provider[]> {
    if (!Object.values(this.#resolvers).some(({ acme }) => acme !== undefined)) return []
    const { log, terminator, serve, countFailure } = this.#ports
    const { CertificateResolvers } = await import('./acme/resolvers.ts')
    const resolvers = new CertificateResolvers(this.#install, {
      clock: runtimeClock,
      log,
      random: Math.random,
      env: process.env,
      *namesInForce() {
        for (const { names } of terminator.certificates) yield* names
      },
      countFailure,
    })
    this.#acme = resolvers
    terminator.use(resolvers.answers)
    if (resolvers.http !== null) serve(resolvers.http)
    return resolvers.providers
  }

  async #loadTailscale(): Promise<readonly Provider[]> {
    const all = Object.entries(this.#resolvers)
    const names = all.flatMap(([name, { tailscale }]) => (tailscale === undefined ? [] : [name]))
    if (names.length === 0) return []
    const { createTailscaleResolvers } = await import('./tailscale/resolver.ts')
    this.#tailscale = createTailscaleResolvers(names, { env: process.env, clock: runtimeClock, log: this.#ports.log })
    return [...this.#tailscale.values()]
  }
}
