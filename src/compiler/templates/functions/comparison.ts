import { sprintf } from '../format/printf.ts'
import { compareTexts, joined } from '../go-text.ts'
import { type Budget, CallError } from '../limits.ts'
import { kindOf, typeOf, type Value } from '../values.ts'

/** What values are compared as; null: they can only be compared with nil. */
type Basic = 'bool' | 'int' | 'uint' | 'float' | 'complex' | 'string' | null

function basicKind(value: Value): Basic {
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'bool'
  if (value?.kind === 'int') return value.type.startsWith('uint') ? 'uint' : 'int'
  return value?.kind === 'float' || value?.kind === 'complex' ? value.kind : null
}

const isInteger = (kind: Basic) => kind === 'int' || kind === 'uint'

const incompatible = (a: Value, b: Value) =>
  new CallError(`incompatible types for comparison: ${typeOf(a)} and ${typeOf(b)}`)

/** Go's `eq`: whether the first equals one of the others. */
export function equal(first: Value | undefined, others: readonly (Value | undefined)[], budget: Budget): boolean {
  if (others.length === 0) throw new CallError('missing argument for comparison')
  return others.some((other) => equalPair(first ?? null, other ?? null, budget))
}

function equalPair(a: Value, b: Value, budget: Budget): boolean {
  const [left, right] = [basicKind(a), basicKind(b)]
  if (left !== right && !(isInteger(left) && isInteger(right))) {
    if (a !== null && b !== null) throw incompatible(a, b)
    return false
  }
  if (left !== null) return sameScalar(a, b)
  if (a !== null && b !== null && kindOf(a) !== kindOf(b)) {
    const [shownA, shownB] = [sprintf('%s', [a], budget), sprintf('%v', [b], budget)]
    throw new CallError(`non-comparable types ${shownA}: ${typeOf(a)}, ${typeOf(b)}: ${shownB}`)
  }
  if (isNil(a) || isNil(b)) return isNil(a) === isNil(b)
  if (typeof b === 'object' && (b?.kind === 'list' || b?.kind === 'map')) {
    throw new CallError(`non-comparable type ${sprintf('%s', [b], budget)}: ${typeOf(b)}`)
  }
  return deepEqual(a, b, budget)
}

const isNil = (value: Value): boolean =>
  value === null || (typeof value === 'object' && value.kind === 'list' && value.isNil)

/** Two of one basic kind. */
function sameScalar(a: Value, b: Value): boolean {
  if (typeof a === 'string' && typeof b === 'string') return a === b || joined(a) === joined(b)
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  if (a.kind === 'int' && b.kind === 'int') return a.value === b.value
  if (a.kind === 'float' && b.kind === 'float') return a.value === b.value
  return a.kind === 'complex' && b.kind === 'complex' && a.real === b.real && a.imaginary === b.imaginary
}

/** Go's `lt`. */
export function less(first: Value | undefined, second: Value | undefined): boolean {
  const [a, b] = [first ?? null, second ?? null]
  const [left, right] = [basicKind(a), basicKind(b)]
  if (left === null || right === null) throw new CallError('invalid type for comparison')
  if (left !== right && !(isInteger(left) && isInteger(right))) throw incompatible(a, b)
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b) < 0
  if (typeof a === 'object' && typeof b === 'object') {
    if (a?.kind === 'int' && b?.kind === 'int') return a.value < b.value
    if (a?.kind === 'float' && b?.kind === 'float') return a.value < b.value
  }
  throw new CallError('invalid type for comparison')
}

/** Go's `reflect.DeepEqual`: of one type and alike all the way down. */
export function deepEqual(a: Value, b: Value, budget: Budget, depth = 0): boolean {
  budget.descend(depth)
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  if (typeOf(a) !== typeOf(b)) return false
  const same = (x: Value, y: Value) => deepEqual(x, y, budget, depth + 1)
  if (a.kind === 'list' && b.kind === 'list') {
    const items = b.items
    return a.isNil === b.isNil && a.items.length === items.length && a.items.every((item, at) => same(item, items[at]!))
  }
  if (a.kind === 'map' && b.kind === 'map') {
    if (a.entries.size !== b.entries.size) return false
    const others = b.entries
    return [...a.entries].every(([key, value]) => others.has(key) && same(value, others.get(key)!))
  }
  if (a.kind === 'time' && b.kind === 'time') return a.nanoseconds === b.nanoseconds && a.zone === b.zone
  if (a.kind === 'version' && b.kind === 'version') return a.original === b.original
  if (a.kind === 'record' && b.kind === 'record') {
    return [...a.fields].every(([name, value]) => same(value, (b as typeof a).fields.get(name) ?? null))
  }
  return sameScalar(a, b)
}
