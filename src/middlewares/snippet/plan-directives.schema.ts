import { toFieldText } from '../../http/fields.ts'
import { parseCidr, parseIp } from '../../http/ip.ts'
import { PrepareError } from '../../schema/element.ts'
import { prepareRegexp } from '../shared/regexp-option.schema.ts'
import { fieldName } from './field-name.schema.ts'
import type { Parameter, WrittenDirective } from './parse-snippet.schema.ts'
import { planEdits } from './plan-edits.schema.ts'
import type { Condition, Directive, Expires } from './snippet-plan.ts'

type Place = 'server' | 'location' | 'if' | 'if_in_location'

/** Where directives may stand, as messages list it. */
const PLACES: ReadonlyMap<string, readonly Place[]> = new Map<string, readonly Place[]>([
  ['add_header', ['server', 'location', 'if_in_location']],
  ['more_set_headers', ['server', 'location', 'if']],
  ['more_clear_headers', ['server', 'location', 'if']],
  ['proxy_set_header', ['server', 'location']],
  ['more_set_input_headers', ['server', 'location', 'if']],
  ['more_clear_input_headers', ['server', 'location', 'if']],
  ['if', ['server', 'location']],
  ['set', ['server', 'location', 'if']],
  ['return', ['server', 'location', 'if']],
  ['rewrite', ['server', 'location', 'if']],
  ['location', ['server']],
  ['allow', ['server', 'location', 'if']],
  ['deny', ['server', 'location', 'if']],
  ['proxy_hide_header', ['server', 'location']],
  ['expires', ['server', 'location', 'if_in_location']],
  ['proxy_method', ['server', 'location']],
  ['auth_request_set', ['server', 'location']],
])

/** Names of the directives that there are. */
export const DIRECTIVES: readonly string[] = [...PLACES.keys()]

/**
 * Directives of a block, ready to run. Throws `PrepareError`.
 * @param place what the block is; `parent` what that is in
 */
export function planDirectives(
  written: readonly WrittenDirective[],
  place: 'server' | 'location' | 'if',
  parent: 'server' | 'location' | null = null,
): readonly Directive[] {
  return written.flatMap((directive) => {
    const { name } = directive
    const places = PLACES.get(name) ?? []
    const isAllowed =
      places.includes(place) || (place === 'if' && parent === 'location' && places.includes('if_in_location'))
    if (!isAllowed) {
      throw new PrepareError(
        `context ${place} is not valid for this directive ${name}: [${places.join(' ')}] `,
        [],
        places.length === 0 ? `known directives: ${DIRECTIVES.join(', ')}` : null,
      )
    }
    return within(`building ${name} action: `, () => planned(directive, place))
  })
}

function within<T>(words: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof PrepareError)) throw error
    throw new PrepareError(words + error.message, [], error.hint)
  }
}

function planned(directive: WrittenDirective, place: 'server' | 'location' | 'if'): readonly Directive[] {
  const { name, parameters } = directive
  const text = (at: number): string => toFieldText(parameters[at]?.text ?? '')
  const need = (count: number, what: string): void => {
    if (parameters.length < count) throw new PrepareError(what)
  }
  switch (name) {
    case 'set':
    case 'auth_request_set':
      need(2, `${name} directive requires 2 parameters (variable${name === 'set' ? '' : ' name'} and value)`)
      return [{ is: name === 'set' ? 'set' : 'authRequestSet', name: text(0), value: text(1) }]
    case 'return':
      need(1, 'return directive requires parameters')
      return [planReturn(text(0), parameters.length > 1 ? text(1) : '')]
    case 'rewrite':
      need(2, 'rewrite directive requires at least 2 parameters (regex and replacement)')
      return [planRewrite(parameters)]
    case 'if':
    case 'location':
      return [planBlock(directive, place)]
    case 'allow':
    case 'deny':
      need(1, `${name} directive requires 1 parameter`)
      return [{ is: 'access', allow: name === 'allow', range: rangeOf(text(0), name) }]
    case 'proxy_set_header':
      need(2, 'proxy_set_header directive requires 2 parameters (header and value)')
      return [{ is: 'proxySetHeader', name: fieldName(text(0), name), value: text(1) }]
    case 'proxy_method':
      if (parameters.length !== 1) throw new PrepareError('proxy_method directive must have 1 parameter')
      return [{ is: 'proxyMethod', method: text(0) }]
    case 'add_header':
      need(2, 'add_header directive must have at least 2 parameters (header and value)')
      return [{ is: 'addHeader', name: fieldName(text(0), name), value: text(1), always: text(2) === 'always' }]
    case 'proxy_hide_header':
      need(1, 'proxy_hide_header directive requires 1 parameter (header name)')
      return [{ is: 'answer', edit: planEdits('more_clear_headers', parameters.slice(0, 1)) }]
    case 'expires': {
      need(1, 'expires directive requires 1 parameter')
      const expires = planExpires(text(0))
      return expires === null ? [] : [{ is: 'expires', expires }]
    }
    case 'more_set_headers':
    case 'more_clear_headers':
      return [{ is: 'answer', edit: planEdits(name, parameters) }]
    case 'more_set_input_headers':
    case 'more_clear_input_headers':
      return [{ is: 'input', edit: planEdits(name, parameters) }]
    default:
      throw new PrepareError(`unsupported directive ${JSON.stringify(name)}`)
  }
}

const REDIRECTIONS = [301, 302, 303, 307, 308]

