import type { Plugins } from '../../contracts/plugin.ts'
import { atOnce, type Steps } from '../../http/steps.ts'
import {
  type EntryPointPlan,
  type MiddlewarePlan,
  PLAN_VERSION,
  type Plan,
  type RouterPlan,
  type SchemesPlan,
  type ServersTransportPlan,
  type ServicePlan,
  type Target,
} from '../../plan/plan.ts'
import { NO_TCP } from '../../plan/tcp.ts'
import { NO_TLS, type WantedCertificate } from '../../plan/tls.ts'
import { NO_UDP } from '../../plan/udp.ts'
import { wantedCertificates } from '../acme/wanted.ts'
import type { MergedConfig } from '../merge/merge.ts'
import { type DisabledPlans, planDisabled } from './disabled.ts'
import { type ElementPlanning, planMiddleware, planService } from './elements.ts'
import { PlanMemory, type Remembered } from './plan-memory.ts'
import { portabilityProblems } from './portability/portability.ts'
import { ProblemList } from './problems.ts'
import { planRouters } from './routers.ts'
import { warnOfSharedLimits } from './shared-limits.ts'
import { planTcp } from './tcp.ts'
import { planOptionSets, planTls, type TlsPlanning } from './tls.ts'
import { planServersTransport } from './transports.ts'
import { planUdp } from './udp.ts'

export interface PlanInput {
  /** Names are qualified, models of entry points applied. */
  readonly config: MergedConfig
  /** HTTP entry points. */
  readonly entryPoints: Readonly<Record<string, EntryPointPlan>>
  /** Where a platform ends TLS: which of them answer by the scheme; absent: connections say it. */
  readonly schemes?: SchemesPlan | undefined
  /** Names of the UDP entry points. */
  readonly udpEntryPoints?: readonly string[]
  /** `default@internal` */
  readonly defaultTransport: ServersTransportPlan
  readonly precedence: readonly string[]
  readonly defaultRuleSyntax: string
  readonly target: Target
  /** What the plan before came to; absent: there is none. */
  readonly memory?: PlanMemory | undefined
  /** Files that elements name (`usersFile`); throws with the system's text. */
  readonly readFile: (path: string) => string
  /** Names of the middlewares that the program brings itself: `NAME@program`. */
  readonly programMiddlewares?: readonly string[]
  /** Those that middlewares may be of. */
  readonly plugins?: Plugins | undefined
  /** Names of the certificate resolvers. */
  readonly certificateResolvers?: readonly string[]
  /** The proxy has an identity of its own (SPIFFE). */
  readonly hasIdentity?: boolean
}

/**
 * A merged configuration as a `Plan`. Total: it returns for every input; what is wrong with an element is in the
 * element and in `problems`.
 */
export function plan(input: PlanInput): Plan {
  return atOnce(planSteps(input))
}

