import type { Ports } from '../../contracts/ports.ts'
import { TooCostly } from '../../http/effort.ts'
import type { Middleware } from '../../http/handler.ts'
import { andThen, type MaybePromise } from '../../http/maybe-promise.ts'
import type { ExchangeEnd } from '../../http/request-context.ts'
import type { ProxyResponse } from '../../http/response.ts'
import type { AccessLogPlan } from '../../plan/telemetry.ts'
import { commonFormat } from './common-format.ts'
import { type AccessFields, fieldsOfTheEnd } from './fields.ts'
import { jsonFormat } from './json-format.ts'
import { LoggedExchange, type WantedFields } from './logged-exchange.ts'
import { showsFields } from './message-fields.ts'
import { modes } from './modes.ts'
import { type RecordSink, recordFormat } from './record.ts'

/** What is particular of access lines on a platform. */
export interface AccessLogPlatform {
  /** Fields beside Traefik's, in lines of JSON. */
  readonly fields: AccessFields
  /** Characters: of a longer line texts are cut, and fields of messages left out. */
  readonly longestLine: number
  /** Whether lines that say nothing of the end of an exchange are written before it: waiting for it costs there. */
  readonly isEndCostly: boolean
  /**
   * Makes what writes ordinary lines of a log without a text of them; of others it gives false, and has written
   * nothing. Null: of such a log none are ordinary.
   */
  readonly ordinaryLines?: (options: AccessLogPlan) => ((exchange: LoggedExchange) => boolean) | null
}

const ordinary: AccessLogPlatform = { fields: {}, longestLine: Number.POSITIVE_INFINITY, isEndCostly: false }

/** Characters of a text in a line that was too long. */
const CUT_TEXT = 256

/**
 * The access log: stands between an entry point's preparation of a request and its route table, and writes one line
 * when the exchange is over, whatever its outcome (Traefik `pkg/middlewares/accesslog`).
 * @param write takes a line with its newline
 * @param records takes it with all that is known; null: nobody does
 */
export function createAccessLog(
  options: AccessLogPlan,
  write: (line: string) => void,
  { clock, random }: Pick<Ports, 'clock' | 'random'>,
  { fields, longestLine, isEndCostly, ordinaryLines }: AccessLogPlatform = ordinary,
  records: RecordSink | null = null,
): Middleware {
  const format = options.format === 'json' ? jsonFormat(options, fields) : commonFormat(options)
  const { sample = 1 } = options
  const recordOf = records === null ? null : recordFormat(options, fields)
  // A record has the text of its line.
  const put = records === null ? ordinaryLines?.(options) : null
  const waits = !isEndCostly || needsEnd(options)
  const wanted = wantedFields(options, records !== null)
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
    if (!isWanted(exchange) || (sample < 1 && end.status < 500 && random() >= sample)) return
    if (put?.(exchange) === true) return
    const line = format(exchange, Number.POSITIVE_INFINITY)
    if (recordOf !== null) records!.add(recordOf(exchange, line))
    write(`${line.length > longestLine ? format(exchange, CUT_TEXT) : line}\n`)
  }

  /** Writes the line with the head of the answer; of a bug and of what took too long others make an answer. */
  const untilHead = (answerOf: () => MaybePromise<ProxyResponse>, exchange: LoggedExchange) => {
    const finishAs = (status: number) => finish(exchange, { status, size: 0, requestSize: 0, aborted: false })
    const answered = (response: ProxyResponse): ProxyResponse => {
      if (wanted.downstream) exchange.downstream = response.headers
      finishAs(response.status)
      return response
    }
    const failed = (error: unknown): never => {
      finishAs(error instanceof TooCostly ? 400 : 500)
      throw error
    }
    try {
      const answer = answerOf()
      return answer instanceof Promise ? answer.then(answered, failed) : answered(answer)
    } catch (error) {
      return failed(error)
    }
  }

  return (next) => (request, cx) => {
    const exchange = new LoggedExchange(request, cx, wanted, finish)
    if (wanted.origin) cx.record.wantsOriginFields = true
    if (waits) cx.record.wantsSize = true
    if (!waits) return untilHead(() => next(request, cx), exchange)
    cx.listen(exchange)
    const answer = next(request, cx)
    if (!wanted.downstream) return answer
    return andThen(answer, (response) => {
      exchange.downstream = response.headers
      return response
    })
  }
}

/** @param hasRecords lines have their fields beside them, whatever their format */
function wantedFields({ format, fields }: AccessLogPlan, hasRecords: boolean): WantedFields {
  const { headers } = fields
  const modeOf = modes(headers.defaultMode, headers.names)
  const isJson = format === 'json'
  const showsAll = isJson || hasRecords
  const any = showsAll && showsFields(headers)
  return {
    referer: !isJson && modeOf('referer') !== 'drop',
    userAgent: !isJson && modeOf('user-agent') !== 'drop',
    clientSubject: showsAll && modes(fields.defaultMode, fields.names)('TLSClientSubject') === 'keep',
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

/** Whether a line, or the decision that there is one, depends on how long the exchange took or how large it was. */
function needsEnd({ format, fields, filters }: AccessLogPlan): boolean {
  const modeOf = modes(fields.defaultMode, fields.names)
  const shown =
    format === 'json' ? fieldsOfTheEnd : ['DownstreamContentSize', ...(format === 'common' ? ['Duration'] : [])]
  return filters.minDurationMs > 0 || shown.some((name) => modeOf(name) === 'keep')
}
