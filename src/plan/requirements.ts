import type { Plan } from './plan.ts'
import { PLAN_VERSION } from './plan.ts'
import type { RuleNode } from './rule.ts'
import type { WeightedPlan } from './services.ts'
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
  /** Keys of `planOptions`. */
  readonly options: readonly string[]
}

/** What a worker knows. */
export interface Abilities {
  readonly worker: string
  readonly middlewares: Readonly<Record<string, unknown>>
  readonly services: Readonly<Record<string, unknown>>
  readonly matchers: Readonly<Record<string, unknown>>
}

/** The first version whose worker reads plans of this format. */
const LEAST_WORKER = '0.1.0'

/**
 * What a plan may ask for that workers of before would overlook without a word, and how to see that it does. An option
 * that is added to a kind that workers know already gets a line here.
 */
export const planOptions: Readonly<Record<string, (plan: Plan) => boolean>> = {
  secrets: ({ middlewares, services }) =>
    [...Object.values(middlewares), ...Object.values(services)].some(({ secrets }) => secrets !== undefined),
  tracing: ({ telemetry }) => telemetry?.tracing !== undefined,
  'accessLog.sample': ({ telemetry }) => telemetry?.accessLog?.sample !== undefined,
  'edge.stateTimeout': ({ stateTimeoutMs }) => stateTimeoutMs !== undefined,
  'weighted.answer': ({ services }) =>
    Object.values(services).some(
      ({ kind, config }) =>
        kind === 'weighted' &&
        (config as WeightedPlan | null)?.members.some(({ answer }) => answer !== undefined) === true,
    ),
  'weighted.fields': ({ services }) =>
    Object.values(services).some(
      ({ kind, config }) =>
        kind === 'weighted' &&
        (config as WeightedPlan | null)?.members.some(({ fields }) => fields !== undefined) === true,
    ),
  'rateLimit.onStateError': ({ middlewares }) => hasOption(middlewares, ['rateLimit'], 'onStateError'),
  'redirect.statusCode': ({ middlewares }) => hasOption(middlewares, ['redirectRegex', 'redirectScheme'], 'statusCode'),
  'errors.nginxFields': ({ middlewares }) => hasOption(middlewares, ['errors'], 'nginxFields'),
  'loadBalancer.hashBy': ({ services }) => hasOption(services, ['loadBalancer'], 'hashBy'),
  'sticky.expires': ({ services }) =>
    Object.values(services).some(
      ({ config }) => isRecord(config) && isRecord(config.sticky) && config.sticky.expires !== undefined,
    ),
  'serversTransport.silence': ({ serversTransports }) =>
    Object.values(serversTransports ?? {}).some(
      ({ readTimeoutMs, writeTimeoutMs }) => readTimeoutMs !== undefined || writeTimeoutMs !== undefined,
    ),
}

const hasOption = (
  elements: Plan['middlewares'] | Plan['services'],
  kinds: readonly string[],
  option: string,
): boolean =>
  Object.values(elements).some(({ kind, config }) => kinds.includes(kind ?? '') && isRecord(config) && option in config)

/** What a plan needs. Elements that are disabled need nothing. */
export function requirementsOf(plan: Plan): PlanRequirements {
  const matchers = new Set<string>()
  for (const { rule } of Object.values(plan.routers)) if (rule !== null) addMatchers(rule, matchers)
  return {
    plan: plan.version,
    worker: LEAST_WORKER,
    middlewares: kindsOf(plan.middlewares),
    services: kindsOf(plan.services),
    matchers: [...matchers].sort(),
    options: Object.keys(planOptions)
      .filter((name) => planOptions[name]!(plan))
      .sort(),
  }
}

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
    ...lacks('option', requires.options, planOptions),
  ]
}

/** Null: malformed. */
export function parseRequirements(value: unknown): PlanRequirements | null {
  if (!isRecord(value)) return null
  const { plan, worker, middlewares, services, matchers, options } = value
  if (typeof plan !== 'number' || typeof worker !== 'string' || numbersOf(worker) === null) return null
  if (![middlewares, services, matchers, options].every(isTexts)) return null
  return value as unknown as PlanRequirements
}

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === 'string')

function kindsOf(elements: Plan['middlewares'] | Plan['services']): string[] {
  const kinds = Object.values(elements).map(({ kind, errors }) => (errors.length === 0 ? kind : null))
  return [...new Set(kinds)].filter((kind) => kind !== null).sort()
}

function addMatchers(rule: RuleNode, found: Set<string>): void {
  if (rule.op === 'match') found.add(rule.matcher)
  else if (rule.op === 'not') addMatchers(rule.node, found)
  else {
    addMatchers(rule.left, found)
    addMatchers(rule.right, found)
  }
}

/** Three numbers; what follows a dash says nothing here. */
function numbersOf(version: string): readonly number[] | null {
  const [, ...parts] = /^(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:-[\w.-]{1,40})?$/.exec(version) ?? []
  return parts.length === 0 ? null : parts.map(Number)
}

function isAtLeast(version: string, least: string): boolean {
  const [has, needs] = [numbersOf(version), numbersOf(least)]
  if (has === null || needs === null) return false
  const at = has.findIndex((number, index) => number !== needs[index])
  return at === -1 || has[at]! > needs[at]!
}
