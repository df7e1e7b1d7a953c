import { X509Certificate } from 'node:crypto'
import { createMetricsHandler } from '../../../src/api/metrics.ts'
import type { ServerEjected } from '../../../src/contracts/ports.ts'
import { certificateFacts } from '../../../src/engine/tls/certificate-facts.ts'
import type { Handler } from '../../../src/http/handler.ts'
import { parseIp } from '../../../src/http/ip.ts'
import { maskUrl } from '../../../src/http/masked-url.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { Ejections } from '../../../src/telemetry/metrics/ejections.ts'
import { EventCounts } from '../../../src/telemetry/metrics/event-counts.ts'
import { type Family, type Sample, single } from '../../../src/telemetry/metrics/family.ts'
import type { Labels } from '../../../src/telemetry/metrics/labels.ts'
import { MetricsRegistry } from '../../../src/telemetry/metrics/registry.ts'
import type { LoadedCertificate } from '../tls/certificate-store.ts'
import { levelsOf } from './metric-levels.ts'
import { ProcessMetrics } from './process-metrics.ts'
import type { Pusher } from './pusher.ts'
import type { Running, TelemetryParts } from './telemetry.ts'

/** The metrics of this process and who gets them. */
export class Metrics {
  readonly registry: MetricsRegistry
  readonly events = new EventCounts()
  readonly #ejections = new Ejections()
  readonly #parts: TelemetryParts
  readonly #process: ProcessMetrics | null
  #pushers: readonly Pusher[] = []
  readonly #labels = new WeakMap<LoadedCertificate, Labels>()
  #reloads = 0
  #reloadedAt = 0

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
  prometheus(turn: () => Promise<void>): Handler | null {
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

  readonly ejected: ServerEjected = (service, serverUrl, isUp) => {
    this.events.add('serverEjected', service)
    this.#ejections.add(service, serverUrl, isUp)
  }

  /** Another plan is in force: what it has not is forgotten once it was read. */
  applied(plan: Plan): void {
    this.#reloads++
    this.#reloadedAt = Math.floor(this.#parts.clock.date().getTime() / 1000)
    this.registry.settle(plan)
    this.#ejections.settle(plan.services)
  }

  /** Sends what has not been sent yet. */
  async close(): Promise<void> {
    await Promise.all(this.#pushers.map((pusher) => pusher.close()))
    this.#process?.stop()
  }

  /** Each certificate is read once. */
  *#certificateEnds(): Generator<Sample> {
    for (const certificate of this.#parts.running.certificates()) {
      let labels = this.#labels.get(certificate)
      if (labels === undefined) {
        labels = certificateLabels(certificate)
        this.#labels.set(certificate, labels)
      }
      yield { labels, value: Math.floor(certificate.notAfter.getTime() / 1000) }
    }
  }

  /** Names and explanations of Traefik's, and some of ours. */
  *#own(): Generator<Family> {
    const { running } = this.#parts
    yield* this.events.families()
    yield single(RELOADS, this.#reloads)
    yield single(LAST_RELOAD, this.#reloadedAt)
    yield { ...OPEN_CONNECTIONS, samples: openConnections(running) }
    yield { ...CONNECTIONS, samples: connectionsByState(running) }
    yield { ...CERTIFICATES, samples: this.#certificateEnds() }
    yield { ...NEXT_TRIES, samples: nextTries(running) }
    yield { ...SERVER_UP, samples: serversUp(running, this.#ejections) }
    yield { ...PROBLEMS, samples: problemsBySeverity(running) }
  }
}

/** A certificate as its metric names it; throws where it can't be read. */
function certificateLabels(certificate: LoadedCertificate): Labels {
  const { subject, serialNumber, alternativeNames } = certificateFacts(new X509Certificate(certificate.cert).raw)
  const names = alternativeNames.filter((name) => parseIp(name) === null && !/[@/:]/.test(name))
  return [
    ['cn', subject.findLast(([name]) => name === 'CN')?.[1] ?? ''],
    ['sans', names.sort((a, b) => (a < b ? -1 : 1)).join(',')],
    ['serial', serialNumber],
  ]
}

function* openConnections(running: Running): Generator<Sample> {
  for (const [entryPoint, { open }] of running.connections()) {
    yield {
      labels: [
        ['entrypoint', entryPoint],
        ['protocol', 'TCP'],
      ],
      value: open,
    }
  }
}

/** What is neither HTTP/1.1 nor HTTP/2 is on its way there, or passes through. */
function* connectionsByState(running: Running): Generator<Sample> {
  for (const [entryPoint, { open, http1, http2 }] of running.connections()) {
    const sample = (protocol: string, state: string, value: number): Sample => ({
      labels: [
        ['entrypoint', entryPoint],
        ['protocol', protocol],
        ['state', state],
      ],
      value,
    })
    yield sample('http1', 'active', http1.open - http1.idle)
    yield sample('http1', 'idle', http1.idle)
    yield sample('http2', 'active', http2.open - http2.idle)
    yield sample('http2', 'idle', http2.idle)
    yield sample('other', 'active', open - http1.open - http2.open)
  }
}

function* problemsBySeverity(running: Running): Generator<Sample> {
  const { errors, warnings } = running.problems()
  yield { labels: [['severity', 'error']], value: errors }
  yield { labels: [['severity', 'warning']], value: warnings }
}

function* nextTries(running: Running): Generator<Sample> {
  for (const [resolver, { names, isRateLimit, nextTryAt }] of running.failedCertificates()) {
    yield {
      labels: [
        ['resolver', resolver],
        ['domains', names.join(',')],
        ['reason', isRateLimit ? 'rate-limit' : 'other'],
      ],
      value: Math.floor(nextTryAt.getTime() / 1000),
    }
  }
}

/** Servers that are checked, and those without a check that their answers have taken out before. */
function* serversUp(running: Running, ejections: Ejections): Generator<Sample> {
  const sample = (service: string, serverUrl: string, isUp: boolean): Sample => ({
    labels: [
      ['service', service],
      ['url', maskUrl(serverUrl)],
    ],
    value: isUp ? 1 : 0,
  })
  const checked = new Set<string>()
  for (const { check, reason } of running.checks()) {
    const { service, serverUrl } = check
    checked.add(service)
    yield sample(service, serverUrl, reason === null && ejections.isUp(service, serverUrl))
  }
  for (const { service, serverUrl, isUp } of ejections.all()) {
    if (!checked.has(service)) yield sample(service, serverUrl, isUp())
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
const CONNECTIONS = {
  name: 'signalbox_connections',
  help: 'Open connections by entry point, protocol, and whether an exchange is under way.',
  type: 'gauge',
} as const
const CERTIFICATES = {
  name: 'traefik_tls_certs_not_after',
  help: 'Certificate expiration timestamp',
  type: 'gauge',
} as const
const NEXT_TRIES = {
  name: 'signalbox_certificate_next_try',
  help: 'When a certificate that could not be had is tried again, in seconds since 1970.',
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
