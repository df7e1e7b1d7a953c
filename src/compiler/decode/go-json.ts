import type { ConfigProblem } from '../../plan/problem.ts'
import { formatDuration, parseDuration } from '../../schema/duration.ts'
import { nearest } from './nearest.ts'
import type { BlockShape, Field, Shape } from './shape.ts'

/** Configuration as Go's `encoding/json` reads and writes it: without the defaults that files and labels get. */

/** What Go refuses; the message is Go's, as far as it does not name Go's types. */
export class GoJsonFault extends Error {}

/** What a text says: options by their names, nothing added; null blocks and lists are not there. */
export type Given = Readonly<Record<string, unknown>>

const MAX_DEPTH = 100
const MAX_PROBLEMS = 100
/** Numbers of fewer digits are exact. */
const LONG_NUMBER = /\d{16}/

/**
 * JSON as Go's decoder takes it; whole numbers beyond 2^53 come as `bigint`.
 * @throws GoJsonFault
 */
export const parseGoJson = (text: string): unknown => {
  if (text.trim() === '') throw new GoJsonFault('EOF')
  try {
    return LONG_NUMBER.test(text) ? JSON.parse(text, exact) : JSON.parse(text)
  } catch (error) {
    if (error instanceof RangeError) throw new GoJsonFault('exceeded max depth')
    throw new GoJsonFault(faultOf((error as Error).message, text))
  }
}

/** The engine's own words repeat what stands around the place, which may be a secret. */
const faultOf = (message: string, text: string): string => {
  const token = /^Unexpected token '(.)'/u.exec(message)?.[1]
  if (token !== undefined) return `invalid character '${token}' looking for beginning of value`
  const at = /position (\d+)/.exec(message)?.[1]
  if (at === undefined || Number(at) >= text.length) return 'unexpected EOF'
  const before = text.slice(0, Number(at)).split('\n')
  return `invalid JSON at line ${before.length}, column ${before.at(-1)!.length + 1}`
}

const exact = (_: string, value: unknown, { source }: { source?: string } = {}): unknown =>
  typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source)
    ? BigInt(source)
    : value

/**
 * Reads a parsed text into what it gives. Names ignore case; those that are none are told and left out.
 * @throws GoJsonFault for a value of another type than its option has
 */
export const decodeGoJson = (shape: BlockShape, json: unknown): { given: Given; problems: ConfigProblem[] } => {
  const problems: ConfigProblem[] = []
  return { given: blockOf(shape, json, [], problems) ?? {}, problems }
}

type Path = readonly string[]

const isObject = (json: unknown): json is Readonly<Record<string, unknown>> =>
  typeof json === 'object' && json !== null && !Array.isArray(json)

const blockOf = (
  shape: BlockShape,
  json: unknown,
  path: Path,
  problems: ConfigProblem[],
): Record<string, unknown> | undefined => {
  if (json === null) return undefined
  if (!isObject(json)) throw unfit(json, path, 'object')
  const given: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(json)) {
    const field = fieldOf(shape, key)
    if (field === undefined) {
      if (problems.length < MAX_PROBLEMS) problems.push(unknownOption(key, path, shape))
      continue
    }
    const one = optionOf(field.shape, value, [...path, field.name], problems)
    if (one === undefined) continue
    const before = given[field.name]
    // Two spellings of one name: Go reads the second into what the first has made.
    given[field.name] = isObject(before) && isObject(one) ? { ...before, ...one } : one
  }
  return given
}

/** Options that only labels or programs have are none in JSON, but for some. */
const fieldOf = (shape: BlockShape, key: string): Field | undefined => {
  const field = shape.fields.get(key) ?? shape.index.get(key.toLowerCase())
  if (field === undefined) return undefined
  const { ignoredIn, takenByRest } = field.meta
  if (ignoredIn?.includes('file') === true && takenByRest !== true) return undefined
  return field.name.toLowerCase() === key.toLowerCase() ? field : undefined
}

