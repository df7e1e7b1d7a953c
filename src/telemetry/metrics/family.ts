import type { Labels } from './labels.ts'

/** What is measured under one name, as exporters read it. */
export interface Family {
  /** As Prometheus names it. */
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** UCUM, for OpenTelemetry: `s`, `By`; absent: `1`. */
  readonly unit?: string
  /** Labels whose values are integers, for OpenTelemetry; absent: none. */
  readonly integers?: ReadonlySet<string>
  /** Made while they are read; a second reading begins anew. */
  readonly samples: Iterable<Sample>
}

/** One series as it stands. */
export interface Sample {
  readonly labels: Labels
  /** Of histograms: how many observations. */
  readonly value: number
  /** Of histograms alone. */
  readonly histogram?: HistogramSample
  /** The same object for the same series of a family from one reading to the next; absent: of gauges. */
  readonly series?: object
}

/** How observations are spread. */
export interface HistogramSample {
  readonly sum: number
  /** Upper bounds, rising; one more bucket has what is beyond the last. */
  readonly boundaries: readonly number[]
  /** Observations in each bucket alone, one more than there are boundaries. */
  readonly counts: ArrayLike<number>
  /** The last observation of a bucket that has a trace; absent: nobody traces. */
  readonly exemplars?: readonly (Exemplar | undefined)[]
}

/** An observation and the trace of its exchange. */
export interface Exemplar {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  readonly value: number
  /** Milliseconds since 1970. */
  readonly at: number
}

/** A family of a single series without labels. @param family the same object at each reading */
export const single = (family: Omit<Family, 'samples'>, value: number): Family => ({
  ...family,
  samples: [{ labels: [], value, series: family }],
})
