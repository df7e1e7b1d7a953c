import { printed } from '../format/printf.ts'
import { CallError } from '../limits.ts'
import { fitsInt64, parseDecimal } from '../number-syntax.ts'
import { float, int, int64, listOf, type Value } from '../values.ts'
import { toFloat64, toInt64 } from './casts.ts'
import { add, type Decimal, decimalOf, divide, floatOf, multiply, subtract } from './decimal.ts'
import {
  any,
  type CallContext,
  type FunctionGroup,
  float64,
  fn,
  int as intParameter,
  text,
  variadic,
} from './function.ts'
import { randomBelow } from './random.ts'

const ints = (values: readonly Value[]): readonly bigint[] => values.map(toInt64)

const overInts = (join: (a: bigint, b: bigint) => bigint) =>
  variadic([any], any, ([first], rest) => int64(ints(rest).reduce(join, toInt64(first))))

const overFloats = (join: (...values: number[]) => number) =>
  variadic([any], any, ([first], rest) => float(rest.map(toFloat64).reduce((a, b) => join(a, b), toFloat64(first))))

const larger = (a: bigint, b: bigint): bigint => [a, b].toSorted((x, y) => (x < y ? 1 : -1))[0]!

/** Decimal fractions: `addf 0.1 0.2` is 0.3. */
const overDecimals = (first: Value, rest: readonly Value[], join: (a: Decimal, b: Decimal) => Decimal) =>
  float(floatOf(rest.map((value) => decimalOf(toFloat64(value))).reduce(join, decimalOf(toFloat64(first)))))

/** Wraps at 64 bits. */
const wrap = (value: bigint) => BigInt.asIntN(64, value)

function divided(a: Value, b: Value, operation: (x: bigint, y: bigint) => bigint): Value {
  const divisor = toInt64(b)
  if (divisor === 0n) throw new CallError('runtime error: integer divide by zero')
  return int64(operation(toInt64(a), divisor))
}

function* steps(start: number, stop: number, step: number): Generator<number> {
  if (stop < start) {
    if (step >= 0) return
    for (let at = start; at > stop; at += step) yield at
  } else if (step > 0) {
    for (let at = start; at < stop; at += step) yield at
  }
}

function untilStep(start: number, stop: number, step: number, { budget }: CallContext): readonly number[] {
  const count = step === 0 ? 0 : Math.ceil((stop - start) / step)
  budget.elements(count)
  return [...steps(start, stop, step)]
}

const intList = (values: readonly number[]) => listOf(values.map(int), '[]int')

/** Sprig's `seq`, like that of Unix. */
function sequence(given: readonly number[], context: CallContext): string {
  const [first, second, third] = given
  if (first === undefined || given.length > 3) return ''
  if (second === undefined) {
    const increment = first < 1 ? -1 : 1
    return untilStep(1, first + increment, increment, context).join(' ')
  }
  const end = third ?? second
  const increment = end < first ? -1 : 1
  const step = third === undefined ? increment : second
  if (end < first && step > 0) return ''
  return untilStep(first, end + increment, step, context).join(' ')
}

function rounded(value: Value, places: number, roundOn = 0.5): number {
  const power = 10 ** places
  const digit = power * toFloat64(value)
  const fraction = digit - Math.trunc(digit)
  return (fraction >= roundOn ? Math.ceil(digit) : Math.floor(digit)) / power
}

/** Digits of base eight; 0 where there are others. */
function octal(shown: string): bigint {
  const match = /^([+-]?)([0-7]+)$/.exec(shown)
  if (match === null) return 0n
  const value = BigInt(`0o${match[2]}`)
  const signed = match[1] === '-' ? -value : value
  return fitsInt64(signed) ? signed : 0n
}

export const numberFunctions: FunctionGroup = {
  atoi: fn([text], ([digits]) => int(parseDecimal(digits).value)),
  int: fn([any], ([value]) => int(toInt64(value))),
  int64: fn([any], ([value]) => int64(toInt64(value))),
  float64: fn([any], ([value]) => float(toFloat64(value))),
  toDecimal: fn([any], ([value], { budget }) => int64(octal(printed(value, budget)))),
  add1: fn([any], ([value]) => int64(toInt64(value) + 1n)),
  add: variadic([], any, (_, values) => int64(ints(values).reduce((a, b) => wrap(a + b), 0n))),
  sub: fn([any, any], ([a, b]) => int64(toInt64(a) - toInt64(b))),
  mul: overInts((a, b) => wrap(a * b)),
  div: fn([any, any], ([a, b]) => divided(a, b, (x, y) => x / y)),
  mod: fn([any, any], ([a, b]) => divided(a, b, (x, y) => x % y)),
  max: overInts(larger),
  biggest: overInts(larger),
  min: overInts((a, b) => -larger(-a, -b)),
  maxf: overFloats(Math.max),
  minf: overFloats(Math.min),
  add1f: fn([any], ([value]) => overDecimals(value, [int(1)], add)),
  addf: variadic([], any, (_, values) => overDecimals(float(0), values, add)),
  subf: variadic([any], any, ([first], rest) => overDecimals(first, rest, subtract)),
  mulf: variadic([any], any, ([first], rest) => overDecimals(first, rest, multiply)),
  divf: variadic([any], any, ([first], rest) => overDecimals(first, rest, divide)),
  floor: fn([any], ([value]) => float(Math.floor(toFloat64(value)))),
  ceil: fn([any], ([value]) => float(Math.ceil(toFloat64(value)))),
  round: variadic([any, intParameter], float64, ([value, places], [roundOn]) => float(rounded(value, places, roundOn))),
  until: fn([intParameter], ([count], context) => intList(untilStep(0, count, count < 0 ? -1 : 1, context))),
  untilStep: fn([intParameter, intParameter, intParameter], ([start, stop, step], context) =>
    intList(untilStep(start, stop, step, context)),
  ),
  seq: variadic([], intParameter, (_, given, context) => sequence(given, context)),
  randInt: fn([intParameter, intParameter], ([low, high], { ports }) => int(low + randomBelow(high - low, ports))),
}
