import type * as z from 'zod'
import { nearest } from '../../decode/nearest.ts'
import { isScalar, parseScalar, scalarText } from '../../decode/scalar.ts'
import { type BlockShape, defaultsOf, type Shape, shapeOf } from '../../decode/shape.ts'
import type { Findings } from './findings.ts'
import type { KubernetesObject } from './objects.ts'

const MAX_DEPTH = 100

/** The spec of an object, and where it is wrong. */
export interface Spec<T> {
  /** What is wrong in it is not there. */
  readonly value: T
  /** Whether everything below a field is as it should be: `spec.routes[0]`. */
  isSound(field: string): boolean
  /** The same of everything that is not below one of these fields. */
  isSoundBut(...fields: readonly string[]): boolean
}

/**
 * Reads the spec of an object as the API server would take it: keys by their exact spelling, values by their types. A
 * field that nobody knows is told and passed over; a value of the wrong type is told and left out.
 */
export const readSpec = <S extends z.ZodType>(
  schema: S,
  object: KubernetesObject,
  findings: Findings,
): Spec<z.output<S>> => {
  const shape = shapeOf(schema)
  if (shape.kind !== 'block') throw new TypeError('a spec is a block')
  const reader = new SpecReader(findings)
  const value = reader.read(shape, object.spec ?? {}, 'spec', 0) ?? defaultsOf(shape)
  const { wrong } = reader
  const touched = new Set(wrong.flatMap((at) => [at, ...blocksAround(at)]))
  const isWrong = new Set(wrong)
  return {
    value: value as z.output<S>,
    isSound: (field) => !touched.has(field) && !blocksAround(field).some((block) => isWrong.has(block)),
    isSoundBut: (...fields) =>
      wrong.every((at) => fields.some((field) => at === field || blocksAround(at).includes(field))),
  }
}

/** `spec.routes[0].match` → `spec.routes[0]`, `spec.routes`, `spec` */
const blocksAround = (field: string): string[] => {
  const blocks: string[] = []
  for (let at = field.length - 1; at > 0; at--) {
    if (field[at] === '.' || field[at] === '[') blocks.push(field.slice(0, at))
  }
  return blocks
}

class SpecReader {
  readonly wrong: string[] = []
  readonly #findings: Findings

  constructor(findings: Findings) {
    this.#findings = findings
  }

  read(shape: Shape, raw: unknown, field: string, depth: number): unknown {
    if (depth > MAX_DEPTH) return this.#wrong(field, `more than ${MAX_DEPTH} levels`)
    switch (shape.kind) {
      case 'any':
        return raw
      case 'block':
        return isMap(raw) ? this.#block(shape, raw, field, depth) : this.#mismatch(field, 'object', raw)
      case 'map': {
        if (!isMap(raw)) return this.#mismatch(field, 'object', raw)
        const map: Record<string, unknown> = Object.create(null)
        for (const [key, value] of Object.entries(raw)) {
          const read = this.read(shape.item, value, `${field}.${key}`, depth + 1)
          if (read !== undefined) map[key] = read
        }
        return map
      }
      case 'list':
        if (!Array.isArray(raw)) return this.#mismatch(field, 'array', raw)
        return raw.map((element, at) => this.read(shape.item, element, `${field}[${at}]`, depth + 1))
      default:
        return this.#scalar(shape, raw, field)
    }
  }

  #block(shape: BlockShape, raw: Readonly<Record<string, unknown>>, field: string, depth: number): unknown {
    const block = defaultsOf(shape) as Record<string, unknown>
    for (const [key, value] of Object.entries(raw)) {
      if (value === null || value === undefined) continue
      const known = shape.fields.get(key)
      const at = `${field}.${key}`
      if (known === undefined) {
        const near = nearest(key, shape.fields.keys())
        this.#findings.warn(at, `unknown field "${at}"`, near === null ? null : `did you mean "${near}"?`)
        continue
      }
      const read = this.read(known.shape, value, at, depth + 1)
      if (read !== undefined) block[key] = read
    }
    return block
  }

  #scalar(shape: Exclude<Shape, BlockShape>, raw: unknown, field: string): unknown {
    const type = TYPES[shape.kind] ?? shape.kind
    const fits = shape.kind === 'duration' ? typeof raw === 'string' || typeof raw === 'number' : typeOf(raw) === type
    if (!isScalar(raw) || !fits) return this.#mismatch(field, type, raw)
    if (shape.kind === 'integer' && !Number.isInteger(raw)) return this.#mismatch(field, type, raw)
    try {
      return parseScalar(shape, scalarText(raw))
    } catch (error) {
      return this.#wrong(field, error instanceof Error ? error.message : String(error))
    }
  }

  /** The value is not repeated: it may be a secret in the wrong place. */
  #mismatch(field: string, type: string, raw: unknown): undefined {
    const hint = type === 'string' && isScalar(raw) ? 'write it in quotes' : null
    return this.#wrong(field, `Invalid value: "${typeOf(raw)}": ${field} in body must be of type ${type}`, hint)
  }

  #wrong(field: string, message: string, hint: string | null = null): undefined {
    this.wrong.push(field)
    this.#findings.error(field, message, hint)
    return undefined
  }
}

const TYPES: Readonly<Record<string, string>> = {
  text: 'string',
  flag: 'boolean',
  number: 'number',
  integer: 'integer',
}

const typeOf = (raw: unknown): string => {
  if (raw === null) return 'null'
  if (Array.isArray(raw)) return 'array'
  if (typeof raw === 'number') return Number.isInteger(raw) ? 'integer' : 'number'
  if (typeof raw === 'bigint') return 'integer'
  return typeof raw
}

const isMap = (raw: unknown): raw is Readonly<Record<string, unknown>> =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw)
