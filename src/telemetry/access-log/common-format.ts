import type { AccessLogPlan } from '../../plan/telemetry.ts'
import { escapeColumn, escapeFieldText, escapeText } from '../escape.ts'
import { commonTimeLocal, commonTimeUtc, perSecond } from '../timestamp.ts'
import { clientHost, withoutQuery } from './fields.ts'
import type { LoggedExchange } from './logged-exchange.ts'
import { modes } from './modes.ts'
import { withoutUserInfo } from './server-url.ts'

/**
 * Traefik's `common` format, and `genericCLF`, which ends after the user agent. Unlike Traefik it escapes everything a
 * client sends: quotes, backslashes, control characters, and blanks where they would look like the end of a column.
 */
export function commonFormat({ format, fields }: AccessLogPlan): (exchange: LoggedExchange, longest: number) => string {
  const modeOf = modes(fields.defaultMode, fields.names)
  const has = (name: string): boolean => modeOf(name) === 'keep'
  const headerMode = modes(fields.headers.defaultMode, fields.headers.names)
  const refererMode = headerMode('referer')
  const userAgentMode = headerMode('user-agent')
  const kept = {
    host: has('ClientHost'),
    username: has('ClientUsername'),
    method: has('RequestMethod'),
    path: has('RequestPath'),
    protocol: has('RequestProtocol'),
    status: has('DownstreamStatus'),
    size: has('DownstreamContentSize'),
    count: has('RequestCount'),
    router: has('RouterName'),
    server: has('ServiceURL'),
    duration: has('Duration'),
  }
  const cutsQuery = fields.queryParameters.defaultMode !== 'keep'
  const timeOf = timeFormat(has('StartUTC'), has('StartLocal'))
  const extended = format === 'common'

  return (exchange, longest) => {
    const cut = (text: string): string => (text.length > longest ? `${text.slice(0, longest)}\u2026` : text)
    const { cx, end } = exchange
    const { record } = cx
    const host = kept.host ? column(cut(clientHost(exchange))) : '-'
    const username = kept.username ? column(cut(record.username ?? '')) : '-'
    const method = kept.method ? escapeColumn(cut(exchange.method)) : '-'
    const path = kept.path ? escapeFieldText(cut(cutsQuery ? withoutQuery(exchange.target) : exchange.target)) : '-'
    const protocol = kept.protocol ? exchange.version : '-'
    const line =
      `${host} - ${username} [${timeOf(exchange.startedAt)}] "${method} ${path} ${protocol}"` +
      ` ${kept.status ? end.status : '-'} ${kept.size ? end.size : '-'}` +
      ` ${header(exchange.referer, refererMode, cut)} ${header(exchange.userAgent, userAgentMode, cut)}`
    if (!extended) return line
    const router = quoted(kept.router ? record.router : '')
    const server = quoted(kept.server ? withoutUserInfo(record.serverUrl) : '')
    const duration = kept.duration ? Math.floor(exchange.durationMs) : 0
    return `${line} ${kept.count ? exchange.count : '-'} ${router} ${server} ${duration}ms`
  }
}

const column = (text: string): string => (text === '' ? '-' : escapeColumn(text))

const quoted = (text: string): string => (text === '' ? '"-"' : `"${escapeText(text)}"`)

function header(value: string | null, mode: string, cut: (text: string) => string): string {
  if (value === null || value === '') return '"-"'
  return mode === 'redact' ? '"REDACTED"' : `"${escapeFieldText(cut(value))}"`
}

function timeFormat(utc: boolean, local: boolean): (ms: number) => string {
  if (utc) return perSecond(commonTimeUtc)
  return local ? perSecond(commonTimeLocal) : () => '-'
}
