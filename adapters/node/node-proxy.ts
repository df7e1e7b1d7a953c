// More than 400 lines, as it is the one place where the parts of a proxy meet: each of them is elsewhere, here they are made,
// tied to one another, started and stopped in their order.
import os from 'node:os'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { DynamicConfig } from '../../src/compiler/dynamic/dynamic.ts'
import { parseEntryPointAddress } from '../../src/compiler/install/address.ts'
import { type EntryPointOptions, lifeCycle } from '../../src/compiler/install/entry-point-options.ts'
import type { InstallConfig } from '../../src/compiler/install/install.ts'
import { parseWorkloadAddress } from '../../src/compiler/install/workload-address.ts'
import { compileSteps } from '../../src/compiler/planning/compile.ts'
import { PlanMemory } from '../../src/compiler/planning/plan-memory.ts'
import { Reconciler } from '../../src/compiler/reconciler.ts'
import { type ProgramMiddlewares, withProgram } from '../../src/contracts/kinds.ts'
import { type Plugins, preparePlugins, withPlugins } from '../../src/contracts/plugin.ts'
import type { CountEvent, Logger, Ports } from '../../src/contracts/ports.ts'
import { HealthMonitor } from '../../src/engine/health/monitor.ts'
import { HealthTable } from '../../src/engine/health/table.ts'
import { automata } from '../../src/engine/matching/regexp/automaton.ts'
import { regexpCompiler } from '../../src/engine/matching/regexp/regexp.ts'
import { createTcpTable } from '../../src/engine/streams/tcp/table.ts'
import type { Handler } from '../../src/http/handler.ts'
import { inTurns } from '../../src/http/in-turns.ts'
import type { MaybePromise } from '../../src/http/maybe-promise.ts'
import { atOnce, type Steps } from '../../src/http/steps.ts'
import { EMPTY_PLAN } from '../../src/plan/empty.ts'
import type { Plan } from '../../src/plan/plan.ts'
import type { ConfigProblem } from '../../src/plan/problem.ts'
import { applyInTurns } from '../../src/runtime/apply-in-turns.ts'
import { Host } from '../../src/runtime/host.ts'
import { LinkMemory } from '../../src/runtime/linking/link-memory.ts'
import { linkStreams } from '../../src/runtime/linking/streams.ts'
import { loadKinds } from '../../src/runtime/load-kinds.ts'
import { dispatch } from '../../src/runtime/routing/dispatch.ts'
import { wantedSteps } from '../../src/runtime/wanted-kinds.ts'
import { durationMs } from '../../src/schema/duration.ts'
import { logProblems, ProblemMemory } from '../../src/telemetry/log/problems.ts'
import { runtimeClock } from '../web/clock.ts'
import { CertificateSources } from './certificate-sources.ts'
import { compressBody } from './codecs/compress.ts'
import { EntryPoint } from './entry-point.ts'
import { grpcHealth } from './health/grpc-health.ts'
import { HealthTimer } from './health/health-timer.ts'
import { Management } from './management/management.ts'
import type { FollowedAliases } from './names/aliases.ts'
import { WorkerPasswords } from './passwords/passwords.ts'
import type { MakeProviders } from './plugins/load-providers.ts'
import { readNamedFile } from './providers/file/source.ts'
import { INTERNAL, ProviderHub } from './providers/hub.ts'
import type { Provider } from './providers/provider.ts'
import { ReadingThread } from './reading/reading-thread.ts'
import { machineSecrets } from './secrets.ts'
import { Descriptors } from './sockets/descriptors.ts'
import { NodeTokenStores } from './state/token-stores.ts'
import { probeBy } from './tcp/probe.ts'
import { Telemetry } from './telemetry/telemetry.ts'
import type { OcspStapler } from './tls/ocsp/stapler.ts'
import { LateIdentity } from './tls/spiffe/identity-source.ts'
import type { WorkloadApi } from './tls/spiffe/workload-api.ts'
import { TlsTerminator } from './tls/terminator.ts'
import { UdpEntryPoint } from './udp/udp-entry-point.ts'
import { gunzipBody } from './upstream/gunzip.ts'
import { proxyFromEnvironment } from './upstream/outbound-proxy.ts'
import { NodeTransports } from './upstream/transports.ts'

/** Bytes of kept content, unless the configuration says otherwise. */
const MOST_BUFFERED = 256 * 1024 * 1024

