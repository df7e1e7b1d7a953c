import { formatDuration, parseDuration } from '../../../schema/duration.ts'
import { CallError } from '../limits.ts'
import { parseDecimal } from '../number-syntax.ts'
import { formatTime } from '../time/format.ts'
import { parseTime, quoteTime } from '../time/parse.ts'
import { isZone, timeAt, unixSeconds, ZERO_TIME } from '../time/zone.ts'
import type { GoTime, Value } from '../values.ts'
import { any, type CallContext, type FunctionGroup, fn, text, time } from './function.ts'

const SECOND = 1_000_000_000n

const now = ({ ports }: CallContext): GoTime => ({ kind: 'time', nanoseconds: ports.now(), zone: ports.timeZone })

/** A time, or seconds since 1970; anything else is now. */
function moment(value: Value, context: CallContext): GoTime {
  if (typeof value === 'object' && value?.kind === 'time') return value
  const isSeconds = typeof value === 'object' && value?.kind === 'int' && /^int(?:64)?$/.test(value.type)
  return isSeconds ? timeAt(value.value, context.ports.timeZone) : now(context)
}

/** Go's `time.LoadLocation`; what is not known counts as UTC. */
function zoneOf(name: string, { ports }: CallContext): string {
  if (name === 'Local') return ports.timeZone
  return name !== '' && isZone(name) ? name : 'UTC'
}

const inZone = (layout: string, value: Value, zone: string, context: CallContext): string =>
  formatTime({ ...moment(value, context), zone: zoneOf(zone, context) }, layout)

/** Go's `time.ParseDuration`: a bare number has no unit. */
function goDuration(written: string): bigint {
  const digits = written.replace(/^[+-]/, '')
  if (digits === '0') return 0n
  if (/^\d+$/.test(digits)) throw new CallError(`time: missing unit in duration ${quoteTime(written)}`)
  try {
    return parseDuration(written)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    throw new CallError(error.message.replaceAll(JSON.stringify(written), quoteTime(written)))
  }
}

/** 0 where it is none. */
function durationOrZero(written: string): bigint {
  try {
    return goDuration(written)
  } catch (error) {
    if (error instanceof CallError) return 0n
    throw error
  }
}

const later = (moment: GoTime, by: bigint): GoTime => ({ ...moment, nanoseconds: moment.nanoseconds + by })

/** To whole seconds, halves away from zero. */
function wholeSeconds(nanoseconds: bigint): bigint {
  const half = nanoseconds < 0n ? -SECOND / 2n : SECOND / 2n
  return ((nanoseconds + half) / SECOND) * SECOND
}

const UNITS: readonly (readonly [nanoseconds: bigint, name: string])[] = [
  [SECOND * 3600n * 24n * 365n, 'y'],
  [SECOND * 3600n * 24n * 30n, 'mo'],
  [SECOND * 3600n * 24n, 'd'],
  [SECOND * 3600n, 'h'],
  [SECOND * 60n, 'm'],
  [SECOND, 's'],
]

/** Only the largest unit. */
function roundedDuration(nanoseconds: bigint): string {
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds
  const unit = UNITS.find(([length]) => size > length)
  return unit === undefined ? '0s' : `${size / unit[0]}${unit[1]}`
}

function nanosecondsOf(value: Value, context: CallContext): bigint {
  if (typeof value === 'string') return durationOrZero(value)
  if (typeof value !== 'object' || value === null) return 0n
  if (value.kind === 'int' && value.type === 'int64') return value.value
  return value.kind === 'time' ? now(context).nanoseconds - value.nanoseconds : 0n
}

function secondsOf(value: Value): bigint {
  if (typeof value === 'string') return parseDecimal(value).value
  return typeof value === 'object' && value?.kind === 'int' && value.type === 'int64' ? value.value : 0n
}

const HTML_DATE = '2006-01-02'

const dateInZone = fn([text, any, text], ([layout, value, zone], context) => inZone(layout, value, zone, context))
const dateModify = fn([text, time], ([by, moment]) => later(moment, durationOrZero(by)))
const mustDateModify = fn([text, time], ([by, moment]) => later(moment, goDuration(by)))

export const dateFunctions: FunctionGroup = {
  now: fn([], (_, context) => now(context)),
  ago: fn([any], ([value], context) =>
    formatDuration(wholeSeconds(now(context).nanoseconds - moment(value, context).nanoseconds)),
  ),
  date: fn([text, any], ([layout, value], context) => inZone(layout, value, 'Local', context)),
  dateInZone,
  date_in_zone: dateInZone,
  dateModify,
  date_modify: dateModify,
  mustDateModify,
  must_date_modify: mustDateModify,
  duration: fn([any], ([value]) => formatDuration(BigInt.asIntN(64, secondsOf(value) * SECOND))),
  durationRound: fn([any], ([value], context) => roundedDuration(nanosecondsOf(value, context))),
  htmlDate: fn([any], ([value], context) => inZone(HTML_DATE, value, 'Local', context)),
  htmlDateInZone: fn([any, text], ([value, zone], context) => inZone(HTML_DATE, value, zone, context)),
  toDate: fn([text, text], ([layout, written], { ports }) => {
    try {
      return parseTime(layout, written, ports.timeZone)
    } catch (error) {
      if (error instanceof CallError) return ZERO_TIME
      throw error
    }
  }),
  mustToDate: fn([text, text], ([layout, written], { ports }) => parseTime(layout, written, ports.timeZone)),
  unixEpoch: fn([time], ([moment]) => String(unixSeconds(moment))),
}
