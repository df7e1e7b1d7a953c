import { stringOf } from '../format/print-value.ts'
import { formatTime } from '../time/format.ts'
import { civilOf, floorDivide, momentOf, secondsOfDate, timeAt, unixSeconds, ZERO_TIME } from '../time/zone.ts'
import { float, type GoInt, type GoTime, type GoVersion, type IntType, int, int64, type Value } from '../values.ts'
import {
  duration,
  type FunctionGroup,
  fn,
  int as intParameter,
  type TemplateFunction,
  text,
  time,
  version,
} from './function.ts'
import { compareVersions, incremented } from './versions.ts'

/** Methods of the few types that have some, bound to their value; null: there is none of that name. */
export function methodOf(value: Value, name: string): TemplateFunction | null {
  const methods = methodsOf(value)
  return methods !== null && Object.hasOwn(methods, name) ? methods[name]! : null
}

function methodsOf(value: Value): FunctionGroup | null {
  if (typeof value !== 'object' || value === null) return null
  if (value.kind === 'time') return timeMethods(value)
  if (value.kind === 'version') return versionMethods(value)
  if (value.kind !== 'int' || !value.type.startsWith('time.')) return null
  return value.type === 'time.Duration' ? durationMethods(value) : { String: giving(() => stringOf(value)) }
}

const giving = (get: () => Value): TemplateFunction => fn([], get)

const typed = (type: IntType, value: number | bigint): GoInt => ({ kind: 'int', type, value: BigInt(value) })

const SECOND = 1_000_000_000n
const LONGEST = 2n ** 63n - 1n

/** The longest duration there is stands for longer ones. */
const inDurations = (nanoseconds: bigint): bigint =>
  nanoseconds > LONGEST ? LONGEST : nanoseconds < -LONGEST - 1n ? -LONGEST - 1n : nanoseconds

function timeMethods(moment: GoTime): FunctionGroup {
  const civil = () => civilOf(moment)
  const at = (nanoseconds: bigint): GoTime => ({ ...moment, nanoseconds })
  const { nanoseconds } = moment
  return {
    Format: fn([text], ([layout]) => formatTime(moment, layout)),
    String: giving(() => stringOf(moment)),
    Unix: giving(() => int64(unixSeconds(moment))),
    UnixMilli: giving(() => int64(floorDivide(nanoseconds, 1_000_000n))),
    UnixMicro: giving(() => int64(floorDivide(nanoseconds, 1_000n))),
    UnixNano: giving(() => int64(nanoseconds)),
    Year: giving(() => int(civil().year)),
    Month: giving(() => typed('time.Month', civil().month)),
    Day: giving(() => int(civil().day)),
    Hour: giving(() => int(civil().hour)),
    Minute: giving(() => int(civil().minute)),
    Second: giving(() => int(civil().second)),
    Nanosecond: giving(() => int(civil().nanosecond)),
    Weekday: giving(() => typed('time.Weekday', civil().weekday)),
    YearDay: giving(() => int(civil().yearDay)),
    UTC: giving(() => ({ ...moment, zone: 'UTC' })),
    Local: fn([], (_, { ports }) => ({ ...moment, zone: ports.timeZone })),
    IsZero: giving(() => nanoseconds === ZERO_TIME.nanoseconds),
    Add: fn([duration], ([by]) => at(nanoseconds + by)),
    AddDate: fn([intParameter, intParameter, intParameter], ([years, months, days]) => {
      const { year, month, day, hour, minute, second, nanosecond } = civil()
      const midnight = secondsOfDate(year + years, month + months, day + days)
      const local = BigInt(midnight + hour * 3600 + minute * 60 + second)
      return timeAt(momentOf(local, moment.zone), moment.zone, BigInt(nanosecond))
    }),
    Sub: fn([time], ([other]) => typed('time.Duration', inDurations(nanoseconds - other.nanoseconds))),
    After: fn([time], ([other]) => nanoseconds > other.nanoseconds),
    Before: fn([time], ([other]) => nanoseconds < other.nanoseconds),
    Equal: fn([time], ([other]) => nanoseconds === other.nanoseconds),
  }
}

function versionMethods(of: GoVersion): FunctionGroup {
  const compared = (holds: (order: number) => boolean) => fn([version], ([other]) => holds(compareVersions(of, other)))
  const methods = {
    String: giving(() => stringOf(of)),
    Major: giving(() => typed('uint64', of.major)),
    Minor: giving(() => typed('uint64', of.minor)),
    Patch: giving(() => typed('uint64', of.patch)),
    Prerelease: giving(() => of.prerelease),
    Metadata: giving(() => of.metadata),
    IncMajor: giving(() => incremented(of, 'major')),
    IncMinor: giving(() => incremented(of, 'minor')),
    IncPatch: giving(() => incremented(of, 'patch')),
  }
  if (!of.isPointer) return methods
  return {
    ...methods,
    Original: giving(() => of.original),
    Compare: fn([version], ([other]) => int(compareVersions(of, other))),
    Equal: compared((order) => order === 0),
    LessThan: compared((order) => order < 0),
    LessThanEqual: compared((order) => order <= 0),
    GreaterThan: compared((order) => order > 0),
    GreaterThanEqual: compared((order) => order >= 0),
  }
}

function durationMethods({ value }: GoInt): FunctionGroup {
  return {
    String: giving(() => stringOf(typed('time.Duration', value))),
    Hours: giving(() => float(Number(value) / Number(SECOND * 3600n))),
    Minutes: giving(() => float(Number(value) / Number(SECOND * 60n))),
    Seconds: giving(() => float(Number(value) / Number(SECOND))),
    Milliseconds: giving(() => int64(value / 1_000_000n)),
    Microseconds: giving(() => int64(value / 1_000n)),
    Nanoseconds: giving(() => int64(value)),
  }
}
