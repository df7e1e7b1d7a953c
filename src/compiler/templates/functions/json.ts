import { CallError, LimitError } from '../limits.ts'
import type { Value } from '../values.ts'
import { any, type CallContext, type FunctionGroup, fn, text } from './function.ts'
import { readJson } from './json-read.ts'
import { type JsonStyle, writeJson } from './json-write.ts'

const COMPACT: JsonStyle = { indent: '', escapesHtml: true }
const PRETTY: JsonStyle = { indent: '  ', escapesHtml: true }
const RAW: JsonStyle = { indent: '', escapesHtml: false }

/** Where the other kind of function refuses, this one gives the fallback. */
function orElse<T>(fallback: T, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof CallError) || error instanceof LimitError) throw error
    return fallback
  }
}

const writes = (style: JsonStyle) => (value: Value, context: CallContext) => writeJson(value, style, context.budget)

const lenient = (write: (value: Value, context: CallContext) => string) =>
  fn([any], ([value], context) => orElse('', () => write(value, context)))
const strict = (write: (value: Value, context: CallContext) => string) =>
  fn([any], ([value], context) => write(value, context))

export const jsonFunctions: FunctionGroup = {
  fromJson: fn([text], ([json], context) => orElse<Value>(null, () => readJson(json, context.budget).value)),
  mustFromJson: fn([text], ([json], { budget }) => {
    const { value, fault } = readJson(json, budget)
    if (fault !== null) throw new CallError(fault)
    return value
  }),
  toJson: lenient(writes(COMPACT)),
  mustToJson: strict(writes(COMPACT)),
  toPrettyJson: lenient(writes(PRETTY)),
  mustToPrettyJson: strict(writes(PRETTY)),
  toRawJson: strict(writes(RAW)),
  mustToRawJson: strict(writes(RAW)),
}
