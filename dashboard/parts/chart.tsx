/** A line of a chart; null where nothing is known. */
export interface Series {
  readonly label: string
  /** Of its colour and its dashes. */
  readonly look: 'first' | 'second' | 'bad'
  readonly values: readonly (number | null)[]
}

interface ChartProps {
  readonly title: string
  readonly series: readonly Series[]
  /** How a number is said: `12.3 ms`. */
  readonly say: (value: number) => string
  /** How far back the first value is, in seconds. */
  readonly seconds: number
  /** The least height of the scale. */
  readonly least: number
}

const WIDTH = 300
const HEIGHT = 72

/** What was lately, the newest on the right. The newest numbers are said in words as well. */
export function Chart({ title, series, say, seconds, least }: ChartProps) {
  const most = roundUp(Math.max(least, ...series.flatMap(({ values }) => values.map((value) => value ?? 0))))
  const newest = series.map(({ label, look, values }) => ({ label, look, value: values.at(-1) ?? null }))
  const words = newest.map(({ label, value }) => `${label} ${value === null ? 'unknown' : say(value)}`).join(', ')
  return (
    <figure class="chart">
      <figcaption>
        <span class="label">{title}</span>
        <span class="newest">
          {newest.map(({ label, look, value }) => (
            <span key={label} class={look}>
              <b>{value === null ? '–' : say(value)}</b> {series.length > 1 ? label : ''}
            </span>
          ))}
        </span>
      </figcaption>
      <div class="plot">
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${title}, now: ${words}; at most ${say(most)} in the last ${spanOf(seconds)}`}
        >
          {series.map(({ label, look, values }) => (
            <path key={label} class={look} d={pathOf(values, most)} vector-effect="non-scaling-stroke" />
          ))}
        </svg>
        <span class="scale" aria-hidden="true">
          <span>{say(most)}</span>
          <span>0</span>
        </span>
      </div>
      <div class="axis" aria-hidden="true">
        <span>{spanOf(seconds)} ago</span>
        <span>now</span>
      </div>
    </figure>
  )
}

const spanOf = (seconds: number): string => (seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`)

/** To 1, 2 or 5 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 5].find((step) => step * power >= value) ?? 10) * power
}

/** Pieces where values are known; a single one is a dot of a line. */
function pathOf(values: readonly (number | null)[], most: number): string {
  const step = WIDTH / Math.max(1, values.length - 1)
  let path = ''
  let isOpen = false
  values.forEach((value, at) => {
    if (value === null) {
      isOpen = false
      return
    }
    const x = values.length === 1 ? WIDTH : at * step
    const y = HEIGHT - 2 - (value / most) * (HEIGHT - 4)
    path += `${isOpen ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`
    if (!isOpen) path += 'h.1'
    isOpen = true
  })
  return path
}
