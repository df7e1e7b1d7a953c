import type { SyntaxComplaint } from './scanner.ts'

/** What may have been meant by a matcher that does not exist; null when nothing is near. */
export function unknownMatcherHint(
  written: string,
  syntax: 'v2' | 'v3',
  v2: readonly string[],
  v3: readonly string[],
): string | null {
  const own = syntax === 'v2' ? v2 : v3
  const same = own.find((name) => name.toLowerCase() === written.toLowerCase())
  if (same !== undefined) return `Did you mean "${same}"?`
  const foreign = (syntax === 'v2' ? v3 : v2).find((name) => name.toLowerCase() === written.toLowerCase())
  if (foreign !== undefined) {
    const instead = REPLACEMENTS[foreign]
    const advice = instead !== undefined && own.includes(instead) ? ` Use "${instead}" instead.` : ''
    return `"${foreign}" belongs to the ${syntax === 'v2' ? 'v3' : 'v2'} rule syntax.${advice}`
  }
  let best: string | null = null
  let bestDistance = 3
  for (const name of own) {
    const distance = editDistance(written.toLowerCase(), name.toLowerCase(), bestDistance)
    if (distance < bestDistance) {
      best = name
      bestDistance = distance
    }
  }
  return best === null ? null : `Did you mean "${best}"?`
}

const REPLACEMENTS: Readonly<Record<string, string>> = {
  Headers: 'Header',
  HeadersRegexp: 'HeaderRegexp',
  HostHeader: 'Host',
  Header: 'Headers',
  HeaderRegexp: 'HeadersRegexp',
  PathRegexp: 'Path',
  QueryRegexp: 'Query',
}

/** What to do about a complaint of the parser; null when it says enough. */
export function syntaxHint(text: string, { at, message }: SyntaxComplaint): string | null {
  if (message.includes('before newline') || message.includes('found newline')) {
    if (text.slice(at).trim() === '') return 'A closing parenthesis is missing.'
    return 'A line break ends the expression here: put the operator, or a comma, at the end of the line.'
  }
  const before = text.slice(0, at).trimEnd()
  if (/found '(?:&&|\|\|)'$/.test(message) && text.slice(before.length, at).includes('\n')) {
    return 'A line break after ")" ends the rule: put the operator at the end of the line.'
  }
  if (message.includes('literal not terminated')) return 'The closing quote is missing.'
  if (/^expected 'EOF', found (?:and|or|AND|OR)$/.test(message)) return 'Rules are joined by "&&" and "||".'
  if (message.startsWith('curly quotation') || /'[‘’]'/.test(message)) {
    return 'Values are written in back-quotes or double quotes.'
  }
  return null
}

/** Edits between two words, or `limit` when there are as many or more. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return Math.min(row[b.length]!, limit)
}
