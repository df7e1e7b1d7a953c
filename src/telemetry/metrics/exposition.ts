import type { Exemplar, Family, Sample } from './family.ts'
import type { Labels } from './labels.ts'

/** The notations that Prometheus reads. */
export type Notation = 'text' | 'openmetrics'

/** What an answer in each notation says it is. */
export const contentTypes: Readonly<Record<Notation, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores',
}

/**
 * Families as Prometheus reads them, in pieces of a line or a few: its text format 0.0.4, or OpenMetrics 1.0 with
 * exemplars. Families without series are left out.
 */
export function* exposition(families: Iterable<Family>, notation: Notation): Generator<string> {
  for (const family of [...families].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    let isFirst = true
    for (const sample of family.samples) {
      if (isFirst) yield head(family, notation)
      isFirst = false
      yield sample.histogram === undefined
        ? `${family.name}${labelled(sample.labels)} ${number(sample.value)}\n`
        : histogram(family.name, sample, notation)
    }
  }
  if (notation === 'openmetrics') yield '# EOF\n'
}

/** OpenMetrics names a family of counters without what its series end in. */
function head({ name, help, type }: Family, notation: Notation): string {
  const title = notation === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name
  const text = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  return `# HELP ${title} ${notation === 'text' ? text : text.replaceAll('"', '\\"')}\n# TYPE ${title} ${type}\n`
}

function histogram(name: string, { labels, value, histogram }: Sample, notation: Notation): string {
  const { boundaries, counts, exemplars, sum } = histogram!
  let lines = ''
  let below = 0
  for (let i = 0; i <= boundaries.length; i++) {
    below += counts[i]!
    const bound = i === boundaries.length ? '+Inf' : boundary(boundaries[i]!, notation)
    const exemplar = notation === 'openmetrics' ? exemplars?.[i] : undefined
    lines += `${name}_bucket${labelled([...labels, ['le', bound]])} ${below}${exemplar === undefined ? '' : shown(exemplar)}\n`
  }
  return `${lines}${name}_sum${labelled(labels)} ${number(sum)}\n${name}_count${labelled(labels)} ${value}\n`
}

const shown = ({ traceId, value, at }: Exemplar): string => ` # {trace_id="${traceId}"} ${number(value)} ${at / 1000}`

/** A bound of a bucket as Go writes it: it is a label, which rules and dashboards name. OpenMetrics wants a float. */
function boundary(value: number, notation: Notation): string {
  const [digits = '', exponent = ''] = value.toExponential().split('e')
  const power = Number(exponent)
  if (power < -4 || power >= 6) return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
  return notation === 'openmetrics' && Number.isInteger(value) ? `${value}.0` : String(value)
}

const number = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? '+Inf' : value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)

const labelled = (labels: Labels): string =>
  labels.length === 0 ? '' : `{${labels.map(([name, value]) => `${name}="${escaped(value)}"`).join(',')}}`

const escaped = (value: string): string =>
  /[\\"\n]/.test(value) ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : value
