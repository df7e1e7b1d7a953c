import { normalize } from '../../discovery/normalize.ts'
import { printed, sprintf } from '../format/printf.ts'
import { lowerRune, mapRunes, octetLength, octetSlice, runesOf, trimRunes, trimSpace, upperRune } from '../go-text.ts'
import { type Budget, CallError } from '../limits.ts'
import { quote } from '../quote.ts'
import { mapOf, textList, type Value } from '../values.ts'
import { any, type FunctionGroup, fn, int, text, variadic } from './function.ts'
import { abbreviate, abbreviateBoth, initials, withoutSpace, wrap } from './octet-texts.ts'
import { randomBelow, randomText } from './random.ts'
import { camelCase, lowerCaseWords, swapCase, titleCase, uncapitalize } from './word-cases.ts'

function repeated(count: number, plain: string, budget: Budget): string {
  if (count < 0) throw new CallError('strings: negative Repeat count')
  budget.text(plain.length * count)
  return plain.repeat(count)
}

function indented(spaces: number, plain: string, budget: Budget): string {
  const pad = repeated(spaces, ' ', budget)
  return pad + replaced(plain, '\n', `\n${pad}`, budget)
}

function replaced(plain: string, old: string, fresh: string, budget: Budget): string {
  const parts = old === '' ? ['', ...runesOf(plain), ''] : plain.split(old)
  budget.text(plain.length + parts.length * fresh.length)
  return parts.join(fresh)
}

function quotedValue(value: Value, budget: Budget): string {
  const shown = printed(value, budget)
  budget.runes(shown.length)
  return quote(shown)
}

const outOfBounds = (bounds: string, more = '') =>
  new CallError(`runtime error: slice bounds out of range [${bounds}]${more}`)

/** Go's `text[start:end]` with Go's refusals. */
function goSlice(plain: string, start: number | null, end: number | null): string {
  const length = octetLength(plain)
  if (end !== null && end < 0) throw outOfBounds(`:${end}`)
  if (end !== null && end > length) throw outOfBounds(`:${end}`, ` with length ${length}`)
  if (start !== null && start > (end ?? length)) throw outOfBounds(`${start}:${end ?? length}`)
  return octetSlice(plain, start ?? 0, end ?? length)
}

function substring(start: number, end: number, plain: string): string {
  if (start < 0) return goSlice(plain, null, end)
  if (end < 0 || end > octetLength(plain)) return goSlice(plain, start, null)
  return goSlice(plain, start, end)
}

function truncated(count: number, plain: string): string {
  const length = octetLength(plain)
  if (count < 0 && length + count > 0) return octetSlice(plain, length + count)
  return count >= 0 && length > count ? octetSlice(plain, 0, count) : plain
}

/** At most so many parts; all of them where the number is negative. */
function splitMany(separator: string, count: number, plain: string): readonly string[] {
  if (count === 0) return []
  const parts = separator === '' ? runesOf(plain) : plain.split(separator)
  if (count < 0 || parts.length <= count) return parts
  return [...parts.slice(0, count - 1), parts.slice(count - 1).join(separator)]
}

function splitTo(parts: readonly string[], budget: Budget): Value {
  budget.elements(parts.length)
  return mapOf(new Map(parts.map((part, at) => [`_${at}`, part])), 'map[string]string')
}

function shuffled(plain: string, below: (limit: number) => number): string {
  const runes = runesOf(plain)
  for (let at = runes.length - 1; at > 0; at--) {
    const other = below(at + 1)
    ;[runes[at], runes[other]] = [runes[other]!, runes[at]!]
  }
  return runes.join('')
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const DIGITS = '0123456789'
const ASCII = Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)).join('')

const random = (alphabet: string) =>
  fn([int], ([count], { ports, budget }) => {
    if (count <= 0) return ''
    budget.text(count * 16)
    return randomText(alphabet, count, ports)
  })

/** A function of one text. */
const ofText = (run: (plain: string) => string) =>
  fn([text], ([plain], { budget }) => {
    budget.runes(plain.length)
    return run(plain)
  })

/** Words take longer than characters. */
const ofWords = (run: (plain: string) => string) =>
  fn([text], ([plain], { budget }) => {
    budget.runes(plain.length * 6)
    return run(plain)
  })

