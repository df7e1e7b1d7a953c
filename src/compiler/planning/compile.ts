import type { Plugins } from '../../contracts/plugin.ts'
import { atOnce, type Steps } from '../../http/steps.ts'
import type { ManagementPlan } from '../../plan/management.ts'
import type { Plan, ServersTransportPlan, Target } from '../../plan/plan.ts'
import { DEFAULT_SERVER_TLS } from '../../plan/tls.ts'
import { durationMs } from '../../schema/duration.ts'
import type { DynamicConfig } from '../dynamic/dynamic.ts'
import { managementPlan } from '../install/api-options.ts'
import type { InstallConfig } from '../install/install.ts'
import { mergeSteps } from '../merge/merge.ts'
import { type CollectorPlanning, planCollector } from './collector.ts'
import { planEntryPoints, planSchemes, udpEntryPoints } from './entry-points.ts'
import { planSteps } from './plan.ts'
import { PlanMemory } from './plan-memory.ts'
import { installProblems } from './portability/install.ts'
import { planSpiffe, spiffeFault } from './spiffe.ts'
import { planTelemetry } from './telemetry.ts'
import { plannedLimits } from './transports.ts'

export interface CompileOptions {
  readonly install: InstallConfig
  readonly target: Target
  /** Kept by who compiles again and again. */
  readonly memory?: PlanMemory
  /** Files that elements name; throws with the system's text. */
  readonly readFile: (path: string) => string
  /** Names of the middlewares that the program brings itself. */
  readonly programMiddlewares?: readonly string[]
  readonly plugins?: Plugins | undefined
}

/** What all providers say, as one plan: merge, then plan. Total, like both. */
export function compile(configurations: ReadonlyMap<string, DynamicConfig>, options: CompileOptions): Plan {
  return atOnce(compileSteps(configurations, options))
}

/** The same in steps: between them others have their turns, however much there is to plan. */
export function* compileSteps(
  configurations: ReadonlyMap<string, DynamicConfig>,
  options: CompileOptions,
): Steps<Plan> {
  const { install, target, readFile, memory = new PlanMemory(), programMiddlewares = [] } = options
  memory.defaultTransport ??= defaultTransport(install)
  const planned = yield* planSteps({
    config: yield* mergeSteps(Object.fromEntries(configurations), install, memory),
    entryPoints: planEntryPoints(install),
    schemes: target === 'edge' ? planSchemes(install) : undefined,
    udpEntryPoints: udpEntryPoints(install),
    defaultTransport: memory.defaultTransport,
    precedence: install.providers.precedence ?? [],
    defaultRuleSyntax: install.core?.defaultRuleSyntax ?? 'v3',
    target,
    memory,
    readFile,
    programMiddlewares,
    plugins: options.plugins,
    certificateResolvers: Object.keys(install.certificatesResolvers ?? {}),
    hasIdentity: hasIdentity(install),
  })
  const telemetry = planTelemetry(install, target)
  const { collector, metricsCollector, problems } = target === 'edge' ? planCollector(install) : NO_COLLECTOR
  const found = [...problems, ...(target === 'edge' ? installProblems(install) : [])]
  const stateTimeout = target === 'edge' ? install.edge?.stateTimeout : undefined
  return {
    ...planned,
    ...(stateTimeout === undefined ? {} : { stateTimeoutMs: durationMs(stateTimeout) }),
    ...(telemetry === null
      ? {}
      : {
          telemetry: {
            ...telemetry,
            ...(collector === null ? {} : { collector }),
            ...(metricsCollector === null ? {} : { metricsCollector }),
          },
        }),
    ...(target === 'edge' ? { management: publishedManagement(install) } : {}),
    ...(found.length === 0 ? {} : { problems: [...planned.problems, ...found] }),
  }
}

/** As JSON can hold it: of an integer beyond 2^53, as a priority may be, what all who read JSON by doubles see of it. */
function publishedManagement(install: InstallConfig): ManagementPlan {
  const management: ManagementPlan = { ...managementPlan(install), providers: ['File'] }
  const text = JSON.stringify(management, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value))
  return JSON.parse(text) as ManagementPlan
}

const NO_COLLECTOR: CollectorPlanning = { collector: null, metricsCollector: null, problems: [] }

/** Go's own number of idle connections, where the option says 0. */
const GO_MAX_IDLE = 2
/** Traefik's default for connections that no `serversTransport` describes. */
const DEFAULT_MAX_IDLE = 200

const hasIdentity = ({ spiffe }: InstallConfig): boolean => (spiffe?.workloadAPIAddr ?? '') !== ''

function defaultTransport(install: InstallConfig): ServersTransportPlan {
  const { serversTransport } = install
  const timeouts = serversTransport?.forwardingTimeouts
  return {
    error: spiffeFault(serversTransport?.spiffe, serversTransport ?? {}, hasIdentity(install)),
    dialTimeoutMs: durationMs(timeouts?.dialTimeout ?? '30s'),
    responseHeaderTimeoutMs: durationMs(timeouts?.responseHeaderTimeout ?? '0s'),
    idleConnTimeoutMs: durationMs(timeouts?.idleConnTimeout ?? '90s'),
    maxIdleConnsPerHost: (serversTransport?.maxIdleConnsPerHost ?? DEFAULT_MAX_IDLE) || GO_MAX_IDLE,
    http2: true,
    readIdleTimeoutMs: 0,
    pingTimeoutMs: 15_000,
    ...plannedLimits(serversTransport ?? {}),
    tls: {
      ...DEFAULT_SERVER_TLS,
      insecureSkipVerify: serversTransport?.insecureSkipVerify ?? false,
      rootCAs: serversTransport?.rootCAs ?? [],
      ...planSpiffe(serversTransport?.spiffe),
    },
  }
}
