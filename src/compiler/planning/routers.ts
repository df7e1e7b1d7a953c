import type { Steps } from '../../http/steps.ts'
import type { EntryPointPlan, ObservabilityPlan, RouterPlan, RouterTimeoutsPlan } from '../../plan/plan.ts'
import type { ConfigProblem } from '../../plan/problem.ts'
import type { RuleNode } from '../../plan/rule.ts'
import { domainsError, RuleError, ruleLength } from '../../rules/parse-rule.ts'
import { durationMs } from '../../schema/duration.ts'
import { fnv64 } from '../discovery/fnv.ts'
import { redirectsEntryPoint } from '../discovery/internal.ts'
import { providerOf, qualify } from '../dynamic/names.ts'
import type { MergedRouter } from '../merge/models.ts'
import { DEAR_HINT, dearExpressions } from './dear-expressions.ts'
import { visible } from './definition.ts'
import type { PlanMemory } from './plan-memory.ts'
import { didYouMean, type ProblemList } from './problems.ts'
import { buildRouterTree, type TreeNode } from './router-tree.ts'
import { planObservability } from './telemetry.ts'
import { type TlsPlanning, tlsOfRouter } from './tls.ts'

export interface RouterPlanning {
  readonly routers: Readonly<Record<string, MergedRouter>>
  readonly entryPoints: Readonly<Record<string, EntryPointPlan>>
  readonly services: ReadonlySet<string>
  readonly middlewares: ReadonlySet<string>
  readonly defaultRuleSyntax: string
  readonly memory: PlanMemory
  /** Null: the platform ends TLS, and options of routers mean nothing. */
  readonly tls: TlsPlanning | null
  readonly problems: ProblemList
}

/** The highest priority that a user may give (2^63 - 1001); internal routers stand above. */
export const MAX_USER_PRIORITY = 2n ** 63n - 1001n

export function* planRouters(planning: RouterPlanning): Steps<Record<string, RouterPlan>> {
  const { memory, problems } = planning
  const entries = Object.entries(planning.routers)
  const tree = buildRouterTree(entries.map(([name, router]) => nodeOf(name, router)))
  const plans: Record<string, RouterPlan> = Object.create(null)
  const made = new Map<string, readonly ConfigProblem[]>()
  for (const [name, router] of entries) {
    yield
    const known = memory.routers.get(router)
    if (known?.name === name && tree.reasons.get(name) === undefined && isSound(known.plan, planning)) {
      plans[name] = known.plan
      continue
    }
    const before = problems.all.length
    plans[name] = planRouter(name, router, planning, {
      reasons: tree.reasons.get(name) ?? [],
      errors: tree.errors.get(name) ?? [],
      warnings: tree.warnings.get(name) ?? [],
      parents: tree.parents.get(name) ?? [],
    })
    made.set(name, problems.since(before))
  }
  const built = builtRouters(plans)
  for (const [name, router] of entries) {
    yield
    const found = made.get(name)
    if (found === undefined) continue
    const plan = plans[name]!
    // What Traefik completes it completes when it comes to building the router, or to one of its entry points.
    const priority =
      built.has(name) || plan.entryPoints.length > 0 ? BigInt(plan.priority) : BigInt(router.priority ?? 0)
    const middlewares = built.has(name) ? plan.middlewares : (router.middlewares ?? [])
    plans[name] = { ...plan, definition: definitionOf(router, priority, middlewares, plan.isChild) }
    // What depends on others, and what is wrong with it, is worked out each time.
    const isPlain = found.length === 0 && plan.errors.length + plan.warnings.length === 0
    if (isPlain && !plan.isChild && !plan.tls) memory.routers.set(router, { name, plan: plans[name]!, problems: [] })
  }
  return plans
}

/** Whether what it names is still there. */
const isSound = ({ service, middlewares }: RouterPlan, planning: RouterPlanning): boolean =>
  (service === null || service.endsWith('@internal') || planning.services.has(service)) &&
  middlewares.every((name) => planning.middlewares.has(name))

/** Routers that come to be built: roots with a place, and children without any error below such ones. */
function builtRouters(plans: Readonly<Record<string, RouterPlan>>): ReadonlySet<string> {
  const children = new Map<string, string[]>()
  for (const [name, { parents }] of Object.entries(plans)) {
    for (const parent of parents) children.set(parent, [...(children.get(parent) ?? []), name])
  }
  const built = new Set<string>()
  for (const [name, { isChild, closed }] of Object.entries(plans)) if (!isChild && closed !== true) built.add(name)
  // A set goes on to what is added meanwhile.
  for (const name of built) {
    for (const child of children.get(name) ?? []) {
      const { errors, warnings } = plans[child]!
      if (errors.length === 0 && warnings.length === 0) built.add(child)
    }
  }
  return built
}

