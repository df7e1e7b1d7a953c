import type { AccessLogPlan } from '../../plan/telemetry.ts'
import { jsonText } from '../escape.ts'
import { recurring } from '../recurring.ts'
import { localTime, perSecond } from '../timestamp.ts'
import { type AccessFields, accessFields, type FieldValue, withoutQuery } from './fields.ts'
import type { LoggedExchange } from './logged-exchange.ts'
import { messageFields } from './message-fields.ts'
import { modes } from './modes.ts'

/** One object on one line, keys in alphabetical order, as Traefik's `json` format writes them. */
export function jsonFormat(
  { fields }: AccessLogPlan,
  more: AccessFields = {},
): (exchange: LoggedExchange, longest: number) => string {
  const { values, keepsEntryPoint, keepsSpan, keepsTrace } = jsonMembers(fields, more)
  const { downstream, origin, request } = fieldMembers(fields.headers)
  const texts = values.map(([name, field]) => memberOf(name, field))
  const entryPoint = recurring((name) => memberText('entryPointName', name))
  const timeOf = perSecond(localTime)
  return (exchange, longest) => {
    let line = '{'
    for (const text of texts) line += text(exchange, longest)
    // Fields of messages are many, and each may be long.
    const isWhole = longest === Number.POSITIVE_INFINITY
    if (isWhole) line += downstream(exchange.downstream?.lines)
    if (keepsEntryPoint) line += entryPoint(exchange.cx.entryPoint)
    line += LEVEL
    if (isWhole) line += origin(exchange.cx.record.originFields)
    if (isWhole) line += request(exchange.requestFields)
    const { spanId, traceId } = exchange.cx.record
    if (keepsSpan && spanId !== '') line += memberText('span_id', spanId)
    line += `"time":"${timeOf(exchange.startedAt + exchange.durationMs)}"`
    return keepsTrace && traceId !== '' ? `${line},"trace_id":"${traceId}"}` : `${line}}`
  }
}

/** What lines in JSON say of an exchange beside fields of its messages, in the order of their lines. */
export interface JsonMembers {
  /** What comes first. */
  readonly values: readonly (readonly [name: string, value: FieldValue])[]
  readonly keepsEntryPoint: boolean
  readonly keepsSpan: boolean
  readonly keepsTrace: boolean
}

/** What stands behind the entry point in every line. */
export const LEVEL = '"level":"info","msg":"",'

/** @param more fields beside Traefik's */
export function jsonMembers(fields: AccessLogPlan['fields'], more: AccessFields = {}): JsonMembers {
  const modeOf = modes(fields.defaultMode, fields.names)
  const isKept = (name: string): boolean => modeOf(name) === 'keep'
  const cutsQuery = fields.queryParameters.defaultMode !== 'keep'
  const all = Object.entries({ ...accessFields, ...more, ...(cutsQuery ? { RequestPath: pathWithoutQuery } : {}) })
  return {
    values: all.filter(([name]) => isKept(name) && !IN_LOWER_CASE.has(name)).sort(([a], [b]) => (a < b ? -1 : 1)),
    keepsEntryPoint: isKept('entryPointName'),
    keepsSpan: isKept('span_id'),
    keepsTrace: isKept('trace_id'),
  }
}

const pathWithoutQuery: FieldValue = (exchange) => withoutQuery(String(accessFields.RequestPath!(exchange)))

/** Names that come after those of fields of messages. */
const IN_LOWER_CASE: ReadonlySet<string> = new Set(['span_id', 'trace_id'])

/** `"name":"text",` with the text as JSON. */
export const memberText = (name: string, text: string): string => `"${name}":${jsonText(text)},`

/** `"name":value,`, or nothing. @param longest characters of a text */
type Member = (exchange: LoggedExchange, longest: number) => string

function memberOf(name: string, field: FieldValue): Member {
  const key = `"${name}":`
  const ordinary: Member = (exchange, longest) => {
    const value = field(exchange)
    if (value === undefined) return ''
    return typeof value === 'number' ? `${key}${value},` : `${key}${jsonText(cut(value, longest))},`
  }
  if (field.recurring === undefined) return ordinary
  const { source, of } = field.recurring
  const wholeOf = recurring((text) => {
    const value = of(text)
    return value === undefined ? '' : `${key}${jsonText(value)},`
  })
  return (exchange, longest) => {
    if (longest !== Number.POSITIVE_INFINITY) return ordinary(exchange, longest)
    const text = source(exchange)
    return text === undefined ? '' : wholeOf(text)
  }
}

const cut = (text: string, longest: number): string =>
  text.length > longest ? `${text.slice(0, longest)}\u2026` : text

/** Members of the fields of a message, in alphabetical order. */
type FieldMembers = (lines: readonly string[] | null | undefined) => string

/** What makes members of the fields of messages. */
export function fieldMembers(headers: AccessLogPlan['fields']['headers']): {
  readonly downstream: FieldMembers
  readonly origin: FieldMembers
  readonly request: FieldMembers
} {
  const shown = messageFields(headers)
  const members = (prefix: string): FieldMembers => {
    const keyOf = recurring((name) => `${jsonText(prefix + name)}:`)
    return (lines) => {
      if (lines === null || lines === undefined) return ''
      const values = shown(lines)
      let text = ''
      for (const name of [...values.keys()].sort()) text += `${keyOf(name)}${jsonText(values.get(name)!)},`
      return text
    }
  }
  return { downstream: members('downstream_'), origin: members('origin_'), request: members('request_') }
}
