/** One instance of a service, as Consul or Nomad lists it. */
export interface CatalogInstance {
  /** Of the instance; unique on a node. */
  readonly id: string
  readonly node: string
  /** Of the service. */
  readonly name: string
  readonly namespace: string
  readonly datacenter: string
  /** Empty: it has none. */
  readonly address: string
  /** Empty: it has none. */
  readonly port: string
  readonly tags: readonly string[]
  /** What its checks say together: `passing`, `warning`, `critical`, `maintenance`; empty: there is nothing like it. */
  readonly status: string
}

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

/** A text; what is none is the empty one. */
export const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Texts of a list; null is an empty one, as Go writes it. */
export const texts = (value: unknown, what: string): readonly string[] =>
  value === null || value === undefined ? [] : list(value, what).filter((one): one is string => typeof one === 'string')
