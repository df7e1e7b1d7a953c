import type { Clock } from '../../contracts/ports.ts'
import type { Middleware } from '../../http/handler.ts'
import { andThen } from '../../http/maybe-promise.ts'
import type { ExchangeEnd } from '../../http/request-context.ts'
import type { AccessLogPlan } from '../../plan/telemetry.ts'
import { commonFormat } from './common-format.ts'
import { jsonFormat } from './json-format.ts'
import { LoggedExchange, type WantedFields } from './logged-exchange.ts'
import { modes } from './modes.ts'

/**
 * The access log: stands between an entry point's preparation of a request and its route table, and writes one line
 * when the exchange is over, whatever its outcome (Traefik `pkg/middlewares/accesslog`).
 * @param write takes a line with its newline
 */
export function createAccessLog(options: AccessLogPlan, write: (line: string) => void, clock: Clock): Middleware {
  const format = options.format === 'json' ? jsonFormat(options) : commonFormat(options)
  const wanted = wantedFields(options)
  const isWanted = createFilter(options)
  const { addInternals } = options
  let count = 0

  const finish = (exchange: LoggedExchange, end: ExchangeEnd): void => {
    const { cx } = exchange
    const { record } = cx
    if (!record.logged || (!addInternals && record.service.endsWith('@internal'))) return
    const now = clock.now()
    exchange.count = ++count
    exchange.end = end
    exchange.durationMs = now - cx.start
    exchange.originMs = record.originStart > 0 ? now - record.originStart : 0
    exchange.startedAt = clock.date().getTime() - exchange.durationMs
    if (isWanted(exchange)) write(`${format(exchange)}\n`)
  }

  return (next) => (request, cx) => {
    const exchange = new LoggedExchange(request, cx, wanted)
    if (wanted.origin) cx.record.wantsOriginFields = true
    cx.onEnd((end) => finish(exchange, end))
    const answer = next(request, cx)
    if (!wanted.downstream) return answer
    return andThen(answer, (response) => {
      exchange.downstream = response.headers
      return response
    })
  }
}

function wantedFields({ format, fields: { headers } }: AccessLogPlan): WantedFields {
  const modeOf = modes(headers.defaultMode, headers.names)
  const isJson = format === 'json'
  const any = isJson && (headers.defaultMode !== 'drop' || Object.values(headers.names).some((mode) => mode !== 'drop'))
  return {
    referer: !isJson && modeOf('referer') !== 'drop',
    userAgent: !isJson && modeOf('user-agent') !== 'drop',
    request: any,
    origin: any,
    downstream: any,
  }
}

function createFilter({ filters }: AccessLogPlan): (exchange: LoggedExchange) => boolean {
  const { statusCodes, retryAttempts, minDurationMs } = filters
  if (statusCodes.length === 0 && !retryAttempts && minDurationMs <= 0) return () => true
  return ({ cx, end, durationMs }) =>
    statusCodes.some(([first, last]) => end.status >= first && end.status <= last) ||
    (retryAttempts && cx.record.retries > 0) ||
    (minDurationMs > 0 && durationMs > minDurationMs)
}
