import { formatFloat } from '../format/floats.ts'
import { versionText } from '../format/print-value.ts'
import { compareTexts, runesOf } from '../go-text.ts'
import { type Budget, CallError } from '../limits.ts'
import { formatTime } from '../time/format.ts'
import { type GoList, type GoMap, typeOf, type Value } from '../values.ts'

export interface JsonStyle {
  readonly indent: string
  /** `<`, `>` and `&` are written as escapes. */
  readonly escapesHtml: boolean
}

const RFC3339_NANO = '2006-01-02T15:04:05.999999999Z07:00'

/** Go's `json.Marshal`; throws `CallError` with its message. */
export function writeJson(value: Value, style: JsonStyle, budget: Budget, depth = 0): string {
  budget.descend(depth)
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') {
    budget.runes(value.length)
    return jsonText(value, style.escapesHtml)
  }
  switch (value.kind) {
    case 'int':
      return String(value.value)
    case 'float':
      return jsonNumber(value.value)
    case 'list':
      return value.isNil ? 'null' : writeList(value, style, budget, depth)
    case 'map':
      return writeMap(value, style, budget, depth)
    case 'time':
      return `"${formatTime(value, RFC3339_NANO)}"`
    case 'version':
      return jsonText(versionText(value), style.escapesHtml)
    case 'record':
      return writeEntries([...value.fields], style, budget, depth)
    case 'complex':
      throw new CallError(`json: unsupported type: ${typeOf(value)}`)
  }
}

function enclosed(open: string, parts: readonly string[], close: string, { indent }: JsonStyle, depth: number): string {
  if (parts.length === 0) return open + close
  if (indent === '') return open + parts.join(',') + close
  const inner = `\n${indent.repeat(depth + 1)}`
  return `${open}${inner}${parts.join(`,${inner}`)}\n${indent.repeat(depth)}${close}`
}

const writeList = ({ items }: GoList, style: JsonStyle, budget: Budget, depth: number): string =>
  enclosed(
    '[',
    items.map((item) => writeJson(item, style, budget, depth + 1)),
    ']',
    style,
    depth,
  )

/** By key; fields of a struct come as they are declared. */
const writeMap = ({ entries }: GoMap, style: JsonStyle, budget: Budget, depth: number): string =>
  writeEntries(
    [...entries].sort(([a], [b]) => compareTexts(a, b)),
    style,
    budget,
    depth,
  )

function writeEntries(
  entries: readonly (readonly [key: string, value: Value])[],
  style: JsonStyle,
  budget: Budget,
  depth: number,
): string {
  const colon = style.indent === '' ? ':' : ': '
  const parts = entries.map(
    ([key, value]) => jsonText(key, style.escapesHtml) + colon + writeJson(value, style, budget, depth + 1),
  )
  return enclosed('{', parts, '}', style, depth)
}

function jsonNumber(value: number): string {
  if (!Number.isFinite(value)) throw new CallError(`json: unsupported value: ${formatFloat(value, 'g', -1)}`)
  const magnitude = Math.abs(value)
  if (magnitude === 0 || (magnitude >= 1e-6 && magnitude < 1e21)) return formatFloat(value, 'f', -1)
  return formatFloat(value, 'e', -1).replace(/e-0(\d)$/, 'e-$1')
}

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

/** What is no character becomes U+FFFD, which is written as an escape. */
function jsonText(text: string, escapesHtml: boolean): string {
  let out = '"'
  for (const rune of text) {
    const code = rune.codePointAt(0)!
    if (SHORT[rune] !== undefined) out += SHORT[rune]
    else if (code >= 0xdc80 && code <= 0xdcff) out += '\\ufffd'
    else if (code < 0x20 || code === 0x2028 || code === 0x2029 || (escapesHtml && /[<>&]/.test(rune))) {
      out += `\\u${code.toString(16).padStart(4, '0')}`
    } else out += runesOf(rune).join('')
  }
  return `${out}"`
}