function planReturn(first: string, second: string): Directive {
  if (!/^[+-]?\d+$/.test(first)) return { is: 'return', status: 302, url: first, body: '' }
  const status = Number(first)
  if (status < 200 || status > 599) throw new PrepareError(`return directive has an invalid status ${first}`)
  return REDIRECTIONS.includes(status)
    ? { is: 'return', status, url: second === '' ? null : second, body: '' }
    : { is: 'return', status, url: null, body: second }
}

const FLAGS: ReadonlyMap<string, { readonly status: number | null; readonly flow: 'goOn' | 'last' | 'break' }> =
  new Map([
    ['', { status: null, flow: 'goOn' }],
    ['last', { status: null, flow: 'last' }],
    ['break', { status: null, flow: 'break' }],
    ['redirect', { status: 302, flow: 'goOn' }],
    ['permanent', { status: 301, flow: 'goOn' }],
  ])

function planRewrite([regex, given, third]: readonly Parameter[]): Directive {
  const flag = FLAGS.get(third?.text ?? '')
  if (flag === undefined) throw new PrepareError(`rewrite directive has invalid flag ${JSON.stringify(third!.text)}`)
  const text = toFieldText(given!.text)
  const dropsQuery = text.endsWith('?')
  const replacement = dropsQuery ? text.slice(0, -1) : text
  const isUrl = /^(?:https?:\/\/|\$scheme)/.test(replacement)
  return {
    is: 'rewrite',
    regex: prepareRegexp(regex!.text, 'compiling rewrite regex: '),
    replacement,
    dropsQuery,
    status: flag.status ?? (isUrl ? 302 : null),
    flow: flag.flow,
  }
}

function planBlock({ name, parameters, block }: WrittenDirective, place: 'server' | 'location' | 'if'): Directive {
  const what = name === 'if' ? 'a condition' : 'a path pattern'
  if (parameters.length === 0) throw new PrepareError(`${name} directive requires ${what}`)
  if (block === null) throw new PrepareError(`${name} directive requires a block`)
  const inner = name === 'if' ? ('if' as const) : ('location' as const)
  const around = place === 'if' ? null : place
  const directives = within(`building ${name} block actions: `, () => planDirectives(block, inner, around))
  const condition =
    name === 'if' ? within('building if condition: ', () => planCondition(parameters)) : planPath(parameters)
  return { is: 'block', condition, directives }
}

/** `($name)`, `($name = text)`, `($name ~ regex)` and what negates them. */
function planCondition(parameters: readonly Parameter[]): Condition {
  const words = parameters.map(({ text }) => text)
  words[0] = words[0]!.replace(/^\(/, '')
  words[words.length - 1] = words.at(-1)!.replace(/\)$/, '')
  // The brackets may stand apart.
  const [text = '', operator = '', ...rest] = words.filter((word, at) => word !== '' || parameters[at]!.isQuoted)
  if (text === '') throw new PrepareError('empty condition')
  if (operator === '') return { test: 'isSet', text: toFieldText(text) }
  if (rest.length === 0) throw new PrepareError(`invalid condition format: ${text} ${operator}`)
  const wanted = rest.join(' ')
  const common = { text: toFieldText(text), not: operator.startsWith('!') }
  switch (operator) {
    case '=':
    case '!=':
      return { test: 'equals', ...common, wanted: toFieldText(wanted) }
    case '~':
    case '!~':
      return { test: 'matches', ...common, regex: prepareRegexp(wanted, 'compiling regex in condition: ') }
    case '~*':
    case '!~*': {
      const regex = prepareRegexp(`(?i)${wanted}`, 'compiling case-insensitive regex in condition: ')
      return { test: 'matches', ...common, regex }
    }
    default:
      throw new PrepareError(`unsupported operator in condition: ${operator}`)
  }
}

function planPath(parameters: readonly Parameter[]): Condition {
  const written = parameters.length === 2 ? parameters[0]!.text + parameters[1]!.text : parameters[0]!.text
  const words = 'compiling location regex: '
  if (written.startsWith('~*')) return { test: 'path', regex: prepareRegexp(`(?i)${written.slice(2).trim()}`, words) }
  if (written.startsWith('~')) return { test: 'path', regex: prepareRegexp(written.slice(1).trim(), words) }
  if (written.startsWith('=')) return { test: 'pathIs', path: written.slice(1).trim() }
  return { test: 'pathBegins', path: written }
}

function rangeOf(text: string, directive: string): string | null {
  if (text === 'all') return null
  if (text.includes('/')) {
    if (parseCidr(text) !== null) return text
    throw new PrepareError(`invalid CIDR in ${directive} directive: invalid CIDR address: ${text}`)
  }
  const octets = parseIp(text)
  if (octets === null) throw new PrepareError(`invalid IP address in ${directive} directive: ${JSON.stringify(text)}`)
  return `${text}/${text.includes(':') ? 128 : 32}`
}

const UNITS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400, M: 2_592_000, y: 31_536_000 }

/** Null: nothing is said. */
function planExpires(text: string): Expires | null {
  if (text === 'off') return null
  if (text === 'epoch') return { fixed: 'Thu, 01 Jan 1970 00:00:01 GMT', cacheControl: 'no-cache' }
  if (text === 'max') return { fixed: 'Thu, 31 Dec 2037 23:55:55 GMT', cacheControl: 'max-age=315360000' }
  const [, sign, digits, unit] = /^(-?)(\d{1,9})([smhdMy]?)$/.exec(text) ?? []
  if (digits === undefined) {
    throw new PrepareError(
      `invalid expires value ${JSON.stringify(text)}: cannot parse duration ${JSON.stringify(text)}`,
    )
  }
  const seconds = Number(digits) * UNITS[unit!]!
  return { seconds: sign === '-' ? -seconds : seconds }
}
