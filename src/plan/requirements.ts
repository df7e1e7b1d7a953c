import { PLAN_VERSION } from './plan.ts'
import { isRecord } from './signed-line.ts'

/** What a worker must know to serve a plan as it is meant. All lists are sorted. */
export interface PlanRequirements {
  /** `Plan.version`. */
  readonly plan: number
  /** The least version of the package. */
  readonly worker: string
  /** Kinds of middlewares and of services. */
  readonly middlewares: readonly string[]
  readonly services: readonly string[]
  readonly matchers: readonly string[]
  /** Of `planOptions`. */
  readonly options: readonly string[]
}

/** What a worker knows. */
export interface Abilities {
  readonly worker: string
  readonly middlewares: Readonly<Record<string, unknown>>
  readonly services: Readonly<Record<string, unknown>>
  readonly matchers: Readonly<Record<string, unknown>>
}

/**
 * What a plan may ask for that workers of before would overlook without a word: `requirements-of.ts` sees that one does.
 */
export const planOptions = [
  'secrets',
  'tracing',
  'accessLog.sample',
  'edge.stateTimeout',
  'weighted.answer',
  'weighted.fields',
  'rateLimit.onStateError',
  'redirect.statusCode',
  'errors.nginxFields',
  'loadBalancer.hashBy',
  'sticky.expires',
  'serversTransport.silence',
] as const

export type PlanOption = (typeof planOptions)[number]

/** What of it somebody lacks, as people read it: `middleware plugin`, `matcher Foo`, `plan version 3`. */
export function missingIn(requires: PlanRequirements, known: Abilities): readonly string[] {
  const lacks = (what: string, wanted: readonly string[], has: Readonly<Record<string, unknown>>) =>
    wanted.filter((name) => !Object.hasOwn(has, name)).map((name) => `${what} ${name}`)
  return [
    ...(requires.plan === PLAN_VERSION ? [] : [`plan version ${requires.plan}`]),
    ...(isAtLeast(known.worker, requires.worker) ? [] : [`version ${requires.worker} of the worker`]),
    ...lacks('middleware', requires.middlewares, known.middlewares),
    ...lacks('service', requires.services, known.services),
    ...lacks('matcher', requires.matchers, known.matchers),
    ...requires.options.filter((name) => !isOption(name)).map((name) => `option ${name}`),
  ]
}

const isOption = (name: string): name is PlanOption => (planOptions as readonly string[]).includes(name)

/** Null: malformed. */
export function parseRequirements(value: unknown): PlanRequirements | null {
  if (!isRecord(value)) return null
  const { plan, worker, middlewares, services, matchers, options } = value
  if (typeof plan !== 'number' || typeof worker !== 'string' || numbersOf(worker) === null) return null
  if (![middlewares, services, matchers, options].every(isTexts)) return null
  return value as unknown as PlanRequirements
}

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === 'string')

/** Three numbers; what follows a dash says nothing here. */
function numbersOf(version: string): readonly number[] | null {
  const numbers = /^(?:\d{1,6}\.){2}\d{1,6}(?=-[\w.-]{1,40}$|$)/.exec(version)
  return numbers === null ? null : numbers[0].split('.').map(Number)
}

function isAtLeast(version: string, least: string): boolean {
  const [has, needs] = [numbersOf(version), numbersOf(least)]
  if (has === null || needs === null) return false
  const at = has.findIndex((number, index) => number !== needs[index])
  return at === -1 || has[at]! > needs[at]!
}
