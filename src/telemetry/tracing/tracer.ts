import { fromFieldText } from '../../http/fields.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { RequestContext } from '../../http/request-context.ts'
import type { TracingPlan } from '../../plan/telemetry.ts'
import { detached, isLargeHead, keptText, setFields, setText } from './captured.ts'
import type { TraceParent } from './parent.ts'
import { type Propagator, propagatorOf } from './propagators.ts'
import { redactedQuery } from './redaction.ts'
import { type Sampler, samplerOf } from './sampling.ts'
import { newTraceId, SERVER, Span, type SpanPorts } from './span.ts'

/** Characters of baggage, as its specification has it. */
const MOST_BAGGAGE = 8192

/** Begins the spans of exchanges. */
export class Tracer {
  readonly propagator: Propagator
  readonly responseHeaders: readonly string[]
  readonly requestHeaders: readonly string[]
  readonly safe: ReadonlySet<string>
  readonly #ports: SpanPorts
  readonly #date: () => Date
  readonly #sampler: Sampler

  /**
   * @param propagators names of formats, as `OTEL_PROPAGATORS` has them
   * @param date wall clock
   */
  constructor(plan: TracingPlan, propagators: readonly string[], ports: SpanPorts, date: () => Date) {
    this.propagator = propagatorOf(propagators)
    // The name of the client's program has an attribute of its own.
    this.requestHeaders = plan.requestHeaders.filter((name) => name !== 'user-agent')
    this.responseHeaders = plan.responseHeaders
    this.safe = new Set(plan.safeQueryParams)
    this.#ports = ports
    this.#date = date
    this.#sampler = samplerOf(plan.sampleRate)
  }

  /** Begins the span of an exchange, which is then in it. */
  begin(request: ProxyRequest, cx: RequestContext, isDetailed: boolean): Span {
    const { headers } = request
    const isLarge = isLargeHead(headers.lines)
    const parent = this.#parentOf(request, isLarge)
    const traceId = parent?.traceId ?? newTraceId(this.#ports.random)
    const trace = {
      traceId,
      isSampled: this.#sampler(traceId, parent),
      flags: parent?.flags ?? 0,
      state: parent?.state ?? '',
      baggage: this.#baggageOf(request, isLarge),
      parent,
      isDetailed,
      epoch: this.#date().getTime() - this.#ports.now(),
    }
    const name = keptText(fromFieldText(request.method), isLarge)
    const span = new Span(this.#ports, trace, null, name, SERVER, this.#ports.now())
    const { record } = cx
    record.traceId = traceId
    record.spanId = span.spanId
    record.span = span
    if (trace.isSampled) this.#describe(span, request, cx, isLarge)
    return span
  }

  #parentOf(request: ProxyRequest, isLarge: boolean): TraceParent | null {
    const parent = this.propagator.extract(request.headers)
    if (parent === null || !isLarge) return parent
    const { traceId, spanId, state } = parent
    return { ...parent, traceId: detached(traceId), spanId: detached(spanId), state: detached(state) }
  }

  #baggageOf({ headers }: ProxyRequest, isLarge: boolean): string {
    const baggage = this.propagator.carriesBaggage === true ? headers.get('baggage') : null
    if (baggage === null || baggage.length > MOST_BAGGAGE) return ''
    return isLarge ? detached(baggage) : baggage
  }

  #describe(span: Span, request: ProxyRequest, { entryPoint, client }: RequestContext, isLarge: boolean): void {
    const { headers, content } = request
    span.set('entry_point', entryPoint)
    setText(span, 'http.request.method', request.method, isLarge)
    span.set('network.protocol.version', protocolVersion(request.version))
    span.set('http.request.body.size', content === null ? 0 : (content.length ?? -1))
    span.set('url.path', keptText(request.pathView.path, isLarge))
    span.set('url.query', keptText(redactedQuery(request.query, this.safe), isLarge))
    setText(span, 'url.scheme', headers.first('x-forwarded-proto') ?? '', isLarge)
    setText(span, 'user_agent.original', headers.first('user-agent') ?? '', isLarge)
    setText(span, 'server.address', request.authority, isLarge)
    span.set('network.peer.address', client.address)
    span.set('client.address', client.address)
    span.set('client.port', client.port)
    span.set('network.peer.port', client.port)
    setFields(span, 'http.request.header.', this.requestHeaders, headers.lines, isLarge)
  }
}

/** `1.1` of `HTTP/1.1`; of what has another form, all of it. */
export function protocolVersion(version: string): string {
  if (version === 'HTTP/1.1') return '1.1'
  if (version === 'HTTP/1.0') return '1.0'
  if (version === 'HTTP/2') return '2'
  return version === 'HTTP/3' ? '3' : version
}
