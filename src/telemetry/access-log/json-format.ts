import type { AccessLogPlan, FieldMode } from '../../plan/telemetry.ts'
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
  const isKept = keeper(fields.defaultMode, fields.names)
  const all = Object.entries({ ...accessFields, ...more }).sort(([a], [b]) => (a < b ? -1 : 1))
  const keepsSpan = isKept('span_id')
  const keepsTrace = isKept('trace_id')
  const headerMode = modes(fields.headers.defaultMode, fields.headers.names)
  const cutsQuery = fields.queryParameters.defaultMode === 'drop'
  const memberOf = ([name, field]: [string, FieldValue]): Member =>
    name === 'RequestPath' && cutsQuery ? pathMember(field) : member(name, field)
  const values = all.filter(([name]) => isKept(name) && !IN_LOWER_CASE.has(name)).map(memberOf)
  const entryPoint = recurring((name) => `"entryPointName":${jsonText(name)},`)
  const keepsEntryPoint = isKept('entryPointName')
  const timeOf = perSecond(localTime)
  return (exchange, longest) => {
    let line = '{'
    for (const value of values) line += value(exchange, longest)
    // Fields of messages are many, and each may be long.
    const isWhole = longest === Number.POSITIVE_INFINITY
    if (isWhole) line += members('downstream_', exchange.downstream?.lines ?? null, headerMode)
    if (keepsEntryPoint) line += entryPoint(exchange.cx.entryPoint)
    line += '"level":"info","msg":"",'
    if (isWhole) line += members('origin_', exchange.cx.record.originFields, headerMode)
    if (isWhole) line += members('request_', exchange.requestFields, headerMode)
    const { spanId, traceId } = exchange.cx.record
    if (keepsSpan && spanId !== '') line += `"span_id":"${spanId}",`
    line += `"time":"${timeOf(exchange.startedAt + exchange.durationMs)}"`
    return keepsTrace && traceId !== '' ? `${line},"trace_id":"${traceId}"}` : `${line}}`
  }
}

/** `"name":value,`, or nothing. @param longest characters of a text */
type Member = (exchange: LoggedExchange, longest: number) => string

/** Fields whose values are few: what stands in the configuration, and what most clients say alike. */
const RECURRING: ReadonlySet<string> = new Set([
  'ClientUsername',
  'KubernetesIngressName',
  'KubernetesIngressNamespace',
  'KubernetesIngressRouteName',
  'KubernetesIngressRouteNamespace',
  'KubernetesServiceName',
  'KubernetesServiceNamespace',
  'KubernetesServicePort',
  'RequestAddr',
  'RequestHost',
  'RequestMethod',
  'RequestPort',
  'RequestProtocol',
  'RequestScheme',
  'RouterName',
  'ServiceAddr',
  'ServiceName',
  'ServiceURL',
  'TLSCipher',
  'TLSVersion',
])

function member(name: string, field: FieldValue): Member {
  const key = `"${name}":`
  const make = (text: string): string => `${key}${jsonText(text)},`
  const textMember = RECURRING.has(name) ? recurring(make) : make
  return (exchange, longest) => {
    const value = field(exchange)
    if (value === undefined) return ''
    return typeof value === 'number' ? `${key}${value},` : textMember(cut(value, longest))
  }
}

/** The path without its query. */
const pathMember = (field: FieldValue): Member =>
  member('RequestPath', (exchange) => withoutQuery(String(field(exchange))))

const cut = (text: string, longest: number): string =>
  text.length > longest ? `${text.slice(0, longest)}\u2026` : text

/** Names that come after those of fields of messages. */
const IN_LOWER_CASE: ReadonlySet<string> = new Set(['span_id', 'trace_id'])

const keeper = (defaultMode: FieldMode, names: Readonly<Record<string, FieldMode>>) => {
  const modeOf = modes(defaultMode, names)
  return (name: string): boolean => modeOf(name) === 'keep'
}

/** Header fields as members: canonical names in alphabetical order, lines of one name joined by commas. */
function members(prefix: string, lines: readonly string[] | null, modeOf: (name: string) => FieldMode): string {
  if (lines === null) return ''
  const values = messageFields(lines, modeOf)
  let text = ''
  for (const name of [...values.keys()].sort()) {
    text += `${jsonText(prefix + name)}:${jsonText(values.get(name)!)},`
  }
  return text
}
