import { sprint, sprintf, sprintln } from '../format/printf.ts'
import { isPrint, octetLength, octetsOf, runesOf } from '../go-text.ts'
import { CallError } from '../limits.ts'
import { int, isTrue, listOf, typeOf, type Value } from '../values.ts'
import { equal, less } from './comparison.ts'
import { any, type CallContext, type FunctionGroup, fn, type Result, reflected, text, variadic } from './function.ts'

/** Never called: what they are given is evaluated only as far as it counts. */
const specialForm = variadic([reflected], reflected, () => undefined)

/** Go's `printableValue` for `html` and its like. */
const shown = (values: readonly Value[], { budget }: CallContext): string =>
  sprint(
    values.map((value) => value ?? '<no value>'),
    budget,
  )

const escaping = (run: (text: string) => string) =>
  variadic([], any, (_, values, context) => run(shown(values, context)))

/** Go's `url.QueryEscape`. */
const queryEscape = (plain: string): string =>
  Array.from(octetsOf(plain), (octet) => {
    const char = String.fromCharCode(octet)
    if (/[A-Za-z0-9_.~-]/.test(char)) return char
    return char === ' ' ? '+' : `%${octet.toString(16).toUpperCase().padStart(2, '0')}`
  }).join('')

/** What Go's templates know by themselves (`text/template/funcs.go`). Sprig's `slice` stands in the place of Go's. */
export const BUILTINS: FunctionGroup = {
  and: specialForm,
  or: specialForm,
  call: specialForm,
  not: fn([reflected], ([value]) => !isTrue(value ?? null)),
  len: fn([reflected], ([value]) => int(lengthOf(value))),
  index: variadic([reflected], reflected, ([item], indexes) => indexed(item, indexes)),
  print: variadic([], any, (_, values, { budget }) => sprint(values, budget)),
  printf: variadic([text], any, ([format], values, { budget }) => sprintf(format, values, budget)),
  println: variadic([], any, (_, values, { budget }) => sprintln(values, budget)),
  html: escaping((shown) => shown.replace(/[\0"'&<>]/g, (char) => HTML[char]!)),
  js: escaping((shown) => runesOf(shown).map(escapeScript).join('')),
  urlquery: escaping(queryEscape),
  eq: variadic([reflected], reflected, ([first], others, { budget }) => equal(first, others, budget)),
  ne: fn([reflected, reflected], ([a, b], { budget }) => !equal(a, [b], budget)),
  lt: fn([reflected, reflected], ([a, b]) => less(a, b)),
  le: fn([reflected, reflected], ([a, b], { budget }) => less(a, b) || equal(a, [b], budget)),
  gt: fn([reflected, reflected], ([a, b], { budget }) => !less(a, b) && !equal(a, [b], budget)),
  ge: fn([reflected, reflected], ([a, b]) => !less(a, b)),
}

function lengthOf(value: Value | undefined): number {
  if (value === undefined) throw new CallError('reflect: call of reflect.Value.Type on zero Value')
  if (value === null) throw new CallError('len of nil pointer')
  if (typeof value === 'string') return octetLength(value)
  if (typeof value === 'object' && value.kind === 'list') return value.items.length
  if (typeof value === 'object' && value.kind === 'map') return value.entries.size
  throw new CallError(`len of type ${typeOf(value)}`)
}

function indexed(first: Value | undefined, indexes: readonly (Value | undefined)[]): Result {
  if ((first ?? null) === null) throw new CallError('index of untyped nil')
  let item: Value = first!
  for (const index of indexes) {
    if (item === null) throw new CallError('index of nil pointer')
    item = element(item, index ?? null)
  }
  return item
}

function element(item: Value, index: Value): Value {
  if (typeof item === 'string') {
    const octets = octetsOf(item)
    const octet = octets[indexWithin(index, octets.length)]
    if (octet === undefined) throw new CallError('reflect: string index out of range')
    return { kind: 'int', type: 'uint8', value: BigInt(octet) }
  }
  if (typeof item === 'object' && item?.kind === 'list') {
    const found = item.items[indexWithin(index, item.items.length)]
    if (found === undefined) throw new CallError('reflect: slice index out of range')
    return found
  }
  if (typeof item === 'object' && item?.kind === 'map') {
    if (index === null) throw new CallError('value is nil; should be of type string')
    if (typeof index !== 'string') throw new CallError(`value has type ${typeOf(index)}; should be string`)
    return item.entries.get(index) ?? (item.type === 'map[string]string' ? '' : null)
  }
  throw new CallError(`can't index item of type ${typeOf(item)}`)
}

function indexWithin(index: Value, length: number): number {
  if (index === null) throw new CallError('cannot index slice/array with nil')
  if (typeof index !== 'object' || index.kind !== 'int') {
    throw new CallError(`cannot index slice/array with type ${typeOf(index)}`)
  }
  if (index.value < 0n || index.value > BigInt(length)) throw new CallError(`index out of range: ${index.value}`)
  return Number(index.value)
}

const HTML: Readonly<Record<string, string>> = {
  '\0': '\ufffd',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
}

function escapeScript(rune: string): string {
  const code = rune.codePointAt(0)!
  if (rune === '\\' || rune === "'" || rune === '"') return `\\${rune}`
  if (code >= 0x20 && (code < 0x80 ? !'<>&='.includes(rune) : isPrint(rune))) return rune
  return `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`
}

/** Go's `strings.Split` as the file provider has it, with the text first. */
export const goSplit = fn([text, text], ([whole, separator], { budget }) => {
  budget.text(whole.length)
  const parts = separator === '' ? runesOf(whole) : whole.split(separator)
  budget.elements(parts.length)
  return listOf(parts, '[]string')
})