const trimCharacters = fn([text, text], ([cut, plain], { budget }) => {
  budget.runes(plain.length)
  const characters = new Set(runesOf(cut))
  return trimRunes(plain, (rune) => characters.has(rune))
})

export const textFunctions: FunctionGroup = {
  hello: fn([], () => 'Hello!'),
  abbrev: fn([int, text], ([width, plain]) => abbreviate(width, plain)),
  abbrevboth: fn([int, int, text], ([left, right, plain]) => abbreviateBoth(left, right, plain)),
  trunc: fn([int, text], ([count, plain]) => truncated(count, plain)),
  trim: ofText(trimSpace),
  upper: ofText((plain) => mapRunes(plain, upperRune)),
  lower: ofText((plain) => mapRunes(plain, lowerRune)),
  title: ofText(titleCase),
  untitle: ofText(uncapitalize),
  substr: fn([int, int, text], ([start, end, plain]) => substring(start, end, plain)),
  repeat: fn([int, text], ([count, plain], { budget }) => repeated(count, plain, budget)),
  trimall: trimCharacters,
  trimAll: trimCharacters,
  trimSuffix: fn([text, text], ([suffix, plain]) =>
    plain.endsWith(suffix) ? plain.slice(0, plain.length - suffix.length) : plain,
  ),
  trimPrefix: fn([text, text], ([prefix, plain]) => (plain.startsWith(prefix) ? plain.slice(prefix.length) : plain)),
  nospace: ofText(withoutSpace),
  initials: ofText(initials),
  randAlphaNum: random(LETTERS + DIGITS),
  randAlpha: random(LETTERS),
  randAscii: random(ASCII),
  randNumeric: random(DIGITS),
  swapcase: ofText(swapCase),
  shuffle: fn([text], ([plain], { ports, budget }) => {
    budget.elements(plain.length)
    return shuffled(plain, (limit) => randomBelow(limit, ports))
  }),
  snakecase: ofWords((plain) => lowerCaseWords(plain, '_')),
  camelcase: ofWords(camelCase),
  kebabcase: ofWords((plain) => lowerCaseWords(plain, '-')),
  wrap: fn([int, text], ([width, plain], { budget }) => wrap(plain, width, '\n', false, budget)),
  wrapWith: fn([int, text, text], ([width, separator, plain], { budget }) =>
    wrap(plain, width, separator === '' ? '\n' : separator, true, budget),
  ),
  contains: fn([text, text], ([part, plain]) => plain.includes(part)),
  hasPrefix: fn([text, text], ([prefix, plain]) => plain.startsWith(prefix)),
  hasSuffix: fn([text, text], ([suffix, plain]) => plain.endsWith(suffix)),
  quote: variadic([], any, (_, values, { budget }) =>
    values
      .filter((value) => value !== null)
      .map((value) => quotedValue(value, budget))
      .join(' '),
  ),
  squote: variadic([], any, (_, values, { budget }) =>
    values
      .filter((value) => value !== null)
      .map((value) => `'${printed(value, budget)}'`)
      .join(' '),
  ),
  cat: variadic([], any, (_, values, { budget }) => {
    const shown = values.filter((value) => value !== null)
    return sprintf(shown.map(() => '%v').join(' '), shown, budget)
  }),
  indent: fn([int, text], ([spaces, plain], { budget }) => indented(spaces, plain, budget)),
  nindent: fn([int, text], ([spaces, plain], { budget }) => `\n${indented(spaces, plain, budget)}`),
  replace: fn([text, text, text], ([old, fresh, plain], { budget }) => replaced(plain, old, fresh, budget)),
  plural: fn([text, text, int], ([one, many, count]) => (count === 1 ? one : many)),
  toString: fn([any], ([value], { budget }) => printed(value, budget)),
  split: fn([text, text], ([separator, plain], { budget }) => splitTo(splitMany(separator, -1, plain), budget)),
  splitList: fn([text, text], ([separator, plain], { budget }) => {
    const parts = splitMany(separator, -1, plain)
    budget.elements(parts.length)
    return textList(parts)
  }),
  splitn: fn([text, int, text], ([separator, count, plain], { budget }) =>
    splitTo(splitMany(separator, count, plain), budget),
  ),
  normalize: ofText(normalize),
}