/** Where a provider says whose a router is, that alone is no wish of the router's. */
const saysWhatIsTold = ({ metadata, traceVerbosity, ...wishes }: NonNullable<MergedRouter['observability']>): boolean =>
  metadata === undefined || traceVerbosity !== '' || Object.keys(wishes).length > 0

function nodeOf(name: string, router: MergedRouter): TreeNode {
  const provider = providerOf(name)
  const forbidden = router.tls
    ? 'TLS'
    : router.observability !== undefined && saysWhatIsTold(router.observability)
      ? 'Observability'
      : (router.entryPoints?.length ?? 0) > 0
        ? 'Entrypoints'
        : null
  return {
    name,
    parents: (router.parentRefs ?? []).map((parent) => qualify(parent, provider)),
    hasService: Boolean(router.service),
    forbidden,
  }
}

interface Place {
  readonly reasons: readonly string[]
  readonly errors: readonly string[]
  readonly warnings: readonly string[]
  readonly parents: readonly string[]
}

function planRouter(name: string, router: MergedRouter, planning: RouterPlanning, place: Place): RouterPlan {
  const { problems } = planning
  const provider = providerOf(name)
  const isChild = (router.parentRefs ?? []).length > 0
  // In Traefik's order; where one is an error it does not matter that others are warnings.
  const reasons = [...place.reasons]
  let broken = place.errors.length > 0

  const known = [...new Set(router.entryPoints)]
    .filter((entryPoint) => Object.hasOwn(planning.entryPoints, entryPoint))
    // A filtered list has room for sixteen more; there are tens of thousands of these.
    .toSorted()
  for (const reason of place.errors) {
    problems.add(
      'error',
      'routers',
      name,
      [reason.startsWith('parent router') ? 'parentRefs' : ''].filter(Boolean),
      reason,
    )
  }
  for (const reason of place.warnings) problems.add('warning', 'routers', name, ['parentRefs'], reason)
  const homeless = !isChild && known.length === 0
  for (const entryPoint of router.entryPoints ?? []) {
    if (known.includes(entryPoint)) continue
    const reason = `entryPoint "${entryPoint}" doesn't exist`
    if (reasons.includes(reason)) continue
    reasons.push(reason)
    const hint = didYouMean(entryPoint, Object.keys(planning.entryPoints))
    problems.add(homeless ? 'error' : 'warning', 'routers', name, ['entryPoints'], reason, hint)
  }
  if (homeless) reasons.push('no valid entryPoint for this router')
  const priority = priorityOf(router)
  const tooHigh = known.length > 0 && priority > MAX_USER_PRIORITY && provider !== 'internal'
  if (tooHigh) {
    const reason = `the router priority ${priority} exceeds the max user-defined priority ${MAX_USER_PRIORITY}`
    reasons.push(reason)
    problems.add('error', 'routers', name, ['priority'], reason)
  }
  const tls = planning.tls === null || isChild ? null : tlsOfRouter(name, router, planning.tls)
  if (tls?.error) {
    // Traefik looks at them when it builds the router, which it does not in these cases.
    if (!homeless && !tooHigh) reasons.push(tls.error)
    problems.add('error', 'routers', name, ['tls'], tls.error)
  }
  if (tls?.warning) {
    problems.add('warning', 'routers', name, ['tls'], tls.warning)
  }
  if (tls?.losesClientAuth) {
    const reason = 'client certificates are not asked for, as the TLS options of this host are in conflict'
    const hint = 'give all routers of the host the same options, or set core.strictTLSOptions, which closes them'
    problems.add('error', 'routers', name, ['tls', 'options'], reason, hint)
  }

  const wrongTimes: string[] = []
  const timeouts = planTimeouts(name, router, wrongTimes, problems)
  reasons.push(...wrongTimes)
  const isClosed = homeless || tooHigh || Boolean(tls?.error) || wrongTimes.length > 0
  broken ||= isClosed
  if (!isClosed && !isChild && place.errors.includes('router has no service and no child routers')) {
    reasons.push('router must have either a service or child routers')
  }
  const { rule, ruleError } = planRule(name, router, planning)
  const service = router.service ? qualify(router.service, provider) : null
  const middlewares = (router.middlewares ?? []).map((middleware) => qualify(middleware, provider))
  checkReferences(name, service, middlewares, planning)
  const of = router.observability?.metadata?.ingress

  return {
    provider,
    definition: {},
    errors: broken ? reasons : [],
    warnings: broken ? [] : reasons,
    entryPoints: known,
    rule,
    ruleError,
    ...(tls?.warning && !homeless ? { tlsWarning: tls.warning } : {}),
    ...(router.tls !== undefined && ruleError !== null && known.length > 0 ? hostsError(router.rule ?? '') : {}),
    priority: String(priority),
    service,
    middlewares,
    parents: isChild ? place.parents : [],
    isChild,
    ...(isClosed ? { closed: true } : {}),
    tls: router.tls !== undefined,
    ...(planning.tls === null && redirectsEntryPoint(name, router) ? { redirectsEntryPoint: true } : {}),
    tlsOptions: tls === null ? null : tls.options,
    deniedEscapes: router.deniedEscapes ?? null,
    observability: observabilityOf(router, isChild, planning),
    ...(timeouts === null ? {} : { timeouts }),
    ...(of === undefined
      ? {}
      : { origin: { namespace: of.namespace ?? '', name: of.name ?? '', kind: of.kind ?? '' } }),
    ...(router.defaultRule === true ? { recursionMark: fnv64(name).toString(16) } : {}),
  }
}