const unknownOption = (key: string, path: Path, shape: BlockShape): ConfigProblem => {
  const name = nearest(key, shape.fields.keys())
  return {
    severity: 'warning',
    message: `unknown option "${key}" is ignored`,
    hint: name === null ? null : `did you mean "${name}"?`,
    provider: null,
    path: [...path, key],
    position: null,
  }
}

const optionOf = (shape: Shape, json: unknown, path: Path, problems: ConfigProblem[]): unknown => {
  if (json === null) return undefined
  switch (shape.kind) {
    case 'block':
      return blockOf(shape, json, path, problems)
    case 'map': {
      if (!isObject(json)) throw unfit(json, path, 'map')
      const map: Record<string, unknown> = Object.create(null)
      for (const key of Object.keys(json).sort()) {
        const one = optionOf(shape.item, json[key], [...path, key], problems)
        if (one !== undefined) map[key] = one
      }
      return map
    }
    case 'list': {
      if (!Array.isArray(json)) throw unfit(json, path, 'list')
      return json.map(
        (element, at) => optionOf(shape.item, element, [...path, String(at)], problems) ?? zeroOf(shape.item),
      )
    }
    case 'text':
      if (typeof json !== 'string') throw unfit(json, path, 'string')
      return json
    case 'flag':
      if (typeof json !== 'boolean') throw unfit(json, path, 'bool')
      return json
    case 'number':
      if (typeof json !== 'number') throw unfit(json, path, 'float64')
      return json
    case 'integer':
      return integerOf(json, shape.big, path)
    case 'duration':
      return durationOf(json, path)
    case 'any':
      assertShallow(json, 0)
      return json
  }
}

const integerOf = (json: unknown, big: boolean, path: Path): number | string => {
  if (typeof json === 'bigint') {
    if (json >= 2n ** 63n || json < -(2n ** 63n)) throw unfit(json, path, 'int', String(json))
    return big ? String(json) : Number(json)
  }
  if (typeof json !== 'number') throw unfit(json, path, 'int')
  if (!Number.isSafeInteger(json)) throw unfit(json, path, 'int', String(json))
  return json
}

/** A number is of seconds; a text needs its unit (paerser `types/duration.go`). */
const durationOf = (json: unknown, path: Path): string => {
  if (typeof json === 'number' && Number.isSafeInteger(json)) return formatDuration(BigInt(json) * 1_000_000_000n)
  if (typeof json !== 'string') throw unfit(json, path, 'string')
  if (/^[+-]?\d+$/.test(json)) throw new GoJsonFault(`time: missing unit in duration ${JSON.stringify(json)}`)
  try {
    return formatDuration(parseDuration(json))
  } catch (error) {
    throw new GoJsonFault((error as Error).message)
  }
}

const assertShallow = (json: unknown, depth: number): void => {
  if (depth > MAX_DEPTH) throw new GoJsonFault('exceeded max depth')
  if (typeof json === 'object' && json !== null) for (const one of Object.values(json)) assertShallow(one, depth + 1)
}

const unfit = (json: unknown, path: Path, type: string, literal = ''): GoJsonFault => {
  const written = Array.isArray(json)
    ? 'array'
    : typeof json === 'boolean'
      ? 'bool'
      : json === null
        ? 'null'
        : typeof json
  const what = `${written === 'bigint' ? 'number' : written}${literal === '' ? '' : ` ${literal}`}`
  return new GoJsonFault(`json: cannot unmarshal ${what} into Go struct field ${path.join('.')} of type ${type}`)
}

/** What an option of this kind is in Go before anybody says it. */
const zeroOf = (shape: Shape): unknown => {
  switch (shape.kind) {
    case 'text':
      return ''
    case 'flag':
      return false
    case 'integer':
    case 'number':
      return 0
    case 'duration':
      return '0s'
    case 'list':
      return []
    case 'any':
      return null
    default:
      return {}
  }
}

