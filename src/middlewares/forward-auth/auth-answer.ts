import type { Regexp } from '../../contracts/regexp.ts'
import type { Effort } from '../../http/effort.ts'
import { classOf, dashed, FRAMING, HOP } from '../../http/field-names.ts'
import { canonicalName, type Fields, lowerName } from '../../http/fields.ts'
import { deleteSpellings } from '../shared/identity-field.ts'

/** Fields that no answer may put into a request: they belong to the connection, or are none. */
const isOffLimits = (name: string): boolean => (classOf(name) & (HOP | FRAMING)) !== 0 || lowerName(name) === 'host'

/** Puts the fields of these names into the request in place of whatever the client sent under them, in any spelling. */
export function moveNamed(request: Fields, answer: Fields, names: readonly string[]): void {
  for (const name of names) {
    deleteSpellings(request, name)
    if (isOffLimits(name)) continue
    for (const value of answer.getAll(name)) request.append(name, value)
  }
}

/** The same for names (in canonical case) that an expression matches. */
export function moveMatching(request: Fields, answer: Fields, expression: Regexp, effort: Effort): void {
  const matches = (name: string): boolean => expression.test(name, effort)
  const { lines } = request
  let kept = 0
  for (let i = 0; i < lines.length; i += 2) {
    const name = lines[i]!
    const lower = lowerName(name)
    const plain = dashed(lower)
    if (matches(canonicalName(name)) || (plain !== lower && matches(canonicalName(plain)))) continue
    lines[kept] = name
    lines[kept + 1] = lines[i + 1]!
    kept += 2
  }
  lines.length = kept
  for (let i = 0; i < answer.lines.length; i += 2) {
    const name = canonicalName(answer.lines[i]!)
    if (matches(name) && !isOffLimits(name)) request.append(name, answer.lines[i + 1]!)
  }
}

/** Replaces the cookies of these names that a response sets by `lines`, which come last. */
export function replaceCookies(response: Fields, lines: readonly string[], names: ReadonlySet<string>): void {
  const others = response.getAll('set-cookie').filter((line) => !names.has(cookieName(line)))
  response.delete('set-cookie')
  for (const line of [...others, ...lines]) response.append('Set-Cookie', line)
}

/** Name in a `Set-Cookie` value. */
export function cookieName(line: string): string {
  const at = line.indexOf('=')
  return at === -1 ? '' : line.slice(0, at).trim()
}