/** The same in steps. */
export function* planSteps(input: PlanInput): Steps<Plan> {
  const { memory = new PlanMemory() } = input
  memory.rules.turn()
  const problems = new ProblemList()
  const { http } = input.config
  const { hasIdentity = false } = input
  const elements = { readFile: input.readFile, problems, plugins: input.plugins, hasIdentity }

  const disabled = planDisabled(input.config.disabledElements)
  const middlewares: Record<string, MiddlewarePlan> = Object.assign(Object.create(null), disabled.http.middlewares)
  for (const [name, options] of Object.entries(http.middlewares ?? {})) {
    middlewares[name] = remembered(memory.middlewares, name, options, elements, planMiddleware)
    yield
  }
  for (const name of input.programMiddlewares ?? []) {
    const kind = `${name}@program`
    middlewares[kind] = { provider: 'program', definition: {}, kind, config: null, errors: [], warnings: [] }
  }
  const serversTransports: Record<string, ServersTransportPlan> = Object.create(null)
  serversTransports['default@internal'] = input.defaultTransport
  for (const [name, options] of Object.entries(http.serversTransports ?? {})) {
    serversTransports[name] = remembered(memory.serversTransports, name, options, elements, planServersTransport)
  }
  const services: Record<string, ServicePlan> = Object.assign(Object.create(null), disabled.http.services)
  for (const [name, options] of Object.entries(http.services ?? {})) {
    services[name] = remembered(memory.services, name, options, elements, planService)
    yield
  }
  const ownTls = input.target === 'node'
  const tls = ownTls ? planOptionSets(input.config.tls, input.config.tlsConflicts, input.readFile, problems) : null
  const routers = yield* planRouters({
    routers: http.routers,
    entryPoints: input.entryPoints,
    services: new Set(Object.keys(services)),
    middlewares: new Set(Object.keys(middlewares)),
    defaultRuleSyntax: input.defaultRuleSyntax,
    memory,
    tls,
    problems,
  })
  const wanted = tls === null ? [] : yield* wantedIn(input, routers, problems)
  warnOfSharedLimits({ routers, written: http.routers, middlewares, services }, problems)
  yield
  const plannedTls = tls === null ? NO_TLS : planTls(input.config.tls, routers, tls, wanted)
  yield
  return {
    version: PLAN_VERSION,
    target: input.target,
    entryPoints: input.entryPoints,
    ...(input.schemes === undefined ? {} : { schemes: input.schemes }),
    routers: Object.assign(routers, disabled.http.routers),
    middlewares,
    services,
    serversTransports,
    tls: plannedTls,
    ...planStreams(input, tls, disabled, problems),
    precedence: input.precedence,
    problems: [
      ...input.config.problems,
      ...problems.all,
      ...(input.schemes === undefined ? [] : portabilityProblems(input.config, input.schemes)),
    ],
  }
}

function* wantedIn(
  { config, defaultRuleSyntax, certificateResolvers = [] }: PlanInput,
  planned: Readonly<Record<string, RouterPlan>>,
  problems: ProblemList,
): Steps<readonly WantedCertificate[]> {
  return yield* wantedCertificates({
    routers: config.http.routers,
    planned,
    tcpRouters: config.tcp?.routers ?? {},
    stores: config.tls?.stores ?? {},
    defaultRuleSyntax,
    resolvers: new Set(certificateResolvers),
    problems,
  })
}

/** Plans an element, unless it was planned before of the same options and of nothing else: files may have changed. */
function remembered<O extends object, P>(
  memory: WeakMap<object, Remembered<P>>,
  name: string,
  options: O,
  planning: ElementPlanning,
  make: (name: string, options: O, planning: ElementPlanning) => P,
): P {
  const { problems, readFile } = planning
  const known = memory.get(options)
  if (known?.name === name) {
    problems.all.push(...known.problems)
    return known.plan
  }
  const before = problems.all.length
  let hasRead = false
  const plan = make(name, options, {
    ...planning,
    readFile: (path) => {
      hasRead = true
      return readFile(path)
    },
  })
  if (!hasRead) memory.set(options, { name, plan, problems: problems.since(before) })
  return plan
}

/** TCP and UDP, which exist only where there are raw connections; elsewhere they are among the portability findings. */
function planStreams(
  input: PlanInput,
  tls: TlsPlanning | null,
  disabled: DisabledPlans,
  problems: ProblemList,
): Pick<Plan, 'tcp' | 'udp'> {
  if (tls === null) return { tcp: NO_TCP, udp: NO_UDP }
  const { tcp = {}, udp = {} } = input.config
  const entryPoints = Object.keys(input.entryPoints)
  const { defaultRuleSyntax, hasIdentity = false } = input
  const plannedTcp = planTcp(tcp, { entryPoints, defaultRuleSyntax, tls, hasIdentity, problems })
  const plannedUdp = planUdp(udp, { entryPoints: input.udpEntryPoints ?? [], problems })
  return {
    tcp: {
      ...plannedTcp,
      routers: Object.assign(plannedTcp.routers, disabled.tcp.routers),
      services: Object.assign(plannedTcp.services, disabled.tcp.services),
      middlewares: Object.assign(plannedTcp.middlewares, disabled.tcp.middlewares),
    },
    udp: {
      ...plannedUdp,
      routers: Object.assign(plannedUdp.routers, disabled.udp.routers),
      services: Object.assign(plannedUdp.services, disabled.udp.services),
    },
  }
}
