import { printed } from '../format/printf.ts'
import { compareTexts } from '../go-text.ts'
import { type Budget, CallError } from '../limits.ts'
import { type GoList, isTrue, kindOf, listOf, nilList, textList, type Value } from '../values.ts'
import { toInt64 } from './casts.ts'
import { deepEqual } from './comparison.ts'
import { any, type CallContext, type FunctionGroup, fn, int as intParameter, text, variadic } from './function.ts'

const NIL_POINTER = 'runtime error: invalid memory address or nil pointer dereference'

/** The list that a value is; `refusal` begins what is said of anything else. */
function listIn(value: Value, refusal: string): GoList {
  if (value === null) throw new CallError(NIL_POINTER)
  if (typeof value === 'object' && value.kind === 'list') return value
  throw new CallError(`${refusal} ${kindOf(value)}`)
}

const isEmpty = (value: Value): boolean => !isTrue(value)

/** A function of one list that looks at all of it. */
const ofList = (refusal: string, run: (list: GoList, budget: Budget) => Value) =>
  fn([any], ([value], { budget }) => {
    const list = listIn(value, refusal)
    budget.elements(list.items.length)
    return run(list, budget)
  })

/** Sprig's `strslice`: what a list prints, without what is nil; of a single value just that. */
export function textsOf(value: Value, budget: Budget): readonly string[] {
  if (value === null) return []
  if (typeof value !== 'object' || value.kind !== 'list') return [printed(value, budget)]
  budget.elements(value.items.length)
  return value.items.filter((item) => item !== null).map((item) => printed(item, budget))
}

function slice(value: Value, indexes: readonly Value[]): Value {
  const list = listIn(value, 'list should be type of slice or array but')
  const { length } = list.items
  if (length === 0) return null
  const start = indexes[0] === undefined ? 0 : Number(toInt64(indexes[0]))
  const end = indexes[1] === undefined ? length : Number(toInt64(indexes[1]))
  if (start < 0 || start > end || end > length) throw new CallError('reflect.Value.Slice: slice index out of bounds')
  return listOf(list.items.slice(start, end), list.type)
}

function chunk(size: number, value: Value, budget: Budget): Value {
  const { items } = listIn(value, 'Cannot chunk type')
  budget.elements(items.length)
  const count = Math.floor((items.length - 1) / size) + 1
  if (size === 0 || count < 0 || (size < 0 && count > 0)) {
    throw new CallError('runtime error: makeslice: len out of range')
  }
  const chunks = Array.from({ length: count }, (_, at) => listOf(items.slice(at * size, (at + 1) * size)))
  return listOf(chunks, '[][]interface {}')
}

const includes = (items: readonly Value[], wanted: Value, budget: Budget) =>
  items.some((item) => deepEqual(wanted, item, budget))

function unique(items: readonly Value[], budget: Budget): readonly Value[] {
  const kept: Value[] = []
  for (const item of items) if (!includes(kept, item, budget)) kept.push(item)
  return kept
}

/** With what is in the list, and more. */
function extended(value: Value, refusal: string, more: (items: readonly Value[]) => Value[], budget: Budget): Value {
  const { items } = listIn(value, refusal)
  budget.elements(items.length + 1)
  return listOf(more(items))
}

const append = fn([any, any], ([list, value], { budget }) =>
  extended(list, 'Cannot push on type', (items) => [...items, value], budget),
)
const prepend = fn([any, any], ([list, value], { budget }) =>
  extended(list, 'Cannot prepend on type', (items) => [value, ...items], budget),
)
const first = fn([any], ([value]) => listIn(value, 'Cannot find first on type').items[0] ?? null)
const last = fn([any], ([value]) => listIn(value, 'Cannot find last on type').items.at(-1) ?? null)
const rest = ofList('Cannot find rest on type', ({ items }) => (items.length === 0 ? nilList : listOf(items.slice(1))))
const initial = ofList('Cannot find initial on type', ({ items }) =>
  items.length === 0 ? nilList : listOf(items.slice(0, -1)),
)
const reverse = ofList('Cannot find reverse on type', ({ items }) => listOf(items.toReversed()))
const compact = ofList('Cannot compact on type', ({ items }) => listOf(items.filter((item) => !isEmpty(item))))
const uniq = ofList('Cannot find uniq on type', ({ items }, budget) => listOf(unique(items, budget)))
const without = variadic([any], any, ([value], omitted, { budget }) => {
  const { items } = listIn(value, 'Cannot find without on type')
  return listOf(items.filter((item) => !includes(omitted, item, budget)))
})
const has = fn([any, any], ([needle, haystack], { budget }) =>
  haystack === null ? false : includes(listIn(haystack, 'Cannot find has on type').items, needle, budget),
)
const sliced = variadic([any], any, ([value], indexes, { budget }) => {
  const result = slice(value, indexes)
  if (result !== null && typeof result === 'object' && result.kind === 'list') budget.elements(result.items.length)
  return result
})
const chunked = fn([intParameter, any], ([size, value], { budget }) => chunk(size, value, budget))

const made = (values: readonly Value[], { budget }: CallContext): Value => {
  budget.elements(values.length)
  return listOf(values)
}

export const listFunctions: FunctionGroup = {
  list: variadic([], any, (_, values, context) => made(values, context)),
  tuple: variadic([], any, (_, values, context) => made(values, context)),
  append,
  push: append,
  mustAppend: append,
  mustPush: append,
  prepend,
  mustPrepend: prepend,
  first,
  mustFirst: first,
  last,
  mustLast: last,
  rest,
  mustRest: rest,
  initial,
  mustInitial: initial,
  reverse,
  mustReverse: reverse,
  compact,
  mustCompact: compact,
  uniq,
  mustUniq: uniq,
  without,
  mustWithout: without,
  has,
  mustHas: has,
  slice: sliced,
  mustSlice: sliced,
  chunk: chunked,
  mustChunk: chunked,
  concat: variadic([], any, (_, lists, { budget }) => {
    const items: Value[] = []
    for (const each of lists) {
      if (each !== null && (typeof each !== 'object' || each.kind !== 'list')) {
        throw new CallError(`Cannot concat type ${kindOf(each)} as list`)
      }
      const more = listIn(each, '').items
      budget.elements(more.length)
      for (const item of more) items.push(item)
    }
    return items.length === 0 ? nilList : listOf(items)
  }),
  join: fn([text, any], ([separator, value], { budget }) => {
    const texts = textsOf(value, budget)
    budget.text(texts.reduce((sum, each) => sum + each.length + separator.length, 0))
    return texts.join(separator)
  }),
  sortAlpha: fn([any], ([value], { budget }) => {
    const isList = typeof value === 'object' && value?.kind === 'list'
    if (!isList) return textList([printed(value, budget)])
    const texts = textsOf(value, budget)
    budget.elements(texts.length * Math.ceil(Math.log2(texts.length + 1)))
    return textList(texts.toSorted(compareTexts))
  }),
  toStrings: fn([any], ([value], { budget }) => textList(textsOf(value, budget))),
  all: variadic([], any, (_, values) => !values.some(isEmpty)),
  any: variadic([], any, (_, values) => !values.every(isEmpty)),
  coalesce: variadic([], any, (_, values) => values.find((value) => !isEmpty(value)) ?? null),
  default: variadic([any], any, ([fallback], [given]) => (given === undefined || isEmpty(given) ? fallback : given)),
  empty: fn([any], ([value]) => isEmpty(value)),
}
