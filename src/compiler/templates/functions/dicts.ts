import { printed } from '../format/printf.ts'
import { compareTexts } from '../go-text.ts'
import { type Budget, CallError } from '../limits.ts'
import { type GoMap, isTrue, listOf, mapOf, nilMap, textList, typeOf, type Value } from '../values.ts'
import { any, type FunctionGroup, fn, map, text, variadic } from './function.ts'
import { parseVersion } from './versions.ts'

function writable(target: GoMap): GoMap {
  if (target === nilMap) throw new CallError('assignment to entry in nil map')
  return target
}

/** Go goes through maps in no order; here it is that of their keys, so that equal templates give equal texts. */
const sortedKeys = ({ entries }: GoMap, budget: Budget): readonly string[] => {
  budget.elements(entries.size)
  return [...entries.keys()].sort(compareTexts)
}

function dict(values: readonly Value[], budget: Budget): GoMap {
  budget.elements(values.length)
  const entries = new Map<string, Value>()
  for (let at = 0; at < values.length; at += 2)
    entries.set(printed(values[at]!, budget), values[at + 1] === undefined ? '' : values[at + 1]!)
  return mapOf(entries)
}

function selected(from: GoMap, budget: Budget, wanted: (key: string) => boolean): GoMap {
  budget.elements(from.entries.size)
  return mapOf(new Map([...from.entries].filter(([key]) => wanted(key))))
}

/** Go's zero values, and empty containers. Structs are never empty. */
const isEmpty = (value: Value | undefined): boolean => value === undefined || !isTrue(value)

const isMap = (value: Value | undefined): value is GoMap =>
  typeof value === 'object' && value !== null && value.kind === 'map'

/** Puts a map into another, maps in it too; what is there stays unless it is empty (`dario.cat/mergo`). */
function mergeInto(target: GoMap, source: GoMap, overwrite: boolean, budget: Budget, depth = 0): void {
  budget.descend(depth)
  budget.elements(source.entries.size)
  for (const [key, value] of [...source.entries]) {
    const known = target.entries.get(key)
    if (value === null) {
      if (overwrite) writable(target).entries.set(key, null)
      continue
    }
    if (isMap(value) && isMap(known)) {
      mergeInto(known, value, overwrite, budget, depth + 1)
      if (known.entries.size > 0) continue
    }
    if (overwrite || isEmpty(known)) writable(target).entries.set(key, value)
  }
}

const merging = (overwrite: boolean) =>
  variadic([map], map, ([target], sources, { budget }) => {
    const merged = target === nilMap ? mapOf(new Map()) : target
    for (const source of sources) mergeInto(merged, source, overwrite, budget)
    return merged
  })

function deepCopy(value: Value, budget: Budget, depth = 0): Value {
  budget.descend(depth)
  if (typeof value !== 'object' || value === null) return value
  const inner = (each: Value) => deepCopy(each, budget, depth + 1)
  if (value.kind === 'list') return { ...value, items: value.items.map(inner) }
  // Sprig's copy leaves out what a type keeps to itself.
  if (value.kind === 'version') return { ...parseVersion('0.0.0'), original: '', isPointer: value.isPointer }
  if (value.kind !== 'map') return value
  return { ...value, entries: new Map([...value.entries].map(([key, each]) => [key, inner(each)])) }
}

function dig(given: readonly Value[]): Value {
  if (given.length < 3) throw new CallError('dig needs at least three arguments')
  let at: Value = given[given.length - 1]!
  const fallback = given[given.length - 2]!
  const keys = given.slice(0, -2)
  const refuse = (value: Value, wanted: string) =>
    new CallError(`interface conversion: interface {} is ${value === null ? 'nil' : typeOf(value)}, not ${wanted}`)
  if (!isMap(at)) throw refuse(at, 'map[string]interface {}')
  for (const key of keys) if (typeof key !== 'string') throw refuse(key, 'string')
  for (const key of keys as readonly string[]) {
    if (!isMap(at) || at.type !== 'map[string]interface {}') throw refuse(at, 'map[string]interface {}')
    const next: Value | undefined = at.entries.get(key)
    if (next === undefined) return fallback
    at = next
  }
  return at
}

const merge = merging(false)
const mergeOverwrite = merging(true)
const copied = fn([any], ([value], { budget }) => {
  if (value === null) throw new CallError('reflect: call of reflect.Value.Type on zero Value')
  return deepCopy(value, budget)
})

export const dictFunctions: FunctionGroup = {
  dict: variadic([], any, (_, values, { budget }) => dict(values, budget)),
  get: fn([map, text], ([from, key]) => {
    const value = from.entries.get(key)
    return value === undefined ? '' : value
  }),
  set: fn([map, text, any], ([target, key, value], { budget }) => {
    budget.elements(1)
    writable(target).entries.set(key, value)
    return target
  }),
  unset: fn([map, text], ([target, key]) => {
    target.entries.delete(key)
    return target
  }),
  hasKey: fn([map, text], ([from, key]) => from.entries.has(key)),
  pluck: variadic([text], map, ([key], maps, { budget }) => {
    budget.elements(maps.length)
    return listOf(maps.filter(({ entries }) => entries.has(key)).map(({ entries }) => entries.get(key)!))
  }),
  keys: variadic([], map, (_, maps, { budget }) => textList(maps.flatMap((each) => sortedKeys(each, budget)))),
  values: fn([map], ([from], { budget }) => listOf(sortedKeys(from, budget).map((key) => from.entries.get(key)!))),
  pick: variadic([map], text, ([from], keys, { budget }) => {
    const wanted = new Set(keys)
    return selected(from, budget, (key) => wanted.has(key))
  }),
  omit: variadic([map], text, ([from], keys, { budget }) => {
    const dropped = new Set(keys)
    return selected(from, budget, (key) => !dropped.has(key))
  }),
  merge,
  mustMerge: merge,
  mergeOverwrite,
  mustMergeOverwrite: mergeOverwrite,
  deepCopy: copied,
  mustDeepCopy: copied,
  dig: variadic([], any, (_, given) => dig(given)),
}
