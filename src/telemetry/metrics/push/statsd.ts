import type { Family } from '../family.ts'
import type { Labels } from '../labels.ts'
import type { Level } from '../meter.ts'
import type { Differences } from './differences.ts'
import { dottedName } from './names.ts'
import type { Observations } from './observations.ts'

/** What is sent at a time. */
export interface Interval {
  readonly families: Iterable<Family>
  readonly levels: ReadonlySet<Level>
  readonly differences: Differences
  readonly observations: Observations
}

/** Lines of StatsD's protocol, which knows no labels: series of a name come together as one. */
export function* statsdLines(
  { families, levels, differences, observations }: Interval,
  prefix: string,
): Generator<string> {
  for (const { name, type, samples } of families) {
    const dotted = dottedName(name)
    if (dotted === null || type === 'histogram') continue
    const values = Array.from(samples, (sample) => (type === 'counter' ? differences.of(name, sample) : sample.value))
    if (values.length === 0) continue
    if (type === 'gauge') yield `${prefix}.${dotted}:${together(name, values)}|g`
    else {
      const sum = values.reduce((a, b) => a + b, 0)
      if (sum !== 0) yield `${prefix}.${dotted}:${sum}|c`
    }
  }
  const { kept, share } = observations.take()
  for (const { meter, durationMs } of kept) {
    if (!levels.has(meter.level)) continue
    yield `${prefix}.${durationName(meter.level)}:${durationMs}|ms${rate(share)}`
  }
}

/** The first certificate to expire is the one that matters; of everything else there is a sum. */
const together = (family: string, values: readonly number[]): number =>
  family === 'traefik_tls_certs_not_after' ? Math.min(...values) : values.reduce((a, b) => a + b, 0)

/** Lines of DogStatsD: labels are tags, durations are histograms in seconds. */
export function* datadogLines(
  { families, levels, differences, observations }: Interval,
  prefix: string,
): Generator<string> {
  for (const { name, type, samples } of families) {
    const dotted = dottedName(name)
    if (dotted === null || type === 'histogram') continue
    for (const sample of samples) {
      const value = type === 'counter' ? differences.of(name, sample) : sample.value
      if (type === 'counter' && value === 0) continue
      yield `${prefix}.${dotted}:${value}|${type === 'counter' ? 'c' : 'g'}${tags(sample.labels)}`
    }
  }
  const { kept, share } = observations.take()
  for (const { meter, series, durationMs } of kept) {
    if (!levels.has(meter.level)) continue
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
