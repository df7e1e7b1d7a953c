import { formatDuration } from '../../../schema/duration.ts'
import { compareTexts, isPrint, octetsOf, runesOf } from '../go-text.ts'
import type { Budget } from '../limits.ts'
import { quote } from '../quote.ts'
import { formatTime, RFC_LIKE } from '../time/format.ts'
import { MONTHS, WEEKDAYS } from '../time/names.ts'
import { type GoInt, type GoVersion, typeOf, type Value } from '../values.ts'
import { formatBinary, formatFloat, withPoint } from './floats.ts'

/** What stands between `%` and the verb. */
export interface Flags {
  plus: boolean
  minus: boolean
  sharp: boolean
  space: boolean
  zero: boolean
  /** `%+v` and `%#v`, where the flag has another meaning. */
  plusV: boolean
  sharpV: boolean
  width: number | null
  precision: number | null
}

export const noFlags = (): Flags => ({
  plus: false,
  minus: false,
  sharp: false,
  space: false,
  zero: false,
  plusV: false,
  sharpV: false,
  width: null,
  precision: null,
})

/** Go's `String` of a value whose type has one; null for all others. */
export function stringOf(value: Value): string | null {
  if (value === null || typeof value !== 'object') return null
  if (value.kind === 'time') return formatTime(value, RFC_LIKE)
  if (value.kind === 'version') return versionText(value)
  if (value.kind !== 'int') return null
  if (value.type === 'time.Duration') return formatDuration(value.value)
  if (value.type === 'time.Month') return MONTHS[Number(value.value) - 1] ?? `%!Month(${value.value})`
  return value.type === 'time.Weekday' ? (WEEKDAYS[Number(value.value)] ?? `%!Weekday(${value.value})`) : null
}

export const versionText = ({ major, minor, patch, prerelease, metadata }: GoVersion): string =>
  `${major}.${minor}.${patch}${prerelease === '' ? '' : `-${prerelease}`}${metadata === '' ? '' : `+${metadata}`}`

/** Go's `fmt` for one value and one verb. */
export class Printer {
  readonly flags: Flags
  readonly #budget: Budget
  /** Of what a verb does not fit the value as such is shown, not what its `String` gives. */
  #isComplaining = false

  constructor(flags: Flags, budget: Budget) {
    this.flags = flags
    this.#budget = budget
  }

  /** What an argument of `printf` gives. */
  argument(value: Value, verb: string): string {
    if (value === null) return verb === 'T' || verb === 'v' ? this.#pad('<nil>') : this.#badVerb(value, verb)
    if (verb === 'T') return this.#text(typeOf(value), 's')
    // It is for errors alone, which no template has.
    if (verb === 'w') return this.#badVerb(value, verb)
    return this.#value(value, verb, 0)
  }

