import type { RuleNode } from '../../plan/rule.ts'
import type { TcpRouterPlan } from '../../plan/tcp.ts'
import { ruleLength } from '../../rules/calls.ts'
import { goQuote, isAscii } from '../../rules/matchers.ts'
import { type ParsedTcpRule, parseTcpRule } from '../../rules/parse-tcp-rule.ts'
import { RuleError } from '../../rules/rule-error.ts'
import { providerOf, qualify } from '../dynamic/names.ts'
import type { TcpRouter } from '../dynamic/tcp.ts'
import { DEAR_HINT, dearExpressions } from './dear-expressions.ts'
import { visible } from './definition.ts'
import { didYouMean, type ProblemList } from './problems.ts'
import { MAX_USER_PRIORITY } from './routers.ts'
import type { TlsPlanning } from './tls.ts'

export interface TcpRouterPlanning {
  /** Names of the TCP entry points. */
  readonly entryPoints: readonly string[]
  readonly services: ReadonlySet<string>
  readonly middlewares: ReadonlySet<string>
  readonly defaultRuleSyntax: string
  /** Null: the runtime has no TLS of its own. */
  readonly tls: TlsPlanning | null
  /** The proxy has an identity of its own (SPIFFE). */
  readonly hasIdentity: boolean
  readonly problems: ProblemList
}

/** A TCP router; its errors are in the order in which Traefik finds them (`pkg/server/router/tcp/manager.go`). */
export function planTcpRouter(name: string, router: TcpRouter, planning: TcpRouterPlanning): TcpRouterPlan {
  const provider = providerOf(name)
  const rule = router.rule ?? ''
  const { errors, warnings, entryPoints } = placeOn(router.entryPoints ?? [], name, planning, 'tcp')
  const report = (reason: string, option: string, error: RuleError | null = null) => {
    errors.push(reason)
    const offset = error === null ? 0 : error.column - 1
    planning.problems.addStream('error', ['tcp', 'routers', name, option], reason, error?.hint ?? null, offset)
  }
  const parsed = rule === '' ? null : parsedRule(router, planning)
  const isCatchAll = parsed !== null && !(parsed instanceof RuleError) && parsed.isCatchAll
  const priority = priorityOf(router, isCatchAll)
  const service = router.service ? qualify(router.service, provider) : ''
  const middlewares = (router.middlewares ?? []).map((middleware) => qualify(middleware, provider))
  const options = optionsOf(router, provider)
  const built: { rule: RuleNode | null; ruleError: RuleError | null } = { rule: null, ruleError: null }
  let isQualified = false

  if (entryPoints.length > 0) {
    if (service === '') report('the service is missing on the router', 'service')
    else if (parsed === null) report('router has no rule', 'rule')
    else if (parsed instanceof RuleError) report(parsed.message, 'rule', parsed)
    else if (router.tls === undefined && parsed.hosts.length > 0 && parsed.hosts[0] !== '*') {
      report(`invalid rule: ${goQuote(rule)} , has HostSNI matcher, but no TLS on router`, 'rule')
    } else if (priority > MAX_USER_PRIORITY && provider !== 'internal') {
      report(`the router priority ${priority} exceeds the max user-defined priority ${MAX_USER_PRIORITY}`, 'priority')
    } else {
      if (router.tls !== undefined && router.tls.passthrough !== true) {
        for (const host of parsed.hosts) {
          if (isAscii(host)) continue
          report(`invalid domain name value ${goQuote(host)}, non-ASCII characters are not allowed`, 'rule')
        }
        const broken = planning.tls === null ? null : brokenOptions(options, planning.tls)
        if (broken !== null) report(broken, 'tls')
        isQualified = broken === null
      } else isQualified = true
      Object.assign(built, buildRule(parsed))
      for (const { source, message } of dearExpressions(built.rule)) {
        const offset = ruleLength(rule.slice(0, Math.max(0, rule.indexOf(source))))
        planning.problems.addStream('warning', ['tcp', 'routers', name, 'rule'], message, DEAR_HINT, offset)
      }
      if (built.ruleError !== null) {
        const { message, hint, column } = built.ruleError
        planning.problems.addStream('error', ['tcp', 'routers', name, 'rule'], message, hint, column - 1)
      }
      checkReferences(name, service, middlewares, planning)
    }
  }
  return {
    provider,
    // Traefik computes the priority when it comes to a router of an entry point, and qualifies names when it builds it.
    definition: definitionOf(
      router,
      isQualified ? middlewares : (router.middlewares ?? []),
      entryPoints.length > 0 && rule !== '' ? priority : null,
    ),
    errors,
    warnings,
    entryPoints,
    rule: built.rule,
    ruleError: built.ruleError?.message ?? null,
    isCatchAll,
    priority: String(priority),
    service,
    middlewares,
    tls: router.tls === undefined ? null : { passthrough: router.tls.passthrough === true, options },
  }
}

