import type { BodySink } from '../../../src/http/body.ts'

/** A sink of our own: it takes latin1 text as it is, and tells when a buffer may be overwritten. */
export interface NativeSink extends BodySink {
  readonly native: true
  /** Nothing that was written is still in memory. */
  readonly flushed: boolean
  writeText(text: string): boolean
  /** Small pieces wait from `hold` to `release`, which tells whether more may come. */
  hold(): void
  release(): boolean
}

/** Whether a sink is one of ours. */
export const isNative = (sink: BodySink): sink is NativeSink => (sink as Partial<NativeSink>).native === true
