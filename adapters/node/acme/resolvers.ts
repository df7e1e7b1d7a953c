import { existsSync, readFileSync, statSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { renewalPlan } from '../../../src/compiler/acme/renewal.ts'
import { isGoTrue } from '../../../src/compiler/decode/scalar.ts'
import type { InstallConfig } from '../../../src/compiler/install/install.ts'
import { acmeError } from '../../../src/compiler/install/validate.ts'
import type { Clock, Logger } from '../../../src/contracts/ports.ts'
import type { Handler } from '../../../src/http/handler.ts'
import type { TlsPlan } from '../../../src/plan/tls.ts'
import { durationMs } from '../../../src/schema/duration.ts'
import { createApiClient } from '../providers/api-client/client.ts'
import { processEnvironment } from '../providers/kubernetes/access.ts'
import type { Provider } from '../providers/provider.ts'
import { ProviderRefused } from '../providers/provider.ts'
import type { CertificateAnswers } from '../tls/terminator.ts'
import { Account } from './account.ts'
import { Authority } from './authority.ts'
import { AuthorityClient, authorityTrust } from './authority-client.ts'
import { ChallengeAnswers } from './challenges.ts'
import { Environment } from './dns/environment.ts'
import { loadDnsProvider } from './dns/registry.ts'
import { DnsSolver } from './dns-solver.ts'
import type { FailedOrder } from './failures.ts'
import { keyTypeOf } from './keys.ts'
import { OnDemand } from './on-demand.ts'
import type { ChallengeSolver } from './order.ts'
import { AcmeResolver } from './resolver.ts'
import { FileStorage } from './storage/file-storage.ts'
import { FolderStorage } from './storage/folder-storage.ts'
import { KubernetesStorage } from './storage/kubernetes-storage.ts'
import { RedisStorage } from './storage/redis-storage.ts'
import { type CertificateStorage, guarded } from './storage/storage.ts'

type AcmeOptions = NonNullable<NonNullable<InstallConfig['certificatesResolvers']>[string]['acme']>

export interface CertificateResolversPorts {
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  readonly env: Readonly<Record<string, string | undefined>>
  /** Names of all certificates in force. */
  readonly namesInForce: () => Iterable<string>
  readonly countFailure: (resolver: string, isRateLimit: boolean) => void
}

/** The certificate resolvers of an install configuration, and what they share: storages and answers to challenges. */
export class CertificateResolvers {
  readonly providers: readonly Provider[]
  readonly #ports: CertificateResolversPorts
  readonly #resolvers = new Map<string, AcmeResolver>()
  readonly #storages = new Map<string, CertificateStorage>()
  readonly #clients: AuthorityClient[] = []
  readonly #challenges: ChallengeAnswers
  #onDemand: OnDemand | null = null
  readonly #hasHttpChallenge: boolean

  constructor(install: InstallConfig, ports: CertificateResolversPorts) {
    this.#ports = ports
    this.#challenges = new ChallengeAnswers(ports.clock, ports.log)
    const entries = Object.entries(install.certificatesResolvers ?? {}).flatMap(([name, { acme }]) =>
      acme === undefined ? [] : [[name, acme] as const],
    )
    this.#hasHttpChallenge = entries.some(([, { httpChallenge }]) => (httpChallenge?.entryPoint ?? '') !== '')
    this.providers = entries.map(([name, acme]) => {
      try {
        const resolver = this.#create(name, acme)
        this.#resolvers.set(name, resolver)
        return resolver
      } catch (error) {
        return leftOut(`${name}.acme`, error as Error)
      }
    })
  }

  /** `acme-http@internal`; null: no resolver uses it. */
  get http(): Handler | null {
    return this.#hasHttpChallenge ? this.#challenges.http : null
  }

  get answers(): CertificateAnswers {
    return {
      challenge: this.#challenges.tls,
      onDemand: (serverName) => this.#onDemand?.certificate(serverName) ?? null,
    }
  }

  /** Entry points listen: authorities can look. */
  open(): void {
    for (const resolver of this.#resolvers.values()) resolver.open()
  }

  /** A configuration has come into force. */
  want({ wanted = [] }: TlsPlan): void {
    for (const [name, resolver] of this.#resolvers) resolver.want(wanted.filter((one) => one.resolver === name))
  }

  /** What could not be had, with the name of the resolver. */
  *failed(): Generator<readonly [resolver: string, order: FailedOrder]> {
    for (const [name, resolver] of this.#resolvers) for (const order of resolver.failed) yield [name, order]
  }

  /** Once the providers have ended. */
  async close(): Promise<void> {
    this.#onDemand?.close()
    for (const client of this.#clients) client.close()
    await Promise.all([...this.#storages.values()].map((storage) => storage.close()))
  }

  /** @throws Error where options can't be used */
  #create(name: string, acme: AcmeOptions): AcmeResolver {
    const { clock, log, random, env } = this.#ports
    const wrong = acmeError(acme)
    if (wrong !== null) throw new Error(wrong.message)
    const keyType = keyTypeOf(acme.keyType)
    if (keyType === null) {
      log.log(
        'info',
        `Unable to determine the key type value ${JSON.stringify(acme.keyType)}: falling back on RSA4096.`,
      )
    }
    const storage = this.#storage(acme.storage)
    const client = new AuthorityClient({
      directory: acme.caServer,
      timeoutMs: durationMs(acme.clientTimeout),
      headTimeoutMs: durationMs(acme.clientResponseHeaderTimeout),
      trust: authorityTrust(acme, env, readTrusted),
      clock,
    })
    this.#clients.push(client)
    const authority = new Authority(acme.caServer, client, clock)
    const { kid = '', hmacEncoded = '' } = acme.eab ?? {}
    const account = new Account({
      resolver: name,
      email: acme.email ?? '',
      caServer: acme.caServer,
      binding: acme.eab === undefined ? null : { kid, hmac: hmacEncoded },
      storage,
      authority,
      clock,
      log,
    })
    let solvers: Promise<readonly ChallengeSolver[]> | null = null
    const resolver = new AcmeResolver({
      resolver: name,
      keyType: keyType ?? 'RSA4096',
      emailAddresses: acme.emailAddresses ?? [],
      hasCommonName: acme.disableCommonName !== true,
      profile: acme.profile ?? '',
      preferredChain: acme.preferredChain ?? '',
      certificateTimeoutMs: durationMs(acme.certificateTimeout),
      storage,
      account,
      authority,
      solvers: () => {
        solvers ??= this.#solvers(acme, storage).catch((error: unknown) => {
          // Variables and files that it names may be there the next time.
          solvers = null
          throw error
        })
        return solvers
      },
      clock,
      log,
      plan: renewalPlan(acme.certificatesDuration),
      random,
      turn: () => nextTurn(),
      namesInForce: this.#ports.namesInForce,
      countFailure: this.#ports.countFailure,
    })
    const { onDemand } = acme
    if (onDemand !== undefined) {
      const { ask = '', rate } = onDemand
      const periodMs = durationMs(rate.period)
      this.#onDemand ??= new OnDemand({ resolver, ask, average: rate.average, periodMs, clock, log })
    }
    return resolver
  }

  #storage(where: string): CertificateStorage {
    const { clock, log, env } = this.#ports
    let storage = this.#storages.get(where)
    if (storage === undefined) {
      if (/^rediss?:\/\//.test(where)) storage = guarded(new RedisStorage(where, clock, log))
      else if (where.startsWith('kubernetes://')) {
        const { serviceAccount } = processEnvironment()
        storage = guarded(new KubernetesStorage(where, { env, serviceAccount, clock, log }))
      } else if (isFolder(where)) storage = guarded(new FolderStorage(where, clock, log))
      else storage = guarded(new FileStorage(where, clock, log))
      this.#storages.set(where, storage)
      if (storage.challenges !== null) this.#challenges.share(storage.challenges)
    }
    return storage
  }

  async #solvers(acme: AcmeOptions, storage: CertificateStorage): Promise<readonly ChallengeSolver[]> {
    const { httpChallenge, tlsChallenge, dnsChallenge } = acme
    const solvers: ChallengeSolver[] = []
    if ((dnsChallenge?.provider ?? '') !== '') solvers.push(await this.#dnsSolver(dnsChallenge!))
    if ((httpChallenge?.entryPoint ?? '') !== '') {
      const delay = durationMs(httpChallenge?.delay ?? '0s')
      solvers.push(this.#challenges.solver('http-01', delay, storage.challenges))
    }
    if (tlsChallenge !== undefined) {
      const delay = durationMs(tlsChallenge.delay ?? '0s')
      solvers.push(this.#challenges.solver('tls-alpn-01', delay, storage.challenges))
    }
    if (solvers.length === 0) {
      throw new Error('ACME challenge not specified, please select TLS or HTTP or DNS Challenge')
    }
    return solvers
  }

  async #dnsSolver(dns: NonNullable<AcmeOptions['dnsChallenge']>): Promise<ChallengeSolver> {
    const { clock, log, env } = this.#ports
    const { provider = '', resolvers = [], propagation = {} } = dns
    const create = await loadDnsProvider(provider)
    const environment = new Environment(env)
    const delay = durationMs(propagation.delayBeforeChecks ?? dns.delayBeforeCheck ?? '0s')
    return new DnsSolver(
      create({ env: environment, clock, log, resolvers, openApi: createApiClient }),
      {
        resolvers,
        disableChecks: propagation.disableChecks === true || dns.disablePropagationCheck === true,
        disableANSChecks: propagation.disableANSChecks === true,
        requireAllRNS: propagation.requireAllRNS === true,
        delayMs: delay,
      },
      !isGoTrue(environment.text('LEGO_DISABLE_CNAME_SUPPORT')),
      clock,
    )
  }
}

const isFolder = (where: string): boolean => where.endsWith('/') || (existsSync(where) && statSync(where).isDirectory())

function readTrusted(fileOrText: string): string {
  if (fileOrText.includes('-----BEGIN')) return fileOrText
  try {
    return readFileSync(fileOrText, 'utf8')
  } catch (error) {
    throw new Error(`the authority’s certificate can’t be read: ${(error as NodeJS.ErrnoException).message}`)
  }
}

/** A resolver that can't work, as in Traefik: the others do, and its state says why. */
const leftOut = (name: string, error: Error): Provider => ({
  name,
  isMute: true,
  run: async () => {
    throw new ProviderRefused(error.message)
  },
})
