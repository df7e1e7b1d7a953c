import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { closed } from '../closed.ts'
import type { Collector, SeenSpan } from './collector.ts'
import { attributesOf, type Decoded } from './decode.ts'

/** Requests that go through Traefik and through ours, and what their spans say. */

/** Answers with the status that the query asks for, and tells which fields it got. */
export async function startOrigin(): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url!, 'http://origin')
    const fields = Object.entries(request.headers)
      .filter(([name]) => /trace|b3|baggage/.test(name))
      .sort()
    response.writeHead(Number(searchParams.get('status') ?? 200), {
      'x-answer': 'a',
      'x-got': JSON.stringify(Object.fromEntries(fields)),
    })
    response.end('hello')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    port: (server.address() as AddressInfo).port,
    close: () => closed(server),
  }
}

export const routing = (origin: number): string => `
http:
  routers:
    detailed: { rule: "PathPrefix(\`/app\`)", service: app, middlewares: [strip, hdr], observability: { traceVerbosity: detailed } }
    minimal: { rule: "PathPrefix(\`/min\`)", service: app }
    basic: { rule: "PathPrefix(\`/basic\`)", service: app, middlewares: [basic] }
    basic-detailed: { rule: "PathPrefix(\`/det-basic\`)", service: app, middlewares: [chain], observability: { traceVerbosity: detailed } }
    off: { rule: "PathPrefix(\`/off\`)", service: app, observability: { tracing: false } }
    fwd: { rule: "PathPrefix(\`/fwd\`)", service: app, middlewares: [fwd] }
    fwd-no: { rule: "PathPrefix(\`/no-fwd\`)", service: app, middlewares: [fwd-no] }
    fwd-gone: { rule: "PathPrefix(\`/gone-fwd\`)", service: app, middlewares: [fwd-gone] }
    retry: { rule: "PathPrefix(\`/retry\`)", service: dead, middlewares: [again], observability: { traceVerbosity: detailed } }
    dead: { rule: "PathPrefix(\`/dead\`)", service: dead }
    weighted: { rule: "PathPrefix(\`/wrr\`)", service: wrr, observability: { traceVerbosity: detailed } }
    parent: { rule: "PathPrefix(\`/tree\`)", middlewares: [hdr], observability: { traceVerbosity: detailed } }
    child: { rule: "PathPrefix(\`/tree/a\`)", parentRefs: [parent], service: app }
    errors: { rule: "PathPrefix(\`/errors\`)", service: app, middlewares: [errors], observability: { traceVerbosity: detailed } }
    many: { rule: "PathPrefix(\`/many\`)", service: app, middlewares: [allow, deny], observability: { traceVerbosity: detailed } }
    redirect: { rule: "PathPrefix(\`/redirect\`)", service: app, middlewares: [to], observability: { traceVerbosity: detailed } }
    mirrored: { rule: "PathPrefix(\`/mirror\`)", service: mirror, observability: { traceVerbosity: detailed } }
  middlewares:
    strip: { stripPrefix: { prefixes: [/app] } }
    hdr: { headers: { customRequestHeaders: { X-A: b } } }
    basic: { basicAuth: { users: ["a:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/"] } }
    chain: { chain: { middlewares: [hdr, basic] } }
    fwd: { forwardAuth: { address: "http://u:p@127.0.0.1:${origin}/auth?a=b", authRequestHeaders: [X-Cap, User-Agent] } }
    fwd-no: { forwardAuth: { address: "http://127.0.0.1:${origin}/auth?status=403" } }
    fwd-gone: { forwardAuth: { address: "http://127.0.0.1:1/auth" } }
    again: { retry: { attempts: 3 } }
    errors: { errors: { status: ["503"], service: app, query: "/page?status=200" } }
    allow: { inFlightReq: { amount: 10 } }
    deny: { ipAllowList: { sourceRange: ["10.0.0.0/8"] } }
    to: { redirectRegex: { regex: ".*", replacement: "http://elsewhere.test/" } }
  services:
    app: { loadBalancer: { servers: [{ url: "http://127.0.0.1:${origin}" }] } }
    dead: { loadBalancer: { servers: [{ url: "http://127.0.0.1:1/base" }] } }
    wrr: { weighted: { services: [{ name: app }] } }
    mirror: { mirroring: { service: app, mirrors: [{ name: other, percent: 100 }] } }
    other: { loadBalancer: { servers: [{ url: "http://127.0.0.1:${origin}" }] } }
`

