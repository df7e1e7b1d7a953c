/**
 * Values of templates with their types in Go, as these decide how they are printed and compared. Texts and booleans are
 * themselves; null is a nil `interface {}`.
 */
export type Value =
  | string
  | boolean
  | null
  | GoInt
  | GoFloat
  | GoComplex
  | GoList
  | GoMap
  | GoTime
  | GoVersion
  | GoRecord

/** Named types over `int` and `int64` print their names. */
export type IntType = 'int' | 'int64' | 'uint8' | 'uint32' | 'uint64' | 'time.Month' | 'time.Weekday' | 'time.Duration'

export interface GoInt {
  readonly kind: 'int'
  readonly type: IntType
  readonly value: bigint
}

/** `float64`. */
export interface GoFloat {
  readonly kind: 'float'
  readonly value: number
}

/** `complex128`. */
export interface GoComplex {
  readonly kind: 'complex'
  readonly real: number
  readonly imaginary: number
}

export type ListType = '[]interface {}' | '[]string' | '[]int' | '[][]interface {}'

export interface GoList {
  readonly kind: 'list'
  readonly type: ListType
  readonly items: readonly Value[]
  /** A slice that was never made: empty, but JSON says `null`. */
  readonly isNil: boolean
}

export type MapType = 'map[string]interface {}' | 'map[string]string'

/** Shared by whoever holds it, as in Go: `set` changes it for all. */
export interface GoMap {
  readonly kind: 'map'
  readonly type: MapType
  readonly entries: Map<string, Value>
}

/** A zone that a text names and nobody knows: `CET`. */
export interface FixedZone {
  readonly name: string
  /** Seconds. */
  readonly offset: number
}

/** `time.Time`. */
export interface GoTime {
  readonly kind: 'time'
  /** Since 1970. */
  readonly nanoseconds: bigint
  /** IANA name, the offset from UTC in seconds, or both an offset and what a text calls it. */
  readonly zone: string | number | FixedZone
}

/** `github.com/Masterminds/semver`. */
export interface GoVersion {
  readonly kind: 'version'
  readonly major: bigint
  readonly minor: bigint
  readonly patch: bigint
  readonly prerelease: string
  readonly metadata: string
  readonly original: string
  /** Of type `*semver.Version`, which has more methods than `semver.Version`. */
  readonly isPointer: boolean
}

/** A struct with exported fields: the data of a default rule, a key with its certificate. */
export interface GoRecord {
  readonly kind: 'record'
  readonly type: string
  readonly fields: ReadonlyMap<string, Value>
}

export const int = (value: bigint | number): GoInt => ({ kind: 'int', type: 'int', value: BigInt(value) })
export const int64 = (value: bigint): GoInt => ({ kind: 'int', type: 'int64', value: BigInt.asIntN(64, value) })
export const float = (value: number): GoFloat => ({ kind: 'float', value })
export const listOf = (items: readonly Value[], type: ListType = '[]interface {}'): GoList => ({
  kind: 'list',
  type,
  items,
  isNil: false,
})
export const nilList: GoList = { kind: 'list', type: '[]interface {}', items: [], isNil: true }
export const textList = (items: readonly string[]): GoList => listOf(items, '[]string')
/** A map that was never made: it can be read. */
export const nilMap: GoMap = { kind: 'map', type: 'map[string]interface {}', entries: new Map() }
export const mapOf = (entries: Map<string, Value>, type: MapType = 'map[string]interface {}'): GoMap => ({
  kind: 'map',
  type,
  entries,
})

/** Whether elements of a container are of type `interface {}`. */
export const holdsInterfaces = ({ type }: GoList | GoMap): boolean =>
  type === '[]interface {}' || type === 'map[string]interface {}'

/** Values of one kind. */
export type OfKind<K extends string> = Extract<Value, { readonly kind: K }>

/** Go's `%T`. */
export function typeOf(value: Value): string {
  if (value === null) return '<nil>'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'bool'
  switch (value.kind) {
    case 'float':
      return 'float64'
    case 'complex':
      return 'complex128'
    case 'time':
      return 'time.Time'
    case 'version':
      return value.isPointer ? '*semver.Version' : 'semver.Version'
    default:
      return value.type
  }
}

/** Go's `reflect.Kind`. */
export function kindOf(value: Value): string {
  if (value === null) return 'invalid'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'bool'
  switch (value.kind) {
    case 'int':
      return value.type.startsWith('time.') ? (value.type === 'time.Duration' ? 'int64' : 'int') : value.type
    case 'float':
      return 'float64'
    case 'complex':
      return 'complex128'
    case 'list':
      return 'slice'
    case 'map':
      return 'map'
    case 'time':
    case 'record':
      return 'struct'
    case 'version':
      return value.isPointer ? 'ptr' : 'struct'
  }
}

/** What `if` makes of a value. */
export function isTrue(value: Value): boolean {
  if (value === null) return false
  if (typeof value === 'string') return value !== ''
  if (typeof value === 'boolean') return value
  switch (value.kind) {
    case 'int':
      return value.value !== 0n
    case 'float':
      return value.value !== 0
    case 'complex':
      return value.real !== 0 || value.imaginary !== 0
    case 'list':
      return value.items.length > 0
    case 'map':
      return value.entries.size > 0
    default:
      return true
  }
}
