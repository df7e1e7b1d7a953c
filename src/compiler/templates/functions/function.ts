import type { Budget } from '../limits.ts'
import type { TemplatePorts } from '../ports.ts'
import {
  type GoMap,
  type GoTime,
  type GoVersion,
  type IntType,
  nilList,
  nilMap,
  type OfKind,
  type Value,
} from '../values.ts'

/** What functions may use beside their arguments. */
export interface CallContext {
  readonly ports: TemplatePorts
  readonly budget: Budget
}

/** The type of a parameter, and what the function gets of a value of that type. */
export interface Parameter<T> {
  /** As Go writes it in errors. */
  readonly type: string
  /** The constants that may stand for it, as Go's errors call them; null: none. */
  readonly constants: 'string' | 'bool' | 'integer' | 'unsigned integer' | 'float' | 'any' | null
  /** What `nil`, and what is not there, stand for; null: they are refused. */
  readonly nil: { readonly value: T } | null
  /** Undefined: the value is of another type. */
  readonly read: (value: Value) => T | undefined
}

/** What a function gives; undefined is Go's value that is none, which prints as `<no value>`. */
export type Result = Value | undefined

export interface TemplateFunction {
  readonly parameters: readonly Parameter<unknown>[]
  /** Any number of further arguments. */
  readonly rest: Parameter<unknown> | null
  /** Throws `CallError`. */
  readonly call: (args: readonly unknown[], context: CallContext) => Result
}

export type FunctionGroup = Readonly<Record<string, TemplateFunction>>

type Values<P extends readonly Parameter<unknown>[]> = {
  readonly [K in keyof P]: P[K] extends Parameter<infer T> ? T : never
}

/** A function of a fixed number of arguments. */
export const fn = <const P extends readonly Parameter<unknown>[]>(
  parameters: P,
  run: (args: Values<P>, context: CallContext) => Result,
): TemplateFunction => ({
  parameters,
  rest: null,
  call: (args, context) => run(args as unknown as Values<P>, context),
})

/** A function of any number of arguments. */
export const variadic = <const P extends readonly Parameter<unknown>[], R>(
  parameters: P,
  rest: Parameter<R>,
  run: (args: Values<P>, rest: readonly R[], context: CallContext) => Result,
): TemplateFunction => ({
  parameters,
  rest,
  call: (args, context) =>
    run(
      args.slice(0, parameters.length) as unknown as Values<P>,
      args.slice(parameters.length) as unknown as readonly R[],
      context,
    ),
})

type Kind = Exclude<Value, string | boolean | null>['kind']

const ofKind = <K extends Kind>(value: Value, kind: K): OfKind<K> | undefined =>
  typeof value === 'object' && value?.kind === kind ? (value as OfKind<K>) : undefined

const ofInt = (value: Value, type: IntType): bigint | undefined => {
  const int = ofKind(value, 'int')
  return int?.type === type ? int.value : undefined
}

const numberOf = (value: bigint | undefined): number | undefined => (value === undefined ? undefined : Number(value))

/** Go's `reflect.Value`: also takes what is none. */
export const reflected: Parameter<Value | undefined> = {
  type: 'reflect.Value',
  constants: 'any',
  nil: { value: undefined },
  read: (value) => value,
}

export const any: Parameter<Value> = {
  type: 'interface {}',
  constants: 'any',
  nil: { value: null },
  read: (value) => value,
}

export const text: Parameter<string> = {
  type: 'string',
  constants: 'string',
  nil: null,
  read: (value) => (typeof value === 'string' ? value : undefined),
}

export const bool: Parameter<boolean> = {
  type: 'bool',
  constants: 'bool',
  nil: null,
  read: (value) => (typeof value === 'boolean' ? value : undefined),
}

/** An `int`, as a number: texts and lists never have more elements than a number tells exactly. */
export const int: Parameter<number> = {
  type: 'int',
  constants: 'integer',
  nil: null,
  read: (value) => numberOf(ofInt(value, 'int')),
}

export const uint32: Parameter<number> = {
  type: 'uint32',
  constants: 'unsigned integer',
  nil: null,
  read: (value) => numberOf(ofInt(value, 'uint32')),
}

/** Nanoseconds. */
export const duration: Parameter<bigint> = {
  type: 'time.Duration',
  constants: 'integer',
  nil: null,
  read: (value) => ofInt(value, 'time.Duration'),
}

export const float64: Parameter<number> = {
  type: 'float64',
  constants: 'float',
  nil: null,
  read: (value) => ofKind(value, 'float')?.value,
}

export const map: Parameter<GoMap> = {
  type: 'map[string]interface {}',
  constants: null,
  nil: { value: nilMap },
  read: (value) => {
    const found = ofKind(value, 'map')
    return found?.type === 'map[string]interface {}' ? found : undefined
  },
}

export const list: Parameter<readonly Value[]> = {
  type: '[]interface {}',
  constants: null,
  nil: { value: nilList.items },
  read: (value) => {
    const found = ofKind(value, 'list')
    return found?.type === '[]interface {}' ? found.items : undefined
  },
}

export const time: Parameter<GoTime> = {
  type: 'time.Time',
  constants: null,
  nil: null,
  read: (value) => ofKind(value, 'time'),
}

export const version: Parameter<GoVersion> = {
  type: '*semver.Version',
  constants: null,
  nil: null,
  read: (value) => {
    const found = ofKind(value, 'version')
    return found?.isPointer ? found : undefined
  },
}
