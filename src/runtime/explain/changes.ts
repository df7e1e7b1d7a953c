import { type Fields, fromFieldText } from '../../http/fields.ts'
import type { ProxyRequest } from '../../http/request.ts'
import { isSecretName, MASK, maskUserInfo } from '../../http/secrets.ts'
import type { FieldPair } from './trace.ts'

/** Characters of a value that are shown, and changes of one middleware. */
const LONGEST = 200
const MOST = 20

/** What of a request may be another behind a middleware. */
export interface Facts {
  readonly method: string
  readonly authority: string
  readonly path: string
  readonly query: string
  readonly lines: readonly string[]
}

export const factsOf = ({ method, authority, path, query, headers }: ProxyRequest): Facts => ({
  method,
  authority,
  path,
  query,
  lines: headers.lines.slice(),
})

/** The value of a field as it may be shown. */
export function shownField(name: string, value: string): string {
  if (isSecretName(name)) return MASK
  const text = maskUserInfo(fromFieldText(value))
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}

/** Field lines as they may be shown. */
export function shownFields(lines: readonly string[]): FieldPair[] {
  const pairs: FieldPair[] = []
  for (let i = 0; i < lines.length; i += 2) pairs.push([lines[i]!, shownField(lines[i]!, lines[i + 1]!)])
  return pairs
}

/** What has changed of a request, and what the answer would get, on one line. */
export function shownChanges(before: Facts, after: Facts, added: Fields): string {
  const changes = [
    ...differing('method', before.method, after.method),
    ...differing('host', before.authority, after.authority),
    ...differing('path', before.path || '(empty)', after.path || '(empty)'),
    ...differing('query', before.query || '(none)', after.query || '(none)'),
    ...changedFields(before.lines, after.lines),
    ...shownFields(added.lines).map(([name, value]) => `sets ${name}: ${value} on the answer`),
  ]
  if (changes.length === 0) return 'lets the request through as it is'
  return changes.length > MOST
    ? `${changes.slice(0, MOST).join(', ')} and ${changes.length - MOST} more`
    : changes.join(', ')
}

function differing(what: string, before: string, after: string): string[] {
  return before === after ? [] : [`${what} ${before} → ${after}`]
}

function changedFields(before: readonly string[], after: readonly string[]): string[] {
  const [old, now] = [byName(before), byName(after)]
  const changes: string[] = []
  for (const [lower, { name, value }] of now) {
    if (old.get(lower)?.value !== value) changes.push(`sets ${name}: ${shownField(name, value)}`)
  }
  for (const [lower, { name }] of old) if (!now.has(lower)) changes.push(`removes ${name}`)
  return changes
}

function byName(lines: readonly string[]): Map<string, { readonly name: string; readonly value: string }> {
  const fields = new Map<string, { readonly name: string; readonly value: string }>()
  for (let i = 0; i < lines.length; i += 2) {
    const [name, value] = [lines[i]!, lines[i + 1]!]
    const known = fields.get(name.toLowerCase())
    fields.set(name.toLowerCase(), { name, value: known === undefined ? value : `${known.value}, ${value}` })
  }
  return fields
}