/** Which of the entry points that a router names exist, and what to say of the others. */
export function placeOn(
  wanted: readonly string[],
  name: string,
  planning: { readonly entryPoints: readonly string[]; readonly problems: ProblemList },
  section: 'tcp' | 'udp',
): { readonly errors: string[]; readonly warnings: string[]; readonly entryPoints: readonly string[] } {
  const entryPoints = wanted.filter((entryPoint) => planning.entryPoints.includes(entryPoint))
  const isLost = entryPoints.length === 0
  const reasons: string[] = []
  for (const entryPoint of wanted) {
    if (entryPoints.includes(entryPoint)) continue
    const reason = `entryPoint "${entryPoint}" doesn't exist`
    reasons.push(reason)
    const hint = didYouMean(entryPoint, planning.entryPoints)
    const severity = isLost ? 'error' : 'warning'
    planning.problems.addStream(severity, [section, 'routers', name, 'entryPoints'], reason, hint)
  }
  if (isLost) return { errors: [...reasons, 'no valid entryPoint for this router'], warnings: [], entryPoints }
  return { errors: [], warnings: reasons, entryPoints }
}

function parsedRule(router: TcpRouter, { defaultRuleSyntax }: TcpRouterPlanning): ParsedTcpRule | RuleError {
  const syntax = (router.ruleSyntax || defaultRuleSyntax) === 'v2' ? 'v2' : 'v3'
  try {
    return parseTcpRule(router.rule ?? '', syntax)
  } catch (error) {
    if (error instanceof RuleError) return error
    throw error
  }
}

function buildRule(parsed: ParsedTcpRule): { rule: RuleNode | null; ruleError: RuleError | null } {
  try {
    return { rule: parsed.build(), ruleError: null }
  } catch (error) {
    if (error instanceof RuleError) return { rule: null, ruleError: error }
    throw error
  }
}

function priorityOf(router: TcpRouter, isCatchAll: boolean): bigint {
  const given = BigInt(router.priority ?? 0)
  if (given !== 0n) return given
  return isCatchAll ? -1n : BigInt(ruleLength(router.rule ?? ''))
}

const DEFAULT = 'default'

function optionsOf({ tls }: TcpRouter, provider: string): string {
  const wanted = tls?.options ?? ''
  return wanted === '' || wanted === DEFAULT ? DEFAULT : qualify(wanted, provider)
}

/** Why a set of options can't be used, in Traefik's words; null: it can. */
function brokenOptions(name: string, { options, broken }: TlsPlanning): string | null {
  if (options.has(name)) return null
  const reason = broken.get(name)
  return reason === undefined ? `unknown TLS options: ${name}` : `building TLS config: ${reason}`
}

function checkReferences(
  name: string,
  service: string,
  middlewares: readonly string[],
  { problems, ...known }: TcpRouterPlanning,
): void {
  if (!known.services.has(service)) {
    const message = `the service "${service}" does not exist`
    problems.addStream('error', ['tcp', 'routers', name, 'service'], message, didYouMean(service, known.services))
  }
  middlewares.forEach((middleware, at) => {
    if (known.middlewares.has(middleware)) return
    const message = `middleware "${middleware}" does not exist`
    const hint = didYouMean(middleware, known.middlewares)
    problems.addStream('error', ['tcp', 'routers', name, 'middlewares', at], message, hint)
  })
}

/** @param priority null where Traefik never comes to compute it */
function definitionOf(
  router: TcpRouter,
  middlewares: readonly string[],
  priority: bigint | null,
): Record<string, unknown> {
  const given = BigInt(router.priority ?? 0)
  const shown = priority ?? (given === 0n ? null : given)
  const definition = visible({ ...router, middlewares, priority: undefined })
  if (router.tls !== undefined) {
    definition.tls = {
      passthrough: router.tls.passthrough === true,
      ...visible({ ...router.tls, passthrough: undefined }),
    }
  }
  return shown === null ? definition : { ...definition, priority: String(shown) }
}
