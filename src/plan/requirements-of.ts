import type { Plan } from './plan.ts'
import { type PlanOption, type PlanRequirements, planOptions } from './requirements.ts'
import type { RuleNode } from './rule.ts'
import type { WeightedPlan } from './services.ts'
import { isRecord } from './signed-line.ts'

/** The first version whose worker reads plans of this format. */
const LEAST_WORKER = '0.1.0'

/** How to see that a plan asks for an option. */
const asksFor: Readonly<Record<PlanOption, (plan: Plan) => boolean>> = {
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
    options: planOptions.filter((name) => asksFor[name](plan)).sort(),
  }
}

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
