import type { Budget } from '../limits.ts'
import { typeOf, type Value } from '../values.ts'
import { type Flags, noFlags, Printer } from './print-value.ts'

/** Go's `%v` of a value. */
export const printed = (value: Value, budget: Budget): string =>
  typeof value === 'string' ? value : new Printer(noFlags(), budget).argument(value, 'v')

/** Go's `fmt.Sprint`: blanks between two operands of which neither is a text. */
export function sprint(values: readonly Value[], budget: Budget): string {
  let out = ''
  values.forEach((value, at) => {
    const before = values[at - 1]
    if (at > 0 && typeof value !== 'string' && typeof before !== 'string') out += ' '
    out += printed(value, budget)
  })
  return out
}

/** Go's `fmt.Sprintln`. */
export const sprintln = (values: readonly Value[], budget: Budget): string =>
  `${values.map((value) => printed(value, budget)).join(' ')}\n`

/** What a verb takes. */
const VERB_STEPS = 5
/** Widths and precisions beyond it are refused, as in Go. */
const MAX_WIDTH = 1_000_000

/** Go's `fmt.Sprintf`. What does not fit is said in the text, as Go says it. */
export const sprintf = (format: string, values: readonly Value[], budget: Budget): string =>
  new Formatting(format, values, budget).run()

class Formatting {
  readonly #format: string
  readonly #values: readonly Value[]
  readonly #budget: Budget
  #at = 0
  #argument = 0
  #reordered = false
  #goodArgument = true
  #afterIndex = false

  constructor(format: string, values: readonly Value[], budget: Budget) {
    this.#format = format
    this.#values = values
    this.#budget = budget
  }

  run(): string {
    const format = this.#format
    let out = ''
    while (this.#at < format.length) {
      const percent = format.indexOf('%', this.#at)
      out += format.slice(this.#at, percent === -1 ? format.length : percent)
      if (percent === -1) break
      this.#at = percent + 1
      out += this.#verb()
    }
    return out + this.#rest()
  }

  /** One verb with all that belongs to it. */
  #verb(): string {
    const format = this.#format
    const flags = noFlags()
    this.#budget.spend(VERB_STEPS)
    this.#goodArgument = true
    this.#afterIndex = false
    for (; this.#at < format.length; this.#at++) {
      const flag = FLAGS[format[this.#at]!]
      if (flag === undefined) break
      flags[flag] = true
    }
    this.#index()
    let out = this.#width(flags)
    out += this.#precision(flags)
    if (!this.#afterIndex) this.#index()
    const code = format.codePointAt(this.#at)
    if (code === undefined) return `${out}%!(NOVERB)`
    const verb = String.fromCodePoint(code)
    this.#at += verb.length
    if (verb === '%') return `${out}%`
    if (!this.#goodArgument) return `${out}%!${verb}(BADINDEX)`
    const value = this.#values[this.#argument]
    if (value === undefined) return `${out}%!${verb}(MISSING)`
    this.#argument++
    if (verb === 'v' || verb === 'w') {
      flags.sharpV = flags.sharp
      flags.plusV = flags.plus
      flags.sharp = false
      flags.plus = false
    }
    return out + new Printer(flags, this.#budget).argument(value, verb)
  }

  /** `[n]`: which argument comes next. */
  #index(): void {
    const format = this.#format
    this.#afterIndex = false
    if (format[this.#at] !== '[') return
    this.#reordered = true
    const end = format.indexOf(']', this.#at)
    const number = /^[0-9]+$/.exec(format.slice(this.#at + 1, Math.max(end, 0)))
    const index = number === null ? -1 : Number(number[0]) - 1
    this.#at = end === -1 ? this.#at + 1 : end + 1
    this.#afterIndex = number !== null
    if (index >= 0 && index < this.#values.length) this.#argument = index
    else this.#goodArgument = false
  }

  #width(flags: Flags): string {
    if (this.#format[this.#at] === '*') {
      this.#at++
      this.#afterIndex = false
      const width = this.#intArgument()
      if (width === null) return '%!(BADWIDTH)'
      flags.width = Math.abs(width)
      if (width < 0) {
        flags.minus = true
        flags.zero = false
      }
      return ''
    }
    flags.width = this.#number()
    if (this.#afterIndex && flags.width !== null) this.#goodArgument = false
    return ''
  }

  #precision(flags: Flags): string {
    if (this.#format[this.#at] !== '.' || this.#at + 1 >= this.#format.length) return ''
    this.#at++
    if (this.#afterIndex) this.#goodArgument = false
    this.#index()
    if (this.#format[this.#at] === '*') {
      this.#at++
      this.#afterIndex = false
      const precision = this.#intArgument()
      if (precision === null || precision < 0) return '%!(BADPREC)'
      flags.precision = precision
      return ''
    }
    flags.precision = this.#number() ?? 0
    return ''
  }

  #number(): number | null {
    const digits = /^[0-9]+/.exec(this.#format.slice(this.#at, this.#at + 10))
    if (digits === null || Number(digits[0]) > MAX_WIDTH) return null
    this.#at += digits[0].length
    return Number(digits[0])
  }

  #intArgument(): number | null {
    const value = this.#values[this.#argument]
    if (value === undefined) return null
    this.#argument++
    const isInt = value !== null && typeof value === 'object' && value.kind === 'int'
    const number = isInt ? Number(value.value) : Number.NaN
    return Math.abs(number) <= MAX_WIDTH ? number : null
  }

  /** Arguments that no verb took. */
  #rest(): string {
    if (this.#reordered || this.#argument >= this.#values.length) return ''
    const extra = this.#values.slice(this.#argument).map((value) => {
      return value === null ? '<nil>' : `${typeOf(value)}=${printed(value, this.#budget)}`
    })
    return `%!(EXTRA ${extra.join(', ')})`
  }
}

const FLAGS: Readonly<Record<string, 'plus' | 'minus' | 'sharp' | 'space' | 'zero'>> = {
  '+': 'plus',
  '-': 'minus',
  '#': 'sharp',
  ' ': 'space',
  '0': 'zero',
}
