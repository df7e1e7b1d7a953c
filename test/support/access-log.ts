import type { ProxyRequest } from '../../src/http/request.ts'
import type { Client, ExchangeEnd, ExchangeRecord } from '../../src/http/request-context.ts'
import { RequestContext } from '../../src/http/request-context.ts'
import type { AccessLogPlan } from '../../src/plan/telemetry.ts'
import { type AccessLogPlatform, createAccessLog } from '../../src/telemetry/access-log/access-log.ts'
import { type RequestSketch, type ResponseSketch, requestOf, responseOf } from './middleware.ts'
import { FakeClock } from './ports.ts'

type Writable<T> = { -readonly [K in keyof T]?: T[K] }

/** Options of an access log where only what a test is about differs from Traefik's defaults. */
export interface AccessSketch {
  readonly format?: AccessLogPlan['format']
  readonly addInternals?: boolean
  readonly sample?: number
  readonly filters?: Partial<AccessLogPlan['filters']>
  readonly fields?: Partial<Omit<AccessLogPlan['fields'], 'headers'>> & {
    headers?: Partial<AccessLogPlan['fields']['headers']>
  }
}

/** Where the log is. */
interface LogSketch {
  readonly platform?: AccessLogPlatform
  readonly random?: () => number
}

export const accessOptions = ({
  format = 'common',
  addInternals = false,
  sample,
  filters,
  fields,
}: AccessSketch = {}): AccessLogPlan => ({
  format,
  addInternals,
  ...(sample === undefined ? {} : { sample }),
  filters: { statusCodes: [], retryAttempts: false, minDurationMs: 0, ...filters },
  fields: {
    defaultMode: 'keep',
    names: {},
    queryParameters: { defaultMode: 'keep' },
    ...fields,
    headers: { defaultMode: 'drop', names: {}, ...fields?.headers },
  },
})

class LoggedContext extends RequestContext {
  override waitUntil(): void {}
}

export interface ExchangeSketch {
  readonly request?: RequestSketch
  readonly response?: ResponseSketch
  readonly client?: Partial<Client>
  /** What happens on the way is written into the record. */
  readonly record?: Writable<ExchangeRecord>
  /** What middlewares do with the request. */
  readonly passes?: (request: ProxyRequest, cx: RequestContext) => void
  readonly end?: Partial<ExchangeEnd>
  readonly durationMs?: number
}

/** Lines that exchanges leave in a log, one after the other; each begins at 2026-01-01T00:00:01Z plus what came before. */
export function accessLines(
  { platform, random = () => 0, ...options }: AccessSketch & LogSketch,
  ...exchanges: ExchangeSketch[]
): string[] {
  const clock = new FakeClock()
  const lines: string[] = []
  const log = createAccessLog(accessOptions(options), (line) => lines.push(line), { clock, random }, platform)
  for (const { request, response, client, record, passes, end, durationMs = 7 } of exchanges) {
    const cx = new LoggedContext('web', { address: '192.0.2.1', port: 4711, tls: null, ...client }, clock.now())
    void log((message, context) => {
      const { record: actual } = context
      Object.assign(actual, record)
      passes?.(message, context)
      if (record?.serverUrl) actual.originStart = clock.now() + 1
      return responseOf(response)
    })(requestOf(request), cx)
    clock.advance(durationMs)
    cx.end({ status: response?.status ?? 200, size: 5, requestSize: 0, aborted: false, ...end })
  }
  return lines
}

/** A request that went through `shop@file` to its server. */
export const proxied: ExchangeSketch = {
  request: { target: '/x?a=1&b=%22q', host: 'shop.test' },
  record: {
    router: 'shop@file',
    service: 'shop@file',
    loadBalancer: 'shop@file',
    serverUrl: 'http://127.0.0.1:18099',
    originStatus: 200,
  },
}
