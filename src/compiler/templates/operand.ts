import { type GoList, type GoMap, holdsInterfaces, type Value } from './values.ts'

/** A value of type `interface {}`, as elements of most containers are: what is in it counts, but errors name its type. */
export class Boxed {
  readonly inner: Value
  constructor(inner: Value) {
    this.inner = inner
  }
}

/** What an expression gives; undefined is no value at all. */
export type Operand = Value | undefined | Boxed

/** There is no value from the command before. */
export const MISSING: unique symbol = Symbol('missing')

/** An element as its container holds it. */
export const elementOf = (container: GoList | GoMap, value: Value): Operand =>
  holdsInterfaces(container) ? new Boxed(value) : value

/** What is in a box; a nil there is no value. */
export const unboxed = (operand: Operand): Value | undefined =>
  operand instanceof Boxed ? (operand.inner ?? undefined) : (operand ?? undefined)