export interface NodeProxyOptions {
  /** With the start-up defaults, validated. */
  readonly install: InstallConfig
  readonly log: Logger
  /** What is wrong with it, though not so that it could not be used. */
  readonly problems?: readonly ConfigProblem[]
  /** Providers beside those of the install configuration. */
  readonly providers?: readonly Provider[]
  /** Middlewares of the program itself. */
  readonly middlewares?: ProgramMiddlewares
}

/** A whole proxy in this process: entry points, providers, health, management plane. */
export class NodeProxy {
  readonly #install: InstallConfig
  readonly #log: Logger
  readonly #descriptors: Descriptors
  readonly #passwords = new WorkerPasswords()
  readonly #monitor: HealthMonitor
  readonly #management: Management
  readonly #timer: HealthTimer
  readonly #host: Host
  readonly #reconciler: Reconciler<DynamicConfig>
  readonly #internal: Map<string, Handler>
  readonly #entryPoints: EntryPoint[] = []
  readonly #udpEntryPoints = new Map<string, UdpEntryPoint>()
  readonly #terminator: TlsTerminator
  /** Null: the proxy has no identity of its own. */
  readonly #identity: LateIdentity | null
  #workloadApi: WorkloadApi | null = null
  /** Null: nobody follows aliases of hosts. */
  #aliases: FollowedAliases | null = null
  /** Null: nothing is stapled. */
  #stapler: OcspStapler | null = null
  readonly #problems = new ProblemMemory()
  readonly #telemetry: Telemetry
  readonly #middlewares: ProgramMiddlewares
  #plugins: Plugins = {}
  /** Gives back what plugins have made ready for the plan in force. */
  #prepared: () => void = () => {}
  readonly #planning: ReadingThread
  readonly #memory = new PlanMemory()
  readonly #providers: ProviderHub
  readonly #certificates: CertificateSources
  /** Providers that the last plan was compiled of, and those that one in force was. */
  #compiled: readonly string[] = []
  readonly #inForce = new Set<string>()
  #serving = false
  readonly #count: CountEvent = (...of) => this.#telemetry.count(...of)

