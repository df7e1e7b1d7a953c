import type { InstallConfig } from '../../../src/compiler/install/install.ts'
import type { Observer } from '../../../src/contracts/observer.ts'
import type { Clock, CountEvent, Logger, ServerEjected } from '../../../src/contracts/ports.ts'
import type { CheckResult } from '../../../src/engine/health/monitor.ts'
import type { Handler } from '../../../src/http/handler.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import type { TelemetryPlan } from '../../../src/plan/telemetry.ts'
import type { ProblemCounts } from '../../../src/runtime/problems-in-force.ts'
import { Observers, type TelemetryPorts } from '../../../src/telemetry/observers.ts'
import { Traffic } from '../../../src/telemetry/traffic.ts'
import type { FailedOrder } from '../acme/failures.ts'
import type { EntryPointConnections } from '../entry-point.ts'
import type { LoadedCertificate } from '../tls/certificate-store.ts'
import { LineSink } from './line-sink.ts'
import type { Metrics } from './metrics.ts'
import type { Otlp } from './otlp/load.ts'

/** What a running proxy tells about itself. */
export interface Running {
  /** Connections by TCP entry point. */
  connections(): Iterable<readonly [entryPoint: string, EntryPointConnections]>
  /** Certificates of this proxy that are in force. */
  certificates(): readonly LoadedCertificate[]
  /** What the last health checks found. */
  checks(): readonly CheckResult[]
  /** Certificates that could not be had. */
  failedCertificates(): Iterable<readonly [resolver: string, order: FailedOrder]>
  /** What is wrong with the configuration in force. */
  problems(): ProblemCounts
}

export interface TelemetryParts {
  readonly install: InstallConfig
  readonly log: Logger
  readonly clock: Clock
  readonly running: Running
}

/** What this process tells of its exchanges: the access log, metrics, the dashboard's live numbers. */
export class Telemetry {
  /** Null: no dashboard shows it. */
  readonly traffic: Traffic | null
  readonly #parts: TelemetryParts
  readonly #accessLog: LineSink | null
  #metrics: Metrics | null = null
  #observers: Observers | null = null
  #otlp: Otlp | null = null

  /** Throws when the access log can't be opened. */
  constructor(parts: TelemetryParts) {
    const { install, log, clock } = parts
    this.#parts = parts
    this.#accessLog =
      install.accessLog === undefined
        ? null
        : new LineSink({ path: install.accessLog.filePath || null, report: (message) => log.log('error', message) })
    this.traffic = install.api?.dashboard === true ? new Traffic(clock) : null
  }

  /** Loads what the install configuration asks for. */
  async load(): Promise<void> {
    const { install, clock } = this.#parts
    if (install.metrics !== undefined) {
      const { Metrics } = await import('./metrics.ts')
      this.#metrics = new Metrics(this.#parts)
      await this.#metrics.load()
    }
    const sink = this.#accessLog
    const registry = this.#metrics?.registry
    const otlp = await this.#loadOtlp()
    const { accessLog } = install
    const isSilent = accessLog?.otlp !== undefined && accessLog.dualOutput !== true
    const octets = sink === null || isSilent || accessLog?.format !== 'json' ? null : await import('./json-octets.ts')
    this.#observers = new Observers(
      {
        clock,
        writeAccessLog: isSilent ? () => {} : (line) => sink?.write(line),
        ...(octets === null ? {} : { accessLog: octets.octetLines(sink!) }),
        random: () => Math.random(),
        ...(registry === undefined ? {} : { metrics: registry }),
        ...otlp,
      },
      this.traffic === null ? [] : [this.traffic.observer],
    )
  }

  /** What is sent by OpenTelemetry, as far as it is asked for and can be. */
  async #loadOtlp(): Promise<Pick<TelemetryPorts, 'spansOf' | 'accessRecords' | 'conventions'>> {
    const { install, log, clock } = this.#parts
    const { tracing, accessLog, metrics } = install
    if (tracing === undefined && accessLog?.otlp === undefined && metrics?.otlp === undefined) return {}
    const { loadOtlp } = await import('./otlp/load.ts')
    this.#otlp = loadOtlp(install, this.#metrics?.registry ?? null, { clock, log, env: process.env })
    return this.#otlp.ports
  }

  /** Who listens to the exchanges of a plan. */
  async observer(wanted: TelemetryPlan | undefined): Promise<Observer | null> {
    return this.#observers === null ? null : this.#observers.of(wanted)
  }

  /** What answers `prometheus@internal`; null: nobody asked for it. */
  prometheus(turn: () => Promise<void>): Handler | null {
    return this.#metrics?.prometheus(turn) ?? null
  }

  /** Where nobody reads metrics nothing is counted. */
  readonly count: CountEvent = (...of) => this.#metrics?.events.add(...of)

  readonly ejected: ServerEjected = (...of) => this.#metrics?.ejected(...of)

  /** Another plan is in force. */
  applied(plan: Plan): void {
    this.#metrics?.applied(plan)
  }

  /** Closes and opens the access log, after a rotation. */
  reopen(): void {
    this.#accessLog?.reopen()
  }

  /** Once no exchange is under way any more: what waits is written or sent. */
  async close(): Promise<void> {
    await Promise.all([this.#metrics?.close(), this.#otlp?.close()])
    await this.#accessLog?.close()
  }
}
