/** Go's `strconv.FormatFloat(value, verb, precision, 64)`; a precision of -1 takes as few digits as tell the number. */
export function formatFloat(value: number, verb: 'e' | 'f' | 'g', precision: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  return sign + formatMagnitude(Math.abs(value), verb, precision)
}

/** Digits without a point; the first stands for `10 ** exponent`. */
interface Digits {
  readonly digits: string
  readonly exponent: number
}

/** From this exponent on it is written, where no precision is asked for. */
const LARGE_EXPONENT = 6

function formatMagnitude(value: number, verb: 'e' | 'f' | 'g', precision: number): string {
  if (verb === 'e') return exponential(precision < 0 ? shortest(value) : rounded(value, precision + 1), precision)
  if (verb === 'f') return precision < 0 ? fixed(shortest(value)) : fixedTo(value, precision)
  const wanted = precision === 0 ? 1 : precision
  const digits = withoutZeros(wanted < 0 ? shortest(value) : rounded(value, wanted))
  const { length } = digits.digits
  // A precision beyond the digits that there are does not count.
  const limit = wanted > length && length >= digits.exponent + 1 ? length : wanted
  const isLarge = digits.exponent >= (wanted < 0 ? LARGE_EXPONENT : limit)
  return digits.exponent < -4 || isLarge ? exponential(digits, -1) : fixed(digits)
}

function shortest(value: number): Digits {
  const [mantissa, exponent] = value.toExponential().split('e')
  return { digits: mantissa!.replace('.', ''), exponent: Number(exponent) }
}

/** To a number of digits, halves to even. */
function rounded(value: number, count: number): Digits {
  if (value === 0) return { digits: '0'.repeat(count), exponent: 0 }
  let { exponent } = shortest(value)
  let digits = scaled(value, count - 1 - exponent).toString()
  if (digits.length > count) {
    exponent++
    digits = scaled(value, count - 1 - exponent).toString()
  }
  return { digits: digits.padStart(count, '0'), exponent }
}

const withoutZeros = ({ digits, exponent }: Digits): Digits => ({ digits: digits.replace(/(?!^)0+$/, ''), exponent })

/** No float has digits behind that place. */
const LAST_PLACE = 1_100

function fixedTo(value: number, precision: number): string {
  const places = Math.min(precision, LAST_PLACE)
  const digits = scaled(value, places)
    .toString()
    .padStart(places + 1, '0')
  const whole = digits.slice(0, digits.length - places)
  const fraction = digits.slice(digits.length - places).padEnd(precision, '0')
  return precision === 0 ? whole : `${whole}.${fraction}`
}

/** The integer nearest to `value * 10 ** places`, halves to even. */
function scaled(value: number, places: number): bigint {
  const [mantissa, exponent] = partsOf(value)
  const ten = 10n ** BigInt(Math.abs(places))
  let above = mantissa * (places >= 0 ? ten : 1n)
  let below = places >= 0 ? 1n : ten
  if (exponent >= 0) above <<= BigInt(exponent)
  else below <<= BigInt(-exponent)
  const quotient = above / below
  const twice = (above % below) * 2n
  return twice > below || (twice === below && quotient % 2n === 1n) ? quotient + 1n : quotient
}

/** A positive float as an integer and a power of two. */
export function partsOf(value: number): [mantissa: bigint, exponent: number] {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, value)
  const all = bits.getBigUint64(0)
  const exponent = Number((all >> 52n) & 0x7ffn)
  const fraction = all & ((1n << 52n) - 1n)
  return exponent === 0 ? [fraction, -1074] : [fraction | (1n << 52n), exponent - 1075]
}

const powerOf = (power: number, digits: number): string =>
  `p${power < 0 ? '-' : '+'}${Math.abs(power).toString().padStart(digits, '0')}`

/** Hexadecimal digits behind the point of any float. */
const HEX_PLACES = 13

/** Go's `%b` and `%x`: powers of two. @param precision digits behind the point of `%x`; -1: as many as there are */
export function formatBinary(value: number, verb: 'b' | 'x', precision: number): string {
  if (!Number.isFinite(value)) return formatFloat(value, 'g', -1)
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const [mantissa, exponent] = partsOf(Math.abs(value))
  if (verb === 'b') return `${sign}${mantissa}${powerOf(exponent, 1)}`
  const bits = mantissa.toString(2).length
  let power = mantissa === 0n ? 0 : exponent + bits - 1
  // The first digit is 1, and all others are behind the point.
  let digits = mantissa << BigInt(HEX_PLACES * 4 + 1 - bits)
  let places = HEX_PLACES
  if (precision >= 0 && precision < HEX_PLACES) {
    digits = halvesToEven(digits, BigInt((HEX_PLACES - precision) * 4))
    places = precision
    if (digits >> BigInt(places * 4) > 1n) {
      digits >>= 1n
      power++
    }
  }
  const written = digits.toString(16).padStart(places + 1, '0')
  const fraction = precision < 0 ? written.slice(1).replace(/0+$/, '') : written.slice(1).padEnd(precision, '0')
  return `${sign}0x${written[0]}${fraction === '' ? '' : `.${fraction}`}${powerOf(power, 2)}`
}

function halvesToEven(value: bigint, bits: bigint): bigint {
  const kept = value >> bits
  const rest = value - (kept << bits)
  const half = 1n << (bits - 1n)
  return rest > half || (rest === half && kept % 2n === 1n) ? kept + 1n : kept
}

/** Digits that `%#g` shows where no precision is asked for. */
const SHARP_DIGITS = 6

/** What the flag `#` makes of a magnitude: it always has a point, and zeros behind it where the verb would leave them out. */
export function withPoint(written: string, verb: string, precision: number | null): string {
  const [, number, power] = /^([^pP]*?)([pP].*)?$/.exec(written)!
  const isHex = verb === 'x' || verb === 'X'
  const [, digits, exponent = ''] = isHex ? [null, number!, power] : /^([^eE]*)([eE].*)?$/.exec(number!)!
  if (digits === undefined) return written
  const wanted = 'vgGx'.includes(verb) ? (precision ?? SHARP_DIGITS) : 0
  const shown = digits.replace('.', '').replace(/^0+/, '').length
  // A single zero is a digit that counts.
  const isZero = digits === '0' ? 1 : 0
  const point = digits.includes('.') ? '' : '.'
  return digits + point + '0'.repeat(Math.max(wanted - shown - isZero, 0)) + exponent
}

function exponential({ digits, exponent }: Digits, precision: number): string {
  const rest = precision < 0 ? digits.slice(1) : digits.slice(1).padEnd(precision, '0')
  const power = Math.abs(exponent).toString().padStart(2, '0')
  return `${digits[0]}${rest === '' ? '' : `.${rest}`}e${exponent < 0 ? '-' : '+'}${power}`
}

function fixed({ digits, exponent }: Digits): string {
  const whole = exponent < 0 ? '0' : digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  const fraction = exponent < 0 ? '0'.repeat(-exponent - 1) + digits : digits.slice(exponent + 1)
  return /^0*$/.test(fraction) ? whole : `${whole}.${fraction}`
}
