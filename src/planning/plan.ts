import type { MergedConfig } from '../config/merge/merge.ts'
import {
  type EntryPointPlan,
  type MiddlewarePlan,
  PLAN_VERSION,
  type Plan,
  type ServersTransportPlan,
  type ServicePlan,
  type Target,
} from '../plan/plan.ts'
import { planMiddleware, planService } from './elements.ts'
import { ProblemList } from './problems.ts'
import { planRouters, turnRuleCache } from './routers.ts'
import { planServersTransport } from './transports.ts'

export interface PlanInput {
  /** Names are qualified, models of entry points applied. */
  readonly config: MergedConfig
  /** HTTP entry points. */
  readonly entryPoints: Readonly<Record<string, EntryPointPlan>>
  /** `default@internal` */
  readonly defaultTransport: ServersTransportPlan
  readonly precedence: readonly string[]
  readonly defaultRuleSyntax: string
  readonly target: Target
  /** Files that elements name (`usersFile`); throws with the system's text. */
  readonly readFile: (path: string) => string
}

/**
 * A merged configuration as a `Plan`. Total: it returns for every input; what is wrong with an element is in the
 * element and in `problems`.
 */
export function plan(input: PlanInput): Plan {
  turnRuleCache()
  const problems = new ProblemList()
  const { http } = input.config
  const elements = { readFile: input.readFile, problems }

  const middlewares: Record<string, MiddlewarePlan> = Object.create(null)
  for (const [name, options] of Object.entries(http.middlewares ?? {})) {
    middlewares[name] = planMiddleware(name, options, elements)
  }
  const serversTransports: Record<string, ServersTransportPlan> = Object.create(null)
  serversTransports['default@internal'] = input.defaultTransport
  for (const [name, options] of Object.entries(http.serversTransports ?? {})) {
    serversTransports[name] = planServersTransport(name, options, problems)
  }
  const services: Record<string, ServicePlan> = Object.create(null)
  for (const [name, options] of Object.entries(http.services ?? {})) {
    services[name] = planService(name, options, elements)
  }
  const routers = planRouters({
    routers: http.routers,
    entryPoints: input.entryPoints,
    services: new Set(Object.keys(services)),
    middlewares: new Set(Object.keys(middlewares)),
    defaultRuleSyntax: input.defaultRuleSyntax,
    target: input.target,
    problems,
  })
  return {
    version: PLAN_VERSION,
    target: input.target,
    entryPoints: input.entryPoints,
    routers,
    middlewares,
    services,
    serversTransports,
    precedence: input.precedence,
    problems: [...input.config.problems, ...problems.all],
  }
}
