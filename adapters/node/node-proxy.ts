import os from 'node:os'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createApi } from '../../src/api/api.ts'
import type { Control } from '../../src/api/control.ts'
import { internalServices } from '../../src/api/internal-services.ts'
import { createPing } from '../../src/api/ping.ts'
import { internalConfiguration } from '../../src/compiler/discovery/internal.ts'
import type { DynamicConfig } from '../../src/compiler/dynamic/dynamic.ts'
import type { InstallConfig } from '../../src/compiler/install/install.ts'
import { compile } from '../../src/compiler/planning/compile.ts'
import { Reconciler } from '../../src/compiler/reconciler.ts'
import type { Logger, Ports } from '../../src/contracts/ports.ts'
import { HealthMonitor } from '../../src/engine/health/monitor.ts'
import { HealthTable } from '../../src/engine/health/table.ts'
import { Automaton } from '../../src/engine/matching/regexp/automaton.ts'
import { useQuickTest } from '../../src/engine/matching/regexp/regexp.ts'
import { createTcpTable } from '../../src/engine/streams/tcp/table.ts'
import type { Handler, Middleware } from '../../src/http/handler.ts'
import { EMPTY_PLAN } from '../../src/plan/empty.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { allKinds } from '../../src/runtime/all-kinds.ts'
import { link } from '../../src/runtime/linking/linker.ts'
import { linkStreams } from '../../src/runtime/linking/streams.ts'
import { Operator } from '../../src/runtime/operator.ts'
import { dispatch } from '../../src/runtime/routing/dispatch.ts'
import { Switch } from '../../src/runtime/switch.ts'
import { durationMs } from '../../src/schema/duration.ts'
import { createAccessLog } from '../../src/telemetry/access-log/access-log.ts'
import { runtimeClock } from '../web/clock.ts'
import { compressBody } from './codecs/compress.ts'
import { EntryPoint } from './entry-point.ts'
import { grpcHealth } from './health/grpc-health.ts'
import { HealthTimer } from './health/health-timer.ts'
import { parseListenAddress } from './listen/address.ts'
import { accessLogOptions, apiOptions, type EntryPointOptions, lifeCycle } from './options.ts'
import { WorkerPasswords } from './passwords/passwords.ts'
import { isLarge, PlanThread } from './planning/plan-thread.ts'
import { logProblems, ProblemMemory } from './problems.ts'
import { digestOfNamedFiles } from './providers/file/named-files.ts'
import { FileProvider } from './providers/file/provider.ts'
import { readNamedFile } from './providers/file/source.ts'
import { Descriptors } from './sockets/descriptors.ts'
import { NodeTokenStores } from './state/token-stores.ts'
import { probeServer } from './tcp/probe.ts'
import { LineSink } from './telemetry/line-sink.ts'
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
}

/** A whole proxy in this process: entry points, providers, health, management plane. */
export class NodeProxy {
  readonly #install: InstallConfig
  readonly #log: Logger
  readonly #descriptors: Descriptors
  readonly #ports: Ports
  readonly #passwords = new WorkerPasswords()
  readonly #health = new HealthTable()
  readonly #operator = new Operator(runtimeClock)
  readonly #monitor: HealthMonitor
  readonly #timer: HealthTimer
  readonly #switch: Switch
  readonly #reconciler: Reconciler<DynamicConfig>
  readonly #internal: ReadonlyMap<string, Handler>
  readonly #entryPoints: EntryPoint[] = []
  readonly #udpEntryPoints = new Map<string, UdpEntryPoint>()
  readonly #terminator: TlsTerminator
  readonly #problems = new ProblemMemory()
  readonly #accessLog: LineSink | null
  readonly #observe: Middleware | null
  readonly #planning: PlanThread
  #file: FileProvider | null = null
  #serving = false
  #terminating = false

