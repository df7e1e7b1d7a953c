import type { Labels } from '../labels.ts'
import type { Level } from '../meter.ts'
import { dottedName } from './names.ts'
import { type Interval, type Reading, readings } from './readings.ts'

/** Lines of StatsD's protocol, which knows no labels: series of a name come together as one. */
export function* statsdLines(interval: Interval, prefix: string): Generator<string> {
  const together = new Map<string, Reading>()
  for (const reading of readings(interval, dottedName)) {
    const { name, value } = reading
    const before = together.get(name)
    together.set(name, before === undefined ? reading : { ...reading, value: merged(name, before.value, value) })
  }
  for (const { name, type, value } of together.values()) {
    yield `${prefix}.${name}:${value}|${type === 'counter' ? 'c' : 'g'}`
  }
  const { kept, share } = interval.observations.take()
  for (const { meter, durationMs } of kept) {
    if (!interval.levels.has(meter.level)) continue
    yield `${prefix}.${durationName(meter.level)}:${durationMs}|ms${rate(share)}`
  }
}

/** The first certificate to expire is the one that matters; of everything else there is a sum. */
const merged = (name: string, a: number, b: number): number => (name.startsWith('tls.certs.') ? Math.min(a, b) : a + b)

/** Lines of DogStatsD: labels are tags, durations are histograms in seconds. */
export function* datadogLines(interval: Interval, prefix: string): Generator<string> {
  for (const { name, type, labels, value } of readings(interval, dottedName)) {
    yield `${prefix}.${name}:${value}|${type === 'counter' ? 'c' : 'g'}${tags(labels)}`
  }
  const { kept, share } = interval.observations.take()
  for (const { meter, series, durationMs } of kept) {
    if (!interval.levels.has(meter.level)) continue
    yield `${prefix}.${durationName(meter.level)}:${durationMs / 1000}|h${rate(share)}${tags(series.labels)}`
  }
}

const durationName = (level: Level): string => dottedName(`traefik_${level}_request_duration_seconds`)!

/** What servers multiply by. */
const rate = (share: number): string => (share < 1 ? `|@${share.toPrecision(6)}` : '')

const tags = (labels: Labels): string =>
  labels.length === 0 ? '' : `|#${labels.map(([name, value]) => `${name}:${clean(value)}`).join(',')}`

/** Tags end at a comma, a bar or a new line, whoever wrote them. */
const clean = (value: string): string => value.replace(/[,|\n\r]/g, '_')
