/** How Go reads numbers (`strconv`). */

const INTEGER =
  /^([+-]?)(?:0[xX](_?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*)|0[bB](_?[01]+(?:_[01]+)*)|0[oO](_?[0-7]+(?:_[0-7]+)*)|(0(?:_?[0-7]+)*)|([1-9][0-9]*(?:_[0-9]+)*))$/

/** `strconv.ParseInt(text, 0, 64)` without its range; null where it is no integer. */
export function parseInteger(text: string): bigint | null {
  const match = INTEGER.exec(text)
  if (match === null) return null
  const [, sign, hex, binary, octal, oldOctal, decimal] = match
  const plain = (digits: string) => digits.replaceAll('_', '')
  let value: bigint
  if (hex !== undefined) value = BigInt(`0x${plain(hex)}`)
  else if (binary !== undefined) value = BigInt(`0b${plain(binary)}`)
  else if (octal !== undefined || oldOctal !== undefined) value = BigInt(`0o${plain(octal ?? oldOctal!)}`)
  else value = BigInt(plain(decimal!))
  return sign === '-' ? -value : value
}

const MIN_INT64 = -(2n ** 63n)
const MAX_INT64 = 2n ** 63n - 1n
export const MAX_UINT64 = 2n ** 64n - 1n

export const fitsInt64 = (value: bigint): boolean => value >= MIN_INT64 && value <= MAX_INT64

/** `strconv.ParseInt(text, 10, 64)`; what is too large becomes the nearest that fits, as its value does beside the error. */
export function parseDecimal(text: string): { readonly value: bigint; readonly valid: boolean } {
  if (!/^[+-]?[0-9]+$/.test(text)) return { value: 0n, valid: false }
  const value = BigInt(text.replace('+', ''))
  if (fitsInt64(value)) return { value, valid: true }
  return { value: value < 0n ? MIN_INT64 : MAX_INT64, valid: false }
}

const DECIMAL =
  /^[+-]?(?:[0-9]+(?:_[0-9]+)*\.?(?:[0-9]+(?:_[0-9]+)*)?|\.[0-9]+(?:_[0-9]+)*)(?:[eE][+-]?[0-9]+(?:_[0-9]+)*)?$/
const HEX = /^([+-]?)0[xX]_?([0-9a-fA-F_]*)\.?([0-9a-fA-F_]*)[pP]([+-]?[0-9]+)$/
const SPECIAL = /^([+-]?)(?:(inf|infinity)|nan)$/i

/** `strconv.ParseFloat(text, 64)`; null where it is no number or too large. */
export function parseFloat64(text: string): number | null {
  const special = SPECIAL.exec(text)
  if (special !== null) {
    if (special[2] === undefined) return special[1] === '' ? Number.NaN : null
    return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  }
  const hex = HEX.exec(text)
  let value: number
  if (hex !== null) {
    const [, sign, whole, fraction, exponent] = hex
    const digits = (whole! + fraction!).replaceAll('_', '')
    if (digits === '') return null
    value = Number(BigInt(`0x${digits}`)) * 2 ** (Number(exponent) - fraction!.replaceAll('_', '').length * 4)
    if (sign === '-') value = -value
  } else {
    if (!DECIMAL.test(text)) return null
    value = Number(text.replaceAll('_', ''))
  }
  return Number.isFinite(value) ? value : null
}
