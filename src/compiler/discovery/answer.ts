/** What servers answer is unknown data: these read it, or refuse all of it. */

export type Json = Readonly<Record<string, unknown>>

/** An answer of another shape than it should have: nothing of it is used. */
export class ForeignAnswer extends Error {}

export const record = (value: unknown, what: string): Json => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw new ForeignAnswer(`the answer holds something else than ${what}`)
}

export const list = (value: unknown, what: string): readonly unknown[] => {
  if (Array.isArray(value)) return value
  throw new ForeignAnswer(`the answer holds something else than ${what}`)
}

/** The fields of an object; what is none has no fields. */
export const fieldsOf = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}

/** The elements of a list; what is none has no elements. */
export const elementsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** A text; what is none is the empty one. */
export const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Texts of a list; null is an empty one, as Go writes it. */
export const texts = (value: unknown, what: string): readonly string[] =>
  value === null || value === undefined ? [] : list(value, what).filter((one): one is string => typeof one === 'string')
