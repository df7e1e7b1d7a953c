import type { ContentCoding } from '../../contracts/ports.ts'

/** Longest value that is read, in characters. */
const MAX_LENGTH = 8_192

interface Preference {
  readonly name: string
  readonly weight: number
}

/**
 * Picks a coding by `Accept-Encoding` lines (RFC 9110 §12.5.3, as Traefik reads it: `q` counts only as the first
 * parameter; names have lower case). Null: none.
 * @param offered in the order of preference; not empty
 * @param otherwise what `*` stands for
 */
export function chooseCoding(
  lines: readonly string[],
  offered: readonly ContentCoding[],
  otherwise: ContentCoding,
): ContentCoding | null {
  let best: Preference | null = null
  for (const preference of parse(lines.join(','))) {
    if (rankOf(preference.name, offered) === -1 || preference.weight === 0) continue
    if (best === null || preference.weight > best.weight) best = preference
    else if (preference.weight === best.weight && rankOf(preference.name, offered) < rankOf(best.name, offered)) {
      best = preference
    }
  }
  if (best === null || best.name === 'identity') return null
  return best.name === '*' ? otherwise : (best.name as ContentCoding)
}

/**
 * Whether a line names gzip itself and does not forbid it: what Traefik's gzip code looks at; `q` may stand anywhere.
 */
export function namesGzip(line: string): boolean {
  if (line.length > MAX_LENGTH) return false
  for (const item of line.split(',')) {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim())
    if (name.toLowerCase() !== 'gzip') continue
    const weight = parameters.findLast((parameter) => parameter.startsWith('q='))
    return weight === undefined || parseWeight(weight.slice(2)) > 0
  }
  return false
}

/** `*` before the offered ones before `identity`; -1: not of interest. */
function rankOf(name: string, offered: readonly ContentCoding[]): number {
  if (name === '*') return 0
  if (name === 'identity') return offered.length + 1
  const at = offered.indexOf(name as ContentCoding)
  return at === -1 ? -1 : at + 1
}

function parse(value: string): Preference[] {
  if (value.length > MAX_LENGTH) return []
  return value
    .replaceAll(' ', '')
    .split(',')
    .map((item) => {
      const [name = '', parameter = ''] = item.split(';')
      return { name, weight: parameter.startsWith('q=') ? parseWeight(parameter.slice(2)) : 1 }
    })
}

/** What is no number forbids. */
function parseWeight(text: string): number {
  return /^(?:\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : 0
}
