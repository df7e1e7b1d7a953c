import type { OptionMeta } from '../../schema/scalars.ts'
import type { Shape } from './shape.ts'

/** An option as the lists of the conformance data name it. */
export interface Option {
  readonly name: string
  readonly type: string
  readonly default: unknown
  readonly meta: OptionMeta
}

const TYPES: Readonly<Record<string, string>> = {
  text: 'string',
  flag: 'boolean',
  integer: 'integer',
  number: 'number',
  duration: 'duration',
  block: 'block',
  any: 'any',
}

const typeOf = (shape: Shape): string => {
  if (shape.kind === 'list') return `list of ${typeOf(shape.item)}`
  if (shape.kind === 'map') return `map of ${typeOf(shape.item)}`
  return TYPES[shape.kind] ?? shape.kind
}

/** All options below a shape, each with its type, its default and its description. */
export const optionsOf = (shape: Shape, prefix = ''): Option[] => {
  if (shape.kind !== 'block') return []
  return [...shape.fields.values()].flatMap((field) => {
    const name = prefix === '' ? field.name : `${prefix}.${field.name}`
    const own: Option = { name, type: typeOf(field.shape), default: field.fallback?.(), meta: field.meta }
    return [own, ...below(field.shape, name)]
  })
}

const below = (shape: Shape, name: string): Option[] => {
  if (shape.kind === 'map') return shape.item.kind === 'block' ? optionsOf(shape.item, `${name}.<name>`) : []
  if (shape.kind === 'list') return shape.item.kind === 'block' ? optionsOf(shape.item, `${name}[n]`) : []
  return optionsOf(shape, name)
}