  #value(value: Value, verb: string, depth: number): string {
    this.#budget.descend(depth)
    if (value === null) return this.flags.sharpV ? 'interface {}(nil)' : '<nil>'
    if (!this.flags.sharpV && !this.#isComplaining && 'vsxXq'.includes(verb)) {
      const text = stringOf(value)
      if (text !== null) return this.#counted(this.#text(text, verb))
    }
    if (typeof value === 'string') return this.#counted(this.#text(value, verb))
    if (typeof value === 'boolean') {
      return verb === 't' || verb === 'v' ? this.#pad(String(value)) : this.#badVerb(value, verb)
    }
    const inner = (each: Value) => this.#value(each, verb, depth + 1)
    const parts = (open: string, each: readonly string[], close: string) =>
      this.flags.sharpV ? `${typeOf(value)}{${each.join(', ')}}` : `${open}${each.join(' ')}${close}`
    switch (value.kind) {
      case 'int':
        return this.#int(value, verb)
      case 'float':
        return this.#float(value.value, verb) ?? this.#badVerb(value, verb)
      case 'complex':
        return this.#complex(value.real, value.imaginary, verb) ?? this.#badVerb(value, verb)
      case 'list':
        if (this.flags.sharpV && value.isNil) return `${value.type}(nil)`
        return parts('[', value.items.map(inner), ']')
      case 'map': {
        const keys = [...value.entries.keys()].sort(compareTexts)
        return parts(
          'map[',
          keys.map((key) => `${this.#text(key, verb)}:${inner(value.entries.get(key)!)}`),
          ']',
        )
      }
      case 'record': {
        const named = this.flags.plusV || this.flags.sharpV
        return parts(
          '{',
          [...value.fields].map(([name, field]) => (named ? `${name}:` : '') + inner(field)),
          '}',
        )
      }
      case 'time':
      case 'version':
        // Their fields are nobody's business, and depend on the machine.
        return verb === 'v' ? (stringOf(value) ?? '') : this.#badVerb(value, verb)
    }
  }

  #counted(text: string): string {
    this.#budget.text(text.length)
    return text
  }

  #badVerb(value: Value, verb: string): string {
    if (value === null) return `%!${verb}(<nil>)`
    const outer = this.#isComplaining
    this.#isComplaining = true
    const shown = `%!${verb}(${typeOf(value)}=${this.#value(value, 'v', 0)})`
    this.#isComplaining = outer
    return shown
  }

  /** To the width that is asked for; zeros only to the left. */
  #pad(text: string, zero = this.flags.zero): string {
    const { width, minus } = this.flags
    const missing = width === null ? 0 : width - runesOf(text).length
    if (missing <= 0) return text
    this.#budget.text(missing)
    return minus ? text + ' '.repeat(missing) : (zero ? '0' : ' ').repeat(missing) + text
  }

  #text(text: string, verb: string): string {
    const { precision, sharp, sharpV, plus } = this.flags
    const shortened = () => (precision === null ? text : Array.from(text).slice(0, precision).join(''))
    switch (verb) {
      case 'v':
        return sharpV ? this.#pad(quoted(shortened(), sharp, plus)) : this.#pad(shortened())
      case 's':
        return this.#pad(shortened())
      case 'q':
        this.#budget.runes(text.length)
        return this.#pad(quoted(shortened(), sharp, plus))
      case 'x':
      case 'X':
        return this.#octets(octetsOf(text), verb)
      default:
        return this.#badVerb(text, verb)
    }
  }

  #octets(octets: Uint8Array, verb: 'x' | 'X'): string {
    this.#budget.runes(octets.length)
    const { precision, sharp, space } = this.flags
    const shown = Array.from(octets.subarray(0, precision ?? octets.length), (octet) =>
      octet.toString(16).padStart(2, '0'),
    )
    const prefix = sharp ? '0x' : ''
    const hex = space
      ? shown.map((octet) => prefix + octet).join(' ')
      : (shown.length > 0 ? prefix : '') + shown.join('')
    return this.#pad(verb === 'X' ? hex.toUpperCase() : hex)
  }

  #int(int: GoInt, verb: string): string {
    const { value } = int
    switch (verb) {
      case 'v':
        return this.flags.sharpV && int.type.startsWith('uint')
          ? `0x${value.toString(16)}`
          : this.#integer(value, 10, verb)
      case 'd':
        return this.#integer(value, 10, verb)
      case 'b':
        return this.#integer(value, 2, verb)
      case 'o':
      case 'O':
        return this.#integer(value, 8, verb)
      case 'x':
      case 'X':
        return this.#integer(value, 16, verb)
      case 'c':
        return this.#pad(characterOf(value))
      case 'q':
        return this.#pad(quote(characterOf(value), "'", this.flags.plus))
      case 'U': {
        const { precision, sharp } = this.flags
        const code = BigInt.asUintN(64, value).toString(16).toUpperCase()
        const name = `U+${code.padStart(Math.max(4, precision ?? 0), '0')}`
        const shown = sharp && value >= 0n && value <= 0x10ffffn && isPrint(String.fromCodePoint(Number(value)))
        return this.#pad(shown ? `${name} '${String.fromCodePoint(Number(value))}'` : name, false)
      }
      default:
        return this.#badVerb(int, verb)
    }
  }

  #integer(value: bigint, base: number, verb: string): string {
    const { precision, width, zero, minus, plus, space, sharp } = this.flags
    if (precision === 0 && value === 0n) return this.#pad('', false)
    const sign = value < 0n ? '-' : plus ? '+' : space ? ' ' : ''
    let digits = (value < 0n ? -value : value).toString(base)
    const least = precision ?? (zero && !minus && width !== null ? width - sign.length : 0)
    this.#budget.text(least)
    digits = digits.padStart(least, '0')
    if (sharp && base === 2) digits = `0b${digits}`
    if (sharp && base === 8 && !digits.startsWith('0')) digits = `0${digits}`
    if (sharp && base === 16) digits = `0x${digits}`
    if (verb === 'O') digits = `0o${digits}`
    return this.#pad(sign + (verb === 'X' ? digits.toUpperCase() : digits), false)
  }

  #float(value: number, verb: string): string | null {
    const { precision, plus, space, zero, minus, width, sharp } = this.flags
    const written = writtenFloat(value, verb, precision)
    if (written === null) return null
    if (verb === 'f' || verb === 'F') this.#budget.text(precision ?? 0)
    const sign = /^[+-]/.test(written) ? written[0]! : '+'
    const plain = written.replace(/^[+-]/, '')
    const digits = sharp && verb !== 'b' && /^[0-9]/.test(plain) ? withPoint(plain, verb, precision) : plain
    const shownSign = sign === '-' || plus ? sign : space ? ' ' : ''
    if (/^[IN]/i.test(digits))
      return this.#pad((digits === 'NaN' || shownSign !== '' ? shownSign : '+') + digits, false)
    if (shownSign === '' || !zero || minus || width === null) return this.#pad(shownSign + digits)
    return shownSign + digits.padStart(width - 1, '0')
  }

  #complex(real: number, imaginary: number, verb: string): string | null {
    const first = this.#float(real, verb)
    const second = new Printer({ ...this.flags, plus: true }, this.#budget).#float(imaginary, verb)
    return first === null ? null : `(${first}${second}i)`
  }
}

function writtenFloat(value: number, verb: string, precision: number | null): string | null {
  switch (verb) {
    case 'v':
    case 'g':
      return formatFloat(value, 'g', precision ?? -1)
    case 'G':
      return formatFloat(value, 'g', precision ?? -1).replace('e', 'E')
    case 'e':
      return formatFloat(value, 'e', precision ?? 6)
    case 'E':
      return formatFloat(value, 'e', precision ?? 6).replace('e', 'E')
    case 'f':
    case 'F':
      return formatFloat(value, 'f', precision ?? 6)
    case 'b':
    case 'x':
      return formatBinary(value, verb, precision ?? -1)
    case 'X':
      return formatBinary(value, 'x', precision ?? -1).toUpperCase()
    default:
      return null
  }
}

/** In back quotes where that is asked for and possible. */
const quoted = (text: string, sharp: boolean, plus: boolean): string =>
  sharp && /^[\t\x20-\x5f\x61-\x7e\x80-\ud7ff\ue000-\ufefe\uff00-\u{10ffff}]*$/u.test(text)
    ? `\`${text}\``
    : quote(text, '"', plus)

const characterOf = (value: bigint): string =>
  value < 0n || value > 0x10ffffn || (value >= 0xd800n && value < 0xe000n)
    ? '\ufffd'
    : String.fromCodePoint(Number(value))