/** Options that both understand. @param collector port of its HTTP listener */
export const flags = (collector: number): string[] => [
  `--tracing.otlp.http.endpoint=http://127.0.0.1:${collector}`,
  '--tracing.capturedRequestHeaders=X-Cap,User-Agent,X-Many',
  '--tracing.capturedResponseHeaders=X-Answer',
  '--tracing.safeQueryParams=safe',
  `--metrics.otlp.http.endpoint=http://127.0.0.1:${collector}`,
  '--metrics.otlp.addRoutersLabels=true',
  '--metrics.otlp.pushInterval=300ms',
  '--experimental.otlpLogs=true',
  `--accessLog.otlp.http.endpoint=http://127.0.0.1:${collector}`,
  '--accessLog.fields.headers.names.X-Cap=keep',
  '--accessLog.fields.headers.names.X-Answer=redact',
]

export interface Ask {
  readonly path: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string
}

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

export const asks: Readonly<Record<string, Ask>> = {
  'all spans': { path: '/app/x%20y?safe=1&b=2&a=3', headers: { 'x-cap': '1', 'x-many': ['1', '2'] } },
  'a parent': {
    path: '/min?status=503',
    method: 'POST',
    headers: { traceparent: PARENT, tracestate: 'a=b, c=d', baggage: 'k=v' },
    body: 'hello',
  },
  'a parent that does not record': { path: '/min', headers: { traceparent: PARENT.replace(/1$/, '0') } },
  'a parent that is none': { path: '/min', headers: { traceparent: PARENT.replace('-b7', '-B7') } },
  'a client error': { path: '/min?status=404' },
  'no credentials': { path: '/basic' },
  'no credentials, all spans': { path: '/det-basic' },
  'tracing is off': { path: '/off', headers: { traceparent: PARENT } },
  'let in by another server': { path: '/fwd?status=401', headers: { 'x-cap': '1', baggage: 'k=v' } },
  'kept out by another server': { path: '/no-fwd' },
  'the other server is gone': { path: '/gone-fwd' },
  retries: { path: '/retry' },
  'no server': { path: '/dead/x?y=z' },
  'no router': { path: '/nothing' },
  'a method of its own': { path: '/min', method: 'PURGE' },
  'a weighted service': { path: '/wrr' },
  'a child': { path: '/tree/a' },
  'a child that is not there': { path: '/tree/b' },
  'an error page': { path: '/errors?status=503' },
  'an address that is not allowed': { path: '/many' },
  'a redirection': { path: '/redirect' },
  'a mirror': { path: '/mirror' },
}

export function ask(port: number, { path, method = 'GET', headers = {}, body }: Ask): Promise<IncomingHttpHeaders> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: '127.0.0.1',
      port,
      path,
      method,
      headers: { 'user-agent': 'test', connection: 'close', ...headers },
    })
    request.on('error', reject)
    request.on('response', (response) => {
      response.resume()
      response.on('end', () => resolve(response.headers))
    })
    request.end(body)
  })
}

/** A span and those inside of it, without identifiers and times. */
export interface SpanTree {
  readonly name: string
  readonly kind: number
  readonly attributes: Record<string, unknown>
  readonly status: string
  readonly flags: number
  readonly traceState: string
  readonly inside: readonly SpanTree[]
}

/** The spans of one exchange as a tree; ports that differ from run to run have names. */
export function treesOf(spans: readonly SeenSpan[], ports: Readonly<Record<string, number>>): SpanTree[] {
  const ids = new Set(spans.map(({ spanId }) => spanId))
  const named = (value: unknown): unknown => {
    for (const [name, port] of Object.entries(ports)) {
      if (value === port) return name
      if (typeof value === 'string') value = (value as string).replaceAll(`:${port}`, `:${name}`)
    }
    return value
  }
  const treeOf = (span: SeenSpan): SpanTree => ({
    name: span.name,
    kind: span.kind,
    attributes: Object.fromEntries(
      Object.entries(span.attributes)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => [
          name,
          /client\.port|network\.peer\.port/.test(name) && span.kind === 2 ? 'any' : named(value),
        ]),
    ),
    // Reasons of errors are in the words of the platform.
    status: `${span.status.code} ${named(span.status.message)}`.replace(/(Cause: ).*/, '$1…'),
    flags: span.flags,
    traceState: span.traceState,
    inside: inOrder(spans.filter(({ parentSpanId }) => parentSpanId === span.spanId)).map(treeOf),
  })
  return inOrder(spans.filter(({ parentSpanId }) => !ids.has(parentSpanId))).map(treeOf)
}

