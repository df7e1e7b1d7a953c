import { setImmediate as nextTurn } from 'node:timers/promises'
import type { InstallConfig } from '../../../../src/compiler/install/install.ts'
import { inTurns } from '../../../../src/http/in-turns.ts'
import { durationMs } from '../../../../src/schema/duration.ts'
import type { ConventionMetrics } from '../../../../src/telemetry/metrics/conventions.ts'
import { type Family, single } from '../../../../src/telemetry/metrics/family.ts'
import type { Level } from '../../../../src/telemetry/metrics/meter.ts'
import type { MetricsRegistry } from '../../../../src/telemetry/metrics/registry.ts'
import type { Delivery } from '../../../../src/telemetry/otlp/delivery.ts'
import { CUMULATIVE, encodeMetrics } from '../../../../src/telemetry/otlp/metrics.ts'
import { VERSION } from '../../../../src/version.ts'
import { type Export, type ExportParts, LAST_MS, OtlpExports } from './exports.ts'

/** The block `metrics.otlp`. */
export type OtlpMetrics = NonNullable<NonNullable<InstallConfig['metrics']>['otlp']>

export interface PushedMetrics {
  readonly options: OtlpMetrics
  readonly registry: MetricsRegistry
  readonly levels: ReadonlySet<Level>
  readonly conventions: ConventionMetrics
  /** What has left is forgotten once it was sent: Prometheus does not read it. */
  readonly forgets: boolean
}

/** Sends all numbers to a collector again and again; one sending at a time, and what fails is made good by the next. */
export class MetricsPush {
  readonly #metrics: PushedMetrics
  readonly #parts: ExportParts
  readonly #way: Export | null
  readonly #start: number
  readonly #intervalMs: number
  #callOff: () => void = () => {}
  #isClosed = false
  #sending: Promise<void> = Promise.resolve()

  constructor(metrics: PushedMetrics, parts: ExportParts) {
    this.#metrics = metrics
    this.#parts = parts
    this.#start = parts.clock.date().getTime()
    this.#intervalMs = Math.max(durationMs(metrics.options.pushInterval), 100)
    this.#way = new OtlpExports(parts).to(metrics.options, 'metrics', 'metrics')
    if (this.#way !== null) this.#next()
  }

  /** Undefined: there is no address to send to. */
  get delivery(): Delivery | undefined {
    return this.#way?.delivery
  }

  /** Sends how it stands in the end. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#callOff()
    const way = this.#way
    if (way === null) return
    const { delivery } = way
    delivery.hurry()
    const callOff = this.#parts.clock.after(LAST_MS, () => delivery.stop())
    await this.#sending
    await this.#send(way)
    callOff()
    way.close()
  }

  #next(): void {
    if (this.#isClosed) return
    this.#callOff = this.#parts.clock.after(this.#intervalMs, () => {
      this.#sending = this.#send(this.#way!)
      void this.#sending.then(() => this.#next())
    })
  }

  async #send({ delivery, resource }: Export): Promise<void> {
    const { conventions, registry, forgets } = this.#metrics
    const { clock } = this.#parts
    const steps = encodeMetrics(this.#families(), {
      resource,
      version: VERSION,
      boundaries: conventions.boundaries,
      start: this.#start,
      now: clock.date().getTime(),
      temporality: CUMULATIVE,
    })
    const message = await inTurns(steps, () => clock.now(), nextTurn)
    if (forgets) registry.forget()
    if (message !== null) await delivery.deliver(message, 1)
  }

  *#families(): Generator<Family> {
    const { registry, levels, conventions } = this.#metrics
    yield* registry.families(levels, false)
    yield* conventions.families()
    if (conventions.overflows > 0) yield single(OVERFLOWS, conventions.overflows)
  }
}

const OVERFLOWS = {
  name: 'signalbox_otlp_series_overflows_total',
  help: 'Requests that were counted together by "otel.metric.overflow", as there were too many series.',
  type: 'counter',
} as const
