import { readFileSync, statSync } from 'node:fs'
import type { InstallConfig } from '../../../src/compiler/install/install.ts'
import type { Logger } from '../../../src/contracts/ports.ts'
import { durationMs } from '../../../src/schema/duration.ts'
import { Differences } from '../../../src/telemetry/metrics/push/differences.ts'
import { influxLines } from '../../../src/telemetry/metrics/push/influxdb.ts'
import { Observations } from '../../../src/telemetry/metrics/push/observations.ts'
import type { Interval } from '../../../src/telemetry/metrics/push/readings.ts'
import { datadogLines, statsdLines } from '../../../src/telemetry/metrics/push/statsd.ts'
import type { MetricsRegistry } from '../../../src/telemetry/metrics/registry.ts'
import { UdpDestination, UnixDatagramDestination, UnixStreamDestination } from './datagrams.ts'
import { influxDestination } from './influx-destination.ts'
import { type LevelOptions, levelsOf } from './metric-levels.ts'
import { type Destination, Pusher } from './pusher.ts'

type MetricsOptions = NonNullable<InstallConfig['metrics']>

/** Those of StatsD, Datadog and InfluxDB that the configuration names; one that can't be is told in the log. */
export function metricPushers(options: MetricsOptions, registry: MetricsRegistry, log: Logger): Pusher[] {
  const pushers: Pusher[] = []
  const { statsD, datadog, influxDB2, prometheus, otlp } = options
  const begin = (
    name: string,
    common: LevelOptions & { readonly pushInterval: string },
    destinationOf: () => Destination,
    linesOf: (interval: Interval) => Iterable<string>,
  ): void => {
    let destination: Destination
    try {
      destination = destinationOf()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      log.log('error', `No metrics go to ${name}: ${reason}`)
      return
    }
    const observations = new Observations(Math.random)
    registry.onRequest((...of) => observations.add(...of))
    const levels = levelsOf(common)
    const differences = new Differences()
    // Somebody must: of several who are sent to the first one, the others may miss the last of what has left.
    const forgets = prometheus === undefined && otlp === undefined && pushers.length === 0
    const lines = function* () {
      yield* linesOf({ families: registry.families(levels, false), levels, differences, observations })
      if (forgets) registry.forget()
    }
    pushers.push(new Pusher(destination, durationMs(common.pushInterval), lines, log))
  }
  if (statsD !== undefined) {
    const { address, prefix } = statsD
    begin(
      'StatsD',
      statsD,
      () => new UdpDestination(address),
      (interval) => statsdLines(interval, prefix || PREFIX),
    )
  }
  if (datadog !== undefined) {
    const { prefix } = datadog
    const address = datadog.address === DATADOG_AGENT ? agentFromEnvironment() : datadog.address
    begin(
      'Datadog',
      datadog,
      () => datadogDestination(address),
      (interval) => datadogLines(interval, prefix || PREFIX),
    )
  }
  if (influxDB2 !== undefined) {
    const { address, org = '', bucket = '', token = '', additionalLabels = {} } = influxDB2
    const destination = () => {
      if (token === '' || org === '' || bucket === '') throw new Error('token, org or bucket property is missing')
      return influxDestination({ address, org, bucket, token: fileOrText(token) })
    }
    begin('InfluxDB', influxDB2, destination, (interval) => influxLines(interval, additionalLabels, Date.now()))
  }
  return pushers
}

/** Where no prefix is given. */
const PREFIX = 'traefik'

function datadogDestination(address: string): Destination {
  const [, scheme, path] = /^(unix|unixgram|unixstream):\/\/(.*)$/.exec(address) ?? []
  if (path === undefined) return new UdpDestination(address)
  return scheme === 'unixstream' ? new UnixStreamDestination(path) : new UnixDatagramDestination(path)
}

/** What stands for no address at all. */
const DATADOG_AGENT = 'localhost:8125'

/** Where Datadog's own libraries look. */
const agentFromEnvironment = ({ env } = process): string =>
  `${env.DD_AGENT_HOST || 'localhost'}:${env.DD_DOGSTATSD_PORT || '8125'}`

/** A token may be the name of a file that holds it. */
function fileOrText(token: string): string {
  const isFile = statSync(token, { throwIfNoEntry: false })?.isFile() === true
  return (isFile ? readFileSync(token, 'utf8') : token).trim()
}
