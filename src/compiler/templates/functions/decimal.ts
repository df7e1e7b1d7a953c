import { CallError } from '../limits.ts'

/** A number with all its decimals, as Sprig calculates with fractions (`github.com/shopspring/decimal`). */
export interface Decimal {
  readonly digits: bigint
  /** Of ten. */
  readonly exponent: number
}

/** Digits behind the point of a quotient. */
const DIVISION_PRECISION = 16

export function decimalOf(value: number): Decimal {
  if (!Number.isFinite(value)) {
    const shown = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
    throw new CallError(`Cannot create a Decimal from ${shown}`)
  }
  const [mantissa, exponent] = value.toExponential().split('e')
  const [whole, fraction = ''] = mantissa!.split('.')
  return { digits: BigInt(whole! + fraction), exponent: Number(exponent) - fraction.length }
}

export const floatOf = ({ digits, exponent }: Decimal): number => Number(`${digits}e${exponent}`)

const digitsAt = ({ digits, exponent }: Decimal, to: number): bigint => digits * 10n ** BigInt(exponent - to)

export function add(a: Decimal, b: Decimal): Decimal {
  const exponent = Math.min(a.exponent, b.exponent)
  return { digits: digitsAt(a, exponent) + digitsAt(b, exponent), exponent }
}

export const subtract = (a: Decimal, b: Decimal): Decimal => add(a, { ...b, digits: -b.digits })

export const multiply = (a: Decimal, b: Decimal): Decimal => ({
  digits: a.digits * b.digits,
  exponent: a.exponent + b.exponent,
})

/** Halves are rounded away from zero. */
export function divide(a: Decimal, b: Decimal): Decimal {
  if (b.digits === 0n) throw new CallError('decimal division by 0')
  const shift = a.exponent - b.exponent + DIVISION_PRECISION
  const above = shift >= 0 ? a.digits * 10n ** BigInt(shift) : a.digits
  const below = shift >= 0 ? b.digits : b.digits * 10n ** BigInt(-shift)
  const quotient = above / below
  const rest = above % below
  const magnitude = (value: bigint) => (value < 0n ? -value : value)
  const roundsUp = magnitude(rest) * 2n >= magnitude(below)
  const away = above < 0n === below < 0n ? 1n : -1n
  return { digits: roundsUp ? quotient + away : quotient, exponent: -DIVISION_PRECISION }
}
