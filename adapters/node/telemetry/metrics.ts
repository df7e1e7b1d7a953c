import { createMetricsHandler } from '../../../src/api/metrics.ts'
import type { FetchHandler } from '../../../src/http/fetch.ts'
import { maskUrl } from '../../../src/http/masked-url.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { type Family, type Sample, single } from '../../../src/telemetry/metrics/family.ts'
import { MetricsRegistry } from '../../../src/telemetry/metrics/registry.ts'
import { levelsOf } from './metric-levels.ts'
import { ProcessMetrics } from './process-metrics.ts'
import type { Pusher } from './pusher.ts'
import type { Running, TelemetryParts } from './telemetry.ts'

/** The metrics of this process and who gets them. */
export class Metrics {
  readonly registry: MetricsRegistry
  readonly #parts: TelemetryParts
  readonly #process: ProcessMetrics | null
  #pushers: readonly Pusher[] = []
  #reloads = 0
  #reloadedAt = 0
  #problems: Record<'error' | 'warning', number> = { error: 0, warning: 0 }

  constructor(parts: TelemetryParts) {
    this.#parts = parts
    this.registry = new MetricsRegistry(parts.clock)
    this.registry.add(() => this.#own())
    this.#process = parts.install.metrics?.prometheus === undefined ? null : new ProcessMetrics()
  }

  /** Begins to send to those that are sent to. */
  async load(): Promise<void> {
    const { install, log } = this.#parts
    const { statsD, datadog, influxDB2 } = install.metrics ?? {}
    if (statsD === undefined && datadog === undefined && influxDB2 === undefined) return
    const { metricPushers } = await import('./metric-pushers.ts')
    this.#pushers = metricPushers(install.metrics!, this.registry, log)
  }

  /** What answers `prometheus@internal`; null: nobody asked for it. */
  prometheus(turn: () => Promise<void>): FetchHandler | null {
    const options = this.#parts.install.metrics?.prometheus
    if (options === undefined) return null
    const { registry } = this
    const levels = levelsOf(options)
    const processMetrics = this.#process
    const source = {
      *families() {
        if (processMetrics !== null) yield* processMetrics.families()
        yield* registry.families(levels, true)
      },
      forget: () => registry.forget(),
    }
    return createMetricsHandler(source, turn)
  }

  /** Another plan is in force: what it has not is forgotten once it was read. */
  applied(plan: Plan): void {
    this.#reloads++
    this.#reloadedAt = Math.floor(this.#parts.clock.date().getTime() / 1000)
    this.#problems = { error: 0, warning: 0 }
    for (const { severity } of plan.problems) this.#problems[severity]++
    this.registry.settle(plan)
  }

  /** Sends what has not been sent yet. */
  async close(): Promise<void> {
    await Promise.all(this.#pushers.map((pusher) => pusher.close()))
    this.#process?.stop()
  }

  /** Names and explanations of Traefik's, and one of ours. */
  *#own(): Generator<Family> {
    const { running } = this.#parts
    yield single(RELOADS, this.#reloads)
    yield single(LAST_RELOAD, this.#reloadedAt)
    yield { ...OPEN_CONNECTIONS, samples: openConnections(running) }
    yield { ...SERVER_UP, samples: serversUp(running) }
    yield {
      ...PROBLEMS,
      samples: (['error', 'warning'] as const).map((severity) => ({
        labels: [['severity', severity]],
        value: this.#problems[severity],
      })),
    }
  }
}

function* openConnections(running: Running): Generator<Sample> {
  for (const [entryPoint, open] of running.connections()) {
    yield {
      labels: [
        ['entrypoint', entryPoint],
        ['protocol', 'TCP'],
      ],
      value: open,
    }
  }
}

function* serversUp(running: Running): Generator<Sample> {
  for (const { check, reason } of running.checks()) {
    yield {
      labels: [
        ['service', check.service],
        ['url', maskUrl(check.serverUrl)],
      ],
      value: reason === null ? 1 : 0,
    }
  }
}

const RELOADS = { name: 'traefik_config_reloads_total', help: 'Config reloads', type: 'counter' } as const
const LAST_RELOAD = {
  name: 'traefik_config_last_reload_success',
  help: 'Last config reload success',
  type: 'gauge',
} as const
const OPEN_CONNECTIONS = {
  name: 'traefik_open_connections',
  help: 'How many open connections exist, by entryPoint and protocol',
  type: 'gauge',
} as const
const SERVER_UP = {
  name: 'traefik_service_server_up',
  help: 'service server is up, described by gauge value of 0 or 1.',
  type: 'gauge',
} as const
const PROBLEMS = {
  name: 'signalbox_config_problems',
  help: 'Problems of the configuration in force, by severity.',
  type: 'gauge',
} as const
