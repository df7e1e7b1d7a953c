import type { Handler } from '../http/handler.ts'
import { contentTypes, exposition, type Notation } from '../telemetry/metrics/exposition.ts'
import type { Family } from '../telemetry/metrics/family.ts'
import { streamed, type Turn, textInPieces } from './answers.ts'

/** What is counted, and how to say that it was read. */
export interface MetricsSource {
  families(): Iterable<Family>
  /** What has been read of elements that are gone need not be kept any longer. */
  forget(): void
}

/**
 * `prometheus@internal`: everything that is counted, on any path and for any method, as OpenMetrics to who asks for
 * that (Traefik hands it out as text alone), compressed to who takes gzip.
 */
export const createMetricsHandler =
  (source: MetricsSource, turn: Turn): Handler =>
  ({ headers, method }) => {
    const notation = notationFor(headers.get('accept') ?? '')
    const answer = textInPieces(pieces(source, notation), turn, ['Content-Type', contentTypes[notation]])
    const { content } = answer
    if (method === 'HEAD' || content === null || typeof content === 'string') return answer
    if (!takesGzip(headers.get('accept-encoding') ?? '')) return answer
    const plain = content.stream() as ReadableStream<Uint8Array<ArrayBuffer>>
    return streamed(plain.pipeThrough(new CompressionStream('gzip')), [
      ...['Content-Type', contentTypes[notation]],
      ...['Content-Encoding', 'gzip'],
      ...['Vary', 'Accept-Encoding'],
    ])
  }

function* pieces(source: MetricsSource, notation: Notation): Generator<string> {
  yield* exposition(source.families(), notation)
  source.forget()
}

/** Prometheus itself puts OpenMetrics first where it reads both. */
function notationFor(accept: string): Notation {
  const ranges = accept.split(',').map(weighted)
  const best = (type: string) =>
    Math.max(0, ...ranges.filter((range) => range.type === type).map(({ weight }) => weight))
  const openMetrics = best('application/openmetrics-text')
  return openMetrics > 0 && openMetrics >= best('text/plain') ? 'openmetrics' : 'text'
}

const takesGzip = (acceptEncoding: string): boolean =>
  acceptEncoding
    .split(',')
    .map(weighted)
    .some(({ type, weight }) => type === 'gzip' && weight > 0)

function weighted(item: string): { readonly type: string; readonly weight: number } {
  const [type = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase())
  const weight = parameters.find((parameter) => parameter.startsWith('q='))
  return { type, weight: weight === undefined ? 1 : Number(weight.slice(2)) || 0 }
}