  constructor({ install, log, problems = [], providers = [], middlewares = {} }: NodeProxyOptions) {
    this.#install = install
    this.#log = log
    this.#identity = (install.spiffe?.workloadAPIAddr ?? '') === '' ? null : new LateIdentity()
    const kept = { limit: install.core?.maxBufferedBytes || MOST_BUFFERED, used: 0 }
    const ports: Ports = {
      clock: runtimeClock,
      transports: new NodeTransports(log, proxyFromEnvironment(process.env), this.#identity),
      passwords: this.#passwords,
      codecs: { gunzip: gunzipBody, encodings: ['gzip', 'br', 'zstd'], compress: compressBody },
      log,
      grpcHealth,
      tokenStores: new NodeTokenStores(log),
      compileRegexp: regexpCompiler(automata()),
      hostname: os.hostname() || 'localhost',
      kept,
      random: Math.random,
      secretOf: machineSecrets,
      count: this.#count,
      ejected: (...of) => this.#telemetry.ejected(...of),
      ...(install.hostResolver?.cnameFlattening === true
        ? {
            aliases: {
              follow: (request) => this.#aliases?.follow(request) ?? request.host,
              matchers: () => this.#aliases?.matchers() ?? {},
            },
          }
        : {}),
    }
    this.#middlewares = middlewares
    this.#descriptors = new Descriptors(log)
    this.#planning = new ReadingThread()
    this.#terminator = new TlsTerminator(log)
    const health = new HealthTable()
    this.#host = new Host({
      health,
      memory: new LinkMemory(),
      ports,
      streams: ({ health, operator }) =>
        linkStreams({
          health,
          operator,
          probe: probeBy(this.#identity),
          log,
          compileRegexp: ports.compileRegexp,
          random: ports.random,
        }),
    })
    const entryPoints = this.#entryPoints
    this.#telemetry = new Telemetry({
      install,
      log,
      clock: runtimeClock,
      running: {
        *connections() {
          for (const { name, connections } of entryPoints) yield [name, connections]
        },
        certificates: () => this.#terminator.certificates,
        checks: () => this.#monitor.results(),
        failedCertificates: () => this.#certificates.failed(),
        problems: () => this.#management.problemCounts(),
      },
    })
    this.#management = new Management({
      install,
      problems,
      host: this.#host,
      log,
      clock: runtimeClock,
      reading: this.#planning,
      traffic: this.#telemetry.traffic,
      certificates: () => this.#terminator.certificates,
      providers: () => this.#providers.reports,
      missing: () => this.#providers.awaited.filter((name) => !this.#inForce.has(name)),
    })
    this.#monitor = new HealthMonitor(health, runtimeClock, log, (check, isUp) =>
      this.#management.noteHealth(check, isUp),
    )
    this.#timer = new HealthTimer(this.#monitor, runtimeClock)
    this.#internal = new Map(this.#management.services)
    this.#certificates = new CertificateSources(install, {
      log,
      terminator: this.#terminator,
      serve: (handler) => void this.#internal.set('acme-http@internal', handler),
      countFailure: (resolver, isRateLimit) =>
        this.#count('certificateFailed', resolver, isRateLimit ? 'rate-limit' : 'other'),
    })
    this.#host.switch.onSwap((next) => {
      this.#terminator.replace(next.plan.tls)
      this.#certificates.want(next.plan.tls)
      for (const [name, entryPoint] of this.#udpEntryPoints) entryPoint.use(next.streams.udp.get(name))
      this.#monitor.replace(next.checks)
      this.#timer.arm()
    })
    this.#reconciler = new Reconciler<DynamicConfig>({
      clock: runtimeClock,
      log,
      throttleMs: durationMs(install.providers?.providersThrottleDuration ?? '2s'),
      unthrottled: new Set([INTERNAL, ...this.#certificates.providerNames]),
      awaited: INTERNAL,
      compile: (configurations) => this.#compile(configurations),
      sinks: [(plan) => this.#put(plan)],
    })
    this.#providers = new ProviderHub({
      install,
      more: providers,
      log,
      clock: runtimeClock,
      random: Math.random,
      readElsewhere: (...of) => this.#planning.read(...of),
      readPairsElsewhere: (pairs, rootKey) => this.#planning.readPairs(pairs, rootKey),
      rest: {
        readElsewhere: (text) => this.#planning.readRest(text),
        serve: (handler) => void this.#internal.set('rest@internal', handler),
        kept,
      },
      apply: (message) => this.#reconciler.apply(message),
      noteProblems: (provider, found) => this.#management.noteProvider(provider, found),
    })
  }

  /**
   * Resolves once every entry point listens and the first configuration is in force; throws when a port can't be had.
   * @param plugins those that the install configuration declares (`loadPlugins`)
   * @param providers makes those that are plugins
   */
  async start(plugins: Plugins = {}, providers: MakeProviders = () => []): Promise<void> {
    this.#plugins = plugins
    await this.#telemetry.load()
    await this.#staple()
    await this.#identify()
    await this.#loadAliases()
    const prometheus = this.#telemetry.prometheus(() => nextTurn())
    if (prometheus !== null) this.#internal.set('prometheus@internal', prometheus)
    const ofPlugins = providers({
      log: this.#log,
      clock: runtimeClock,
      readElsewhere: (text) => this.#planning.readRest(text),
    })
    await this.#providers.start([...ofPlugins, ...(await this.#certificates.load())])
    for (const [name, options] of Object.entries(this.#install.entryPoints ?? {})) {
      await this.#open(name, options)
      this.#serving = true
      this.#log.log('debug', 'Entry point listens', { entryPointName: name, address: options.address })
    }
    this.#certificates.open()
  }

  /** What follows aliases of hosts is loaded only where it is wanted. */
  async #loadAliases(): Promise<void> {
    const { hostResolver } = this.#install
    if (hostResolver?.cnameFlattening !== true) return
    const { followedAliases } = await import('./names/aliases.ts')
    this.#aliases = followedAliases(hostResolver, runtimeClock, this.#log)
  }

  /** What asks whether certificates are good is loaded only where it is wanted. */
  async #staple(): Promise<void> {
    const { ocsp } = this.#install
    if (ocsp === undefined) return
    const { OcspStapler } = await import('./tls/ocsp/stapler.ts')
    const overrides = ocsp.responderOverrides ?? {}
    this.#stapler = new OcspStapler({ overrides, clock: runtimeClock, log: this.#log, random: Math.random })
    this.#terminator.stapleBy(this.#stapler)
  }

  /** Requests that need an identity fail without one: it is waited for, though not for ever. */
  async #identify(): Promise<void> {
    const text = this.#install.spiffe?.workloadAPIAddr ?? ''
    if (this.#identity === null) return
    const address = parseWorkloadAddress(text)
    if (typeof address === 'string') throw new Error(`spiffe.workloadAPIAddr: ${address}`)
    const { WorkloadApi } = await import('./tls/spiffe/workload-api.ts')
    this.#log.log('info', 'Waiting on SPIFFE SVID delivery', { workloadAPIAddr: text })
    this.#workloadApi = new WorkloadApi({ address, clock: runtimeClock, log: this.#log })
    this.#identity.source = this.#workloadApi
    await this.#workloadApi.open(IDENTITY_MS)
  }

  async #open(name: string, options: EntryPointOptions): Promise<void> {
    const address = parseEntryPointAddress(options.address ?? '')
    const current = this.#host.switch
    if (address.protocol === 'udp') {
      const entryPoint = new UdpEntryPoint({
        name,
        address,
        reusePort: options.reusePort ?? false,
        timeoutMs: durationMs(options.udp.timeout),
        lifeCycle: lifeCycle(options),
        log: this.#log,
        descriptors: this.#descriptors,
      })
      entryPoint.use(current.current.streams.udp.get(name))
      await entryPoint.listen()
      this.#udpEntryPoints.set(name, entryPoint)
      return
    }
    const entryPoint = new EntryPoint({
      name,
      address,
      options,
      handler: dispatch(name, current),
      table: () => current.current.streams.tcp.get(name) ?? NO_ROUTERS,
      terminator: this.#terminator,
      identity: this.#identity,
      log: this.#log,
      count: this.#count,
      descriptors: this.#descriptors,
    })
    await entryPoint.listen()
    this.#entryPoints.push(entryPoint)
  }

  /** Has the providers look at their sources anew. */
  reload(): void {
    this.#providers.reload()
  }

  /** Closes and opens the access log, after a rotation. */
  reopenLogs(): void {
    this.#telemetry.reopen()
  }

  /** Goes on as usual for the accept grace time, then takes no connections and ends when the exchanges under way do. */
  async stop(): Promise<void> {
    this.#management.terminate()
    const entryPoints = [...this.#entryPoints, ...this.#udpEntryPoints.values()]
    await Promise.all(entryPoints.map((entryPoint) => entryPoint.stop()))
    await this.#providers.stop()
    await this.#certificates.close()
    this.#stapler?.close()
    this.#workloadApi?.close()
    this.#reconciler.stop()
    this.#timer.stop()
    this.#host.apply(EMPTY_PLAN)
    this.#prepared()
    await Promise.all(Object.values(this.#plugins).map((plugin) => ('close' in plugin ? plugin.close?.() : undefined)))
    await this.#planning.close()
    await this.#passwords.close()
    await this.#telemetry.close()
  }

  /** Before anybody is served there is nobody to hold up; afterwards others have their turns in between. */
  async #compile(configurations: ReadonlyMap<string, DynamicConfig>): Promise<Plan> {
    this.#compiled = [...configurations.keys()]
    const steps = compileSteps(configurations, {
      install: this.#install,
      target: 'node',
      memory: this.#memory,
      readFile: readNamedFile,
      programMiddlewares: Object.keys(this.#middlewares),
      plugins: this.#plugins,
    })
    const plan = await this.#inTurns(steps)
    await this.#letOthers()
    logProblems(this.#log, this.#problems.fresh(plan.problems))
    return plan
  }

  /** Before anybody is served there is nobody to let have a turn. */
  #inTurns<T>(steps: Steps<T>): MaybePromise<T> {
    return this.#serving ? inTurns(steps, () => performance.now(), nextTurn) : atOnce(steps)
  }

  /** Gives everybody else a turn; before anybody is served there is nobody to give it to. */
  async #letOthers(): Promise<void> {
    if (this.#serving) await nextTurn()
  }

  /** Loads what a plan wants, and puts it in force. */
  async #put(plan: Plan): Promise<void> {
    const [kinds, observer] = await Promise.all([
      loadKinds(await this.#inTurns(wantedSteps(plan))),
      this.#telemetry.observer(plan.telemetry),
    ])
    await this.#letOthers()
    const own = withPlugins(withProgram(kinds, this.#middlewares), this.#plugins)
    const parts = { kinds: this.#aliases?.within(own) ?? own, observer, internal: this.#internal }
    const [prepared, before] = [await preparePlugins(plan, this.#plugins, this.#log), this.#prepared]
    this.#prepared = prepared
    if (this.#serving) await applyInTurns(this.#host, plan, parts, nextTurn)
    else this.#host.apply(plan, parts)
    before()
    await this.#letOthers()
    for (const provider of this.#compiled) this.#inForce.add(provider)
    this.#telemetry.applied(plan)
    await this.#management.inForce(plan)
  }
}

/** A start waits so long for an identity. */
const IDENTITY_MS = 10_000

/** Before the first configuration there are no routers: HTTP and HTTPS answer 404. */
const NO_ROUTERS = createTcpTable([], { specific: () => null, catchAll: null, any: false, isUsable: () => true })
