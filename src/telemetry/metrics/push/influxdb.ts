import type { Labels } from '../labels.ts'
import { influxName } from './names.ts'
import type { Observation } from './observations.ts'
import { type Interval, readings } from './readings.ts'

/** The quantiles that durations are sent as, by the field's name. */
const QUANTILES = [
  ['p50', 0.5],
  ['p90', 0.9],
  ['p95', 0.95],
  ['p99', 0.99],
] as const

/**
 * Lines of InfluxDB's line protocol: `count` of counters since the last time, `value` of gauges, quantiles of durations in
 * seconds.
 * @param more labels of every line
 * @param at milliseconds since 1970
 */
export function* influxLines(
  interval: Interval,
  more: Readonly<Record<string, string>>,
  at: number,
): Generator<string> {
  const time = `${Math.floor(at)}000000`
  const line = (measurement: string, labels: Labels, fields: string): string =>
    `${escaped(measurement, /[, ]/g)}${tags([...labels, ...Object.entries(more)])} ${fields} ${time}`
  for (const { name, type, labels, value } of readings(interval, influxName)) {
    yield line(name, labels, `${type === 'counter' ? 'count' : 'value'}=${value}`)
  }
  for (const [series, kept] of bySeries(interval.observations.take().kept)) {
    const { level } = kept[0]!.meter
    if (!interval.levels.has(level)) continue
    const seconds = Float64Array.from(kept, ({ durationMs }) => durationMs / 1000).sort()
    const fields = QUANTILES.map(([name, share]) => `${name}=${seconds[Math.ceil(seconds.length * share) - 1]}`)
    yield line(influxName(`traefik_${level}_request_duration_seconds`)!, series.labels, fields.join(','))
  }
}

function bySeries(kept: readonly Observation[]): Map<Observation['series'], Observation[]> {
  const groups = new Map<Observation['series'], Observation[]>()
  for (const observation of kept) {
    const group = groups.get(observation.series)
    if (group === undefined) groups.set(observation.series, [observation])
    else group.push(observation)
  }
  return groups
}

/** Sorted, as the server stores them fastest so; one without a value can't be written. */
function tags(labels: Labels): string {
  const sorted = labels.filter(([, value]) => value !== '').sort(([a], [b]) => (a < b ? -1 : 1))
  return sorted.map(([name, value]) => `,${escaped(name, /[,= ]/g)}=${escaped(value, /[,= ]/g)}`).join('')
}

/** A new line can't be written at all, and a backslash takes what comes after it along. */
const escaped = (text: string, special: RegExp): string =>
  text
    .replace(/[\n\r]/g, ' ')
    .replaceAll('\\', '_')
    .replace(special, '\\$&')