/** Where the definition is not at hand spans need the rule; of a child its root decides whether it has one. */
function observabilityOf(
  { observability, rule = '' }: MergedRouter,
  isChild: boolean,
  { tls }: RouterPlanning,
): ObservabilityPlan {
  const planned = planObservability(observability ?? {})
  return tls === null && (isChild || planned.detailed === true) ? { ...planned, route: rule } : planned
}

function hostsError(rule: string): Pick<RouterPlan, 'domainsError'> {
  const reason = domainsError(rule)
  return reason === null ? {} : { domainsError: `invalid rule ${rule}, error: ${reason}` }
}

/** Timers take 32 bits; more would fire at once. */
const LONGEST_MS = 2 ** 31 - 1

/** Null: no limits. */
function planTimeouts(
  name: string,
  { timeouts: { responseHeader = '0s', total = '0s' } = {} }: MergedRouter,
  errors: string[],
  problems: ProblemList,
): RouterTimeoutsPlan | null {
  const timeouts = {
    responseHeaderMs: Math.min(durationMs(responseHeader), LONGEST_MS),
    totalMs: Math.min(durationMs(total), LONGEST_MS),
  }
  for (const [option, ms] of [
    ['responseHeader', timeouts.responseHeaderMs],
    ['total', timeouts.totalMs],
  ] as const) {
    if (ms >= 0) continue
    const reason = `negative value not valid for timeouts.${option}`
    errors.push(reason)
    problems.add('error', 'routers', name, ['timeouts', option], reason)
  }
  return timeouts.responseHeaderMs > 0 || timeouts.totalMs > 0 ? timeouts : null
}

function priorityOf(router: MergedRouter): bigint {
  const given = BigInt(router.priority ?? 0)
  return given === 0n ? BigInt(ruleLength(router.rule ?? '')) : given
}

function planRule(
  name: string,
  router: MergedRouter,
  { defaultRuleSyntax, memory: { rules }, problems }: RouterPlanning,
): { rule: RuleNode | null; ruleError: string | null } {
  const syntax = (router.ruleSyntax || defaultRuleSyntax) === 'v2' ? 'v2' : 'v3'
  const text = router.rule ?? ''
  try {
    const rule = rules.parse(text, syntax)
    for (const { source, message } of dearExpressions(rule)) {
      const before = text.slice(0, Math.max(0, text.indexOf(source)))
      problems.add('warning', 'routers', name, ['rule'], message, DEAR_HINT, ruleLength(before))
    }
    return { rule, ruleError: null }
  } catch (error) {
    if (!(error instanceof RuleError)) throw error
    problems.add('error', 'routers', name, ['rule'], error.message, error.hint, error.column - 1)
    return { rule: null, ruleError: error.message }
  }
}

function checkReferences(
  name: string,
  service: string | null,
  middlewares: readonly string[],
  planning: RouterPlanning,
): void {
  const { problems, services } = planning
  if (service !== null && !service.endsWith('@internal') && !services.has(service)) {
    problems.add(
      'error',
      'routers',
      name,
      ['service'],
      `the service "${service}" does not exist`,
      didYouMean(service, services),
    )
  }
  middlewares.forEach((middleware, at) => {
    if (planning.middlewares.has(middleware)) return
    const hint = didYouMean(middleware, planning.middlewares)
    problems.add('error', 'routers', name, ['middlewares', at], `middleware "${middleware}" does not exist`, hint)
  })
}

function definitionOf(
  router: MergedRouter,
  priority: bigint,
  middlewares: readonly string[],
  isChild: boolean,
): Record<string, unknown> {
  const { deniedEscapes: _, copyOf: __, defaultRule: ___, ...options } = router
  const definition = visible({ ...options, middlewares, priority: undefined })
  if (!isChild && definition.tls !== undefined) {
    definition.tls = { options: 'default', ...(definition.tls as Record<string, unknown>) }
  }
  // Traefik knows the priority of a rule once it builds the router, which it does not without entry points.
  return priority === 0n ? definition : { ...definition, priority: String(priority) }
}