/**
 * Options that are pointers in Go: nil, which is not zero, means what the default says, and a zero that was given is
 * kept (`pkg/config/dynamic`).
 */
const POINTERS: ReadonlySet<string> = new Set(
  `accessLogs metrics tracing mirrorBody maxBodySize maxRequestBodyBytes weight passHostHeader unhealthyInterval
  followRedirects autoDetect trustForwardHeader maxResponseBodySize caOptional accessControlMaxAge stsSeconds
  featurePolicy sslRedirect sslTemporaryRedirect sslHost sslForceHost ipv6Subnet readTimeout writeTimeout forceSlash
  terminationDelay preferServerCipherSuites`.split(/\s+/),
)

/** Options of the same names that are none, by their block and name. */
const NO_POINTERS: ReadonlySet<string> = new Set(['buffering.maxRequestBodyBytes', 'forwardingTimeouts.dialTimeout'])

/** What has these texts or nothing means the default of the option; so do lists of which Go has its own. */
const isDefaultWhenNil = (field: Field): boolean =>
  POINTERS.has(field.name) || ['text', 'block', 'map', 'list', 'any'].includes(field.shape.kind)

/** Lists that are empty when nobody says them, though files have a default. */
const EMPTY_LISTS: ReadonlySet<string> = new Set(['encodings', 'alpnProtocols'])

/** A configuration as the rest of the program takes it: where files have a default, Go's zero stands. */
export const withZeros = (shape: Shape, given: unknown): unknown => {
  if (shape.kind === 'list') return (given as readonly unknown[]).map((one) => withZeros(shape.item, one))
  if (shape.kind === 'map') {
    const map: Record<string, unknown> = Object.create(null)
    for (const [key, one] of Object.entries(given as Given)) map[key] = withZeros(shape.item, one)
    return map
  }
  if (shape.kind !== 'block') return given
  const block: Record<string, unknown> = {}
  for (const field of shape.fields.values()) {
    const one = (given as Given)[field.name]
    if (one !== undefined) block[field.name] = withZeros(field.shape, one)
    else if (field.fallback !== null) block[field.name] = unsaid(field)
  }
  return block
}

const unsaid = (field: Field): unknown =>
  EMPTY_LISTS.has(field.name) || !isDefaultWhenNil(field) ? zeroOf(field.shape) : field.fallback!()

/** Options that Go writes whether they are there or not. */
const ALWAYS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['passHostHeader', null],
  ['passthrough', false],
  ['clientAuth', {}],
])

/** What was given as Go writes it: zeros, empty lists and empty maps are left out, empty blocks stay. */
export const shownGoJson = (shape: Shape, given: unknown, name = ''): unknown => {
  if (shape.kind === 'list') return (given as readonly unknown[]).map((one) => shownGoJson(shape.item, one, name))
  if (shape.kind === 'map') {
    const entries = Object.entries(given as Given)
    return Object.fromEntries(entries.map(([key, one]) => [key, shownGoJson(shape.item, one)]))
  }
  if (shape.kind === 'integer' && typeof given === 'string') return BigInt(given)
  if (shape.kind !== 'block') return given
  const block: Record<string, unknown> = {}
  for (const field of shape.fields.values()) {
    const one = (given as Given)[field.name]
    if (one === undefined || isLeftOut(field, one, name)) {
      if (ALWAYS.has(field.name)) block[field.name] = ALWAYS.get(field.name)
    } else block[field.name] = shownGoJson(field.shape, one, field.name)
  }
  return block
}

const isLeftOut = (field: Field, value: unknown, block: string): boolean => {
  if (POINTERS.has(field.name) && !NO_POINTERS.has(`${block}.${field.name}`)) return false
  if (field.shape.kind === 'list') return (value as readonly unknown[]).length === 0
  if (field.shape.kind === 'map') return Object.keys(value as Given).length === 0
  return value === '' || value === 0 || value === false || value === '0s'
}