  constructor({ install, log }: NodeProxyOptions) {
    useQuickTest(Automaton.of)
    this.#install = install
    this.#log = log
    this.#ports = {
      clock: runtimeClock,
      transports: new NodeTransports(log, proxyFromEnvironment(process.env)),
      passwords: this.#passwords,
      codecs: { gunzip: gunzipBody, encodings: ['gzip', 'br', 'zstd'], compress: compressBody },
      log,
      grpcHealth,
      tokenStores: new NodeTokenStores(log),
      hostname: os.hostname() || 'localhost',
      kept: { limit: install.core?.maxBufferedBytes || MOST_BUFFERED, used: 0 },
      random: Math.random,
    }
    this.#descriptors = new Descriptors(log)
    this.#planning = new PlanThread(install)
    this.#terminator = new TlsTerminator(log)
    this.#monitor = new HealthMonitor(this.#health, runtimeClock, log)
    this.#timer = new HealthTimer(this.#monitor, runtimeClock)
    this.#internal = this.#internalServices()
    this.#accessLog =
      install.accessLog === undefined
        ? null
        : new LineSink({ path: install.accessLog.filePath || null, report: (message) => log.log('error', message) })
    this.#observe = this.#createObserver()
    this.#switch = new Switch(this.#link(EMPTY_PLAN))
    this.#switch.onSwap((next) => {
      this.#terminator.replace(next.plan.tls)
      for (const [name, entryPoint] of this.#udpEntryPoints) entryPoint.use(next.streams.udp.get(name))
      this.#operator.settle(next.servers)
      this.#monitor.replace(next.checks)
      this.#timer.arm()
    })
    this.#reconciler = new Reconciler<DynamicConfig>({
      clock: runtimeClock,
      log,
      switch: this.#switch,
      throttleMs: durationMs(install.providers?.providersThrottleDuration ?? '2s'),
      unthrottled: new Set(['internal']),
      awaited: 'internal',
      compile: (configurations) => this.#compile(configurations),
      link: (plan) => this.#link(plan),
    })
  }

  /** Resolves once every entry point listens and the first configuration is in force; throws when a port can't be had. */
  async start(): Promise<void> {
    this.#startProviders()
    await this.#apply('internal', internalConfiguration(this.#install))
    for (const [name, options] of Object.entries(this.#install.entryPoints ?? {})) {
      await this.#open(name, options)
      this.#serving = true
      this.#log.log('debug', 'Entry point listens', { entryPointName: name, address: options.address })
    }
  }

  async #open(name: string, options: EntryPointOptions): Promise<void> {
    const address = parseListenAddress(options.address ?? '')
    if (address === null) throw new Error(`entry point ${name}: invalid address ${options.address ?? ''}`)
    const current = this.#switch
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
      log: this.#log,
      descriptors: this.#descriptors,
    })
    await entryPoint.listen()
    this.#entryPoints.push(entryPoint)
  }

  /** Reads the file provider's files again. */
  reload(): void {
    this.#file?.reload()
  }

  /** Closes and opens the access log, after a rotation. */
  reopenLogs(): void {
    this.#accessLog?.reopen()
  }

  /** Goes on as usual for the accept grace time, then takes no connections and ends when the exchanges under way do. */
  async stop(): Promise<void> {
    this.#terminating = true
    const entryPoints = [...this.#entryPoints, ...this.#udpEntryPoints.values()]
    await Promise.all(entryPoints.map((entryPoint) => entryPoint.stop()))
    this.#file?.stop()
    this.#reconciler.stop()
    this.#timer.stop()
    this.#switch.swap(this.#link(EMPTY_PLAN))
    await this.#planning.close()
    await this.#passwords.close()
    await this.#accessLog?.close()
  }

  #startProviders(): void {
    const file = this.#install.providers?.file
    if (file === undefined) return
    this.#file = new FileProvider(
      { filename: file.filename ?? '', directory: file.directory ?? '', watch: file.watch },
      {
        emit: (configuration) => void this.#apply('file', configuration),
        report: (name, problems) => {
          logProblems(this.#log, problems)
          if (problems.length === 0) this.#log.log('info', `${name}: in order again`, { provider: 'file' })
        },
        removed: (name) => this.#log.log('warn', `${name} is gone: its elements are taken out`, { provider: 'file' }),
      },
      (text, format, name) => this.#planning.read(text, format, name),
    )
    this.#file.start()
  }

  #apply(provider: string, configuration: DynamicConfig): Promise<void> {
    const fingerprint = JSON.stringify(configuration) + digestOfNamedFiles(configuration)
    return this.#reconciler.apply({ provider, configuration, fingerprint })
  }

  /** Before anybody is served there is nobody to hold up; afterwards each step has a turn of its own. */
  async #compile(configurations: ReadonlyMap<string, DynamicConfig>): Promise<Plan> {
    const large = this.#serving && isLarge(configurations)
    if (large) await nextTurn()
    const plan = large
      ? await this.#planning.compile(configurations)
      : compile(configurations, { install: this.#install, target: 'node', readFile: readNamedFile })
    logProblems(this.#log, this.#problems.fresh(plan.problems))
    if (large) await nextTurn()
    return plan
  }

  #link(plan: Plan) {
    return link(plan, {
      kinds: allKinds,
      ports: this.#ports,
      health: this.#health,
      operator: this.#operator,
      internal: this.#internal,
      observe: this.#observe,
      streams: linkStreams({
        health: this.#health,
        operator: this.#operator,
        probe: probeServer,
        random: Math.random,
      }),
    })
  }

  #internalServices(): ReadonlyMap<string, Handler> {
    const { api, ping } = this.#install
    return internalServices({
      api:
        api === undefined
          ? null
          : createApi(() => this.#switch.current, apiOptions(this.#install, new Date(), this.#control())),
      dashboard: api?.dashboard ?? false,
      ping: ping === undefined ? null : createPing(() => this.#terminating, ping.terminatingStatusCode),
    })
  }

  /** What operators do is told in the log. */
  #control(): Control {
    const operator = this.#operator
    return {
      state: () => operator.state(),
      drain: (service, server, drained) => {
        const known = operator.drain(service, server, drained)
        if (known) this.#log.log('info', drained ? 'Server is drained' : 'Server is back in', { service, server })
        return known
      },
      turn: (middlewareName, on) => {
        operator.turn(middlewareName, on)
        this.#log.log('info', `Maintenance is ${on === null ? 'as configured' : on ? 'on' : 'off'}`, { middlewareName })
      },
    }
  }

  #createObserver(): Middleware | null {
    const { accessLog } = this.#install
    const sink = this.#accessLog
    if (accessLog === undefined || sink === null) return null
    return createAccessLog(accessLogOptions(accessLog), (line) => sink.write(line), runtimeClock)
  }
}

/** Before the first configuration there are no routers: HTTP and HTTPS answer 404. */
const NO_ROUTERS = createTcpTable([], { specific: () => null, catchAll: null, any: false, isUsable: () => true })