const inOrder = (spans: readonly SeenSpan[]): SeenSpan[] =>
  spans.toSorted((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : a.name < b.name ? -1 : 1))

/** How many spans there are in trees. */
export const countOf = (trees: readonly SpanTree[]): number =>
  trees.reduce((count, { inside }) => count + 1 + countOf(inside), 0)

/** What came of a request: the spans, and what the server was told of the trace. */
export interface Seen {
  readonly spans: readonly SpanTree[]
  readonly told: string
}

/** A metric without its numbers. */
export interface SeenMetric {
  readonly unit: string
  readonly description: string
  /** Kind, temporality, and boundaries where it has any. */
  readonly form: string
  /** Attributes of its points, as JSON. */
  readonly series: readonly string[]
}

/** The metrics that were sent last, by name. */
export function metricsOf(
  { metrics }: Collector,
  ports: Readonly<Record<string, number>>,
): Readonly<Record<string, SeenMetric>> {
  const seen = [...metrics.values()].map((metric): [string, SeenMetric] => {
    const { name, unit, description, sum, gauge, histogram } = metric
    const data = sum ?? gauge ?? histogram
    const form = sum
      ? `sum ${sum.aggregationTemporality} ${sum.isMonotonic}`
      : gauge
        ? 'gauge'
        : `histogram ${histogram.aggregationTemporality} ${histogram.dataPoints[0].explicitBounds}`
    const series = (data.dataPoints as Decoded[]).map(({ attributes }) => {
      const sorted = Object.entries(attributesOf(attributes)).sort(([a], [b]) => (a < b ? -1 : 1))
      let text = JSON.stringify(sorted)
      for (const [port, number] of Object.entries(ports)) text = text.replaceAll(`:${number}`, `:${port}`)
      return text
    })
    return [name, { unit, description, form, series: series.sort() }]
  })
  return Object.fromEntries(seen.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Names of a record's attributes with the kinds of their values, and what of the record is the same each time. */
export function recordShape({ logs }: Collector): unknown {
  const found = logs.find(({ attributes }) => attributes.RouterName === 'detailed@file')!
  const { record, body } = found
  const started = record.attributes.find(({ key }: Decoded) => key === 'StartUTC')
  const attributes = record.attributes.map(({ key, value }: Decoded) => `${key} ${Object.keys(value)}`).sort()
  return {
    attributes,
    severity: `${record.severityNumber} ${record.severityText}`,
    flags: record.flags,
    isInTrace: record.traceId === found.attributes.TraceId && record.spanId === found.attributes.SpanId,
    isTimeOfStart: isNear(record.timeUnixNano, started.value.intValue),
    body: String(body)
      .replace(/\[.*?\]/, '[…]')
      .replace(/ \d+ "detailed.*/, ' …'),
  }
}

/** Within two microseconds. */
const isNear = (a: bigint, b: bigint): boolean => a - b < 2_000n && b - a < 2_000n

/** Sends each request, and gives what its spans say once nothing more comes. */
export async function runAll(
  proxy: number,
  origin: number,
  collector: Collector,
  settled: (name: string) => Promise<void>,
): Promise<Record<string, Seen>> {
  const seen: Record<string, Seen> = {}
  for (const [name, request] of Object.entries(asks)) {
    collector.clear()
    const answer = await ask(proxy, request)
    await settled(name)
    const { spans } = collector
    const told = String(answer['x-got'] ?? '')
    const trace = spans[0]?.traceId ?? 'none'
    const client = spans.find(({ kind, spanId }) => kind === 3 && told.includes(spanId))
    seen[name] = {
      spans: treesOf(spans, { PROXY: proxy, ORIGIN: origin }),
      told: told
        .replaceAll(client?.spanId ?? 'none', 'SPAN')
        .replaceAll(trace, 'TRACE')
        .replace(/-[0-9a-f]{16}-00/, '-SPAN-00'),
    }
  }
  return seen
}
