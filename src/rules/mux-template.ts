import type { RegexpPlan } from '../plan/regexp.ts'
import { parseRegexp } from './go-regexp/parse.ts'
import { planRegexp } from './go-regexp/plan-regexp.ts'
import { goQuote } from './matchers.ts'

export type TemplateKind = 'host' | 'path' | 'prefix' | 'query'

const DEFAULT_PATTERNS: Readonly<Record<TemplateKind, string>> = {
  host: '[^.]+',
  path: '[^/]+',
  prefix: '[^/]+',
  query: '.*',
}

/**
 * Compiles a template of the v2 syntax, literal text with `{name}` or `{name:regexp}`, into an anchored regular
 * expression; throws `Error` with the words of gorilla/mux (Traefik's fork, `newRouteRegexp`). A prefix is anchored at
 * its start only.
 */
export function planTemplate(template: string, kind: TemplateKind): RegexpPlan {
  const braces = bracePairs(template)
  if ((kind === 'path' || kind === 'prefix') && !template.startsWith('/')) {
    throw new Error(`mux: path must start with a slash, got ${goQuote(template)}`)
  }
  let pattern = kind === 'host' ? '(?i)^' : '^'
  let copied = 0
  for (const [start, end] of braces) {
    const variable = template.slice(start + 1, end)
    const colon = variable.indexOf(':')
    const name = colon === -1 ? variable : variable.slice(0, colon)
    const inner = colon === -1 ? DEFAULT_PATTERNS[kind] : variable.slice(colon + 1)
    if (name === '' || inner === '') {
      throw new Error(`mux: missing name or pattern in ${goQuote(template.slice(start, end + 1))}`)
    }
    // Alone first: an unbalanced parenthesis must not pair with one of the whole.
    parseRegexp(`^${inner}$`)
    pattern += `${quoteMeta(template.slice(copied, start))}(?:${inner})`
    copied = end + 1
  }
  pattern += quoteMeta(template.slice(copied))
  if (kind === 'query' && template.endsWith('=') && template.indexOf('=') === template.length - 1) {
    pattern += DEFAULT_PATTERNS.query
  }
  return planRegexp(kind === 'prefix' ? pattern : `${pattern}$`)
}

/** Names of a template's variables, in order; throws as `planTemplate` does for braces that do not pair. */
export const templateVariables = (template: string): readonly string[] =>
  bracePairs(template).map(([start, end]) => template.slice(start + 1, end).split(':', 1)[0]!)

/** Places of outermost braces; inner ones belong to the expressions. */
function bracePairs(template: string): readonly (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = []
  let depth = 0
  let start = 0
  for (let i = 0; i < template.length; i++) {
    if (template[i] === '{' && depth++ === 0) start = i
    else if (template[i] === '}') {
      depth--
      if (depth === 0) pairs.push([start, i])
      if (depth < 0) break
    }
  }
  if (depth !== 0) throw new Error(`mux: unbalanced braces in ${goQuote(template)}`)
  return pairs
}

/** The text as a regular expression for itself. */
const quoteMeta = (text: string): string => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')
