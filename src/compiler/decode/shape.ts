import type * as z from 'zod'
import type { Dialect, OptionMeta } from '../../schema/scalars.ts'

/**
 * What the decoder needs to know of a schema, worked out once: zod's wrappers are taken off, names are indexed in
 * lower case, defaults stand beside the options.
 */
export type Shape =
  | { readonly kind: 'text'; readonly choices: readonly string[] | null }
  | { readonly kind: 'flag' | 'number' | 'duration' | 'any' }
  | { readonly kind: 'integer'; readonly big: boolean; readonly bits: 32 | 64 }
  | { readonly kind: 'list' | 'map'; readonly item: Shape }
  | BlockShape

/** A block of options. */
export interface BlockShape {
  readonly kind: 'block'
  readonly fields: ReadonlyMap<string, Field>
  /** By lower-case name, label names included. */
  readonly index: ReadonlyMap<string, Field>
}

/** One option of a block. */
export interface Field {
  readonly name: string
  readonly shape: Shape
  readonly meta: OptionMeta
  /** The value without the option; undefined: none. A block with `prefault` comes into being with its own defaults. */
  readonly fallback: (() => unknown) | null
}

/** The parts of a zod schema's definition that are read here. */
interface Definition {
  readonly type: string
  readonly innerType?: z.ZodType
  readonly element?: z.ZodType
  readonly valueType?: z.ZodType
  readonly in?: z.ZodType
  readonly options?: readonly z.ZodType[]
  readonly shape?: Readonly<Record<string, z.ZodType>>
  readonly entries?: Readonly<Record<string, string>>
  readonly defaultValue?: unknown
}

const definitionOf = (schema: z.ZodType): Definition => schema._zod.def as unknown as Definition

const cache = new WeakMap<z.ZodType, Shape>()

/** The shape of a schema; throws for zod types that configuration does not use. */
export const shapeOf = (schema: z.ZodType): Shape => {
  const known = cache.get(schema)
  if (known !== undefined) return known
  const shape = makeShape(schema)
  cache.set(schema, shape)
  return shape
}

const makeShape = (schema: z.ZodType): Shape => {
  const { schema: inner, meta } = unwrap(schema)
  const definition = definitionOf(inner)
  switch (definition.type) {
    case 'string':
      return meta.notation === 'duration' ? { kind: 'duration' } : { kind: 'text', choices: null }
    case 'enum':
      return { kind: 'text', choices: Object.values(definition.entries ?? {}) }
    case 'boolean':
      return { kind: 'flag' }
    case 'number':
      return meta.notation === 'integer' ? { kind: 'integer', big: false, bits: meta.bits ?? 64 } : { kind: 'number' }
    case 'union':
      if (meta.notation === 'integer') return { kind: 'integer', big: true, bits: 64 }
      break
    case 'unknown':
    case 'any':
      return { kind: 'any' }
    case 'array':
      if (definition.element !== undefined) return { kind: 'list', item: shapeOf(definition.element) }
      break
    case 'record':
      if (definition.valueType !== undefined) return { kind: 'map', item: shapeOf(definition.valueType) }
      break
    case 'object':
      return makeBlock(definition.shape ?? {})
  }
  throw new TypeError(`the decoder does not know the zod type "${definition.type}"`)
}

const makeBlock = (options: Readonly<Record<string, z.ZodType>>): BlockShape => {
  const fields = new Map<string, Field>()
  const index = new Map<string, Field>()
  for (const [name, schema] of Object.entries(options)) {
    const { meta, fallback } = unwrap(schema)
    const shape = shapeOf(schema)
    const field: Field = {
      name,
      shape,
      meta,
      fallback: fallback === 'prefault' ? () => defaultsOf(shape) : fallback,
    }
    fields.set(name, field)
    index.set(name.toLowerCase(), field)
    if (meta.labelName !== undefined) index.set(meta.labelName.toLowerCase(), field)
  }
  return { kind: 'block', fields, index }
}

/** A new block as it is before any option is read. */
export const defaultsOf = (shape: Shape): unknown => {
  if (shape.kind !== 'block') return undefined
  const block: Record<string, unknown> = {}
  for (const field of shape.fields.values()) if (field.fallback !== null) block[field.name] = field.fallback()
  return block
}

const WRAPPERS: ReadonlySet<string> = new Set(['optional', 'nullable', 'default', 'prefault', 'readonly', 'pipe'])

const unwrap = (outer: z.ZodType) => {
  let schema = outer
  let meta: OptionMeta = {}
  let fallback: (() => unknown) | 'prefault' | null = null
  for (;;) {
    meta = { ...(schema.meta() as OptionMeta | undefined), ...meta }
    const definition = definitionOf(schema)
    if (definition.type === 'default' && fallback === null) {
      const { defaultValue } = definition
      // Cloning costs more than most of what is cloned.
      fallback =
        typeof defaultValue === 'object' && defaultValue !== null
          ? () => structuredClone(defaultValue)
          : () => defaultValue
    }
    if (definition.type === 'prefault') fallback = 'prefault'
    const next = definition.innerType ?? definition.in
    if (!WRAPPERS.has(definition.type) || next === undefined) return { schema, meta, fallback }
    schema = next
  }
}

/** Whether a block may stand alone in a dialect. */
export const mayBeEmpty = (meta: OptionMeta, dialect: Dialect): boolean =>
  meta.mayBeEmpty === true && meta.notEmptyIn?.includes(dialect) !== true
