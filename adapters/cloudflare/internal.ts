import type { Logger } from '../../src/contracts/ports.ts'
import type { Handler } from '../../src/http/handler.ts'
import { bareReply, phraseReply } from '../../src/http/replies.ts'
import { type Definitions, openDefinitions, restoreDefinitions } from '../../src/plan/definitions.ts'
import { PLAN_API_KEY } from '../../src/plan/kv-keys.ts'
import type { ManagementPlan } from '../../src/plan/management.ts'
import type { Plan } from '../../src/plan/plan.ts'
import type { Reader } from '../../src/plan/signed-line.ts'
import type { Host } from '../../src/runtime/host.ts'
import { stateOf } from '../../src/runtime/operator-control.ts'
import type { Snapshot } from '../../src/runtime/snapshot.ts'
import { CODENAME, VERSION } from '../../src/version.ts'
import { dashboardFiles } from './dashboard-files.ts'
import type { WorkerEnv } from './env.ts'
import { readValue } from './stored.ts'
import { within } from './within.ts'

/** What the management API shows. */
export interface ShownPlan {
  /** It comes without definitions. */
  readonly plan: Plan
  readonly revision: number
  readonly env: WorkerEnv
  readonly reader: () => Promise<Reader>
  readonly log: Logger
}

/**
 * The services `NAME@internal` that a plan names; the management API is a module of its own, loaded only then. What it
 * shows is what this isolate knows.
 * @param wanted their names
 * @param host where the snapshot is in force
 */
export async function loadInternal(
  shown: ShownPlan,
  wanted: ReadonlySet<string>,
  host: Host,
): Promise<ReadonlyMap<string, Handler>> {
  const services = new Map<string, Handler>([['noop@internal', () => bareReply(418)]])
  if (wanted.has('ping@internal')) {
    const { createPing } = await import('../../src/api/ping.ts')
    services.set(
      'ping@internal',
      createPing(() => false, 503),
    )
  }
  if (!wanted.has('api@internal') && !wanted.has('dashboard@internal')) return services
  const [{ createApi }, { Dashboard }, { internalServices }] = await Promise.all([
    import('../../src/api/api.ts'),
    import('../../src/api/dashboard.ts'),
    import('../../src/api/internal-services.ts'),
  ])
  const source = () => host.switch.current
  const dashboard = new Dashboard(dashboardFiles(shown.env.SIGNALBOX_DASHBOARD))
  const startDate = new Date()
  const create = (management: ManagementPlan) =>
    createApi(source, {
      ...management,
      dashboard,
      disableDashboardAd: true,
      version: VERSION,
      codename: CODENAME,
      startDate,
      date: () => new Date(),
      staticConfig: null,
      // An isolate could only switch itself: commands go through KV.
      providerStates: null,
      certificates: null,
      explain: { ports: host.ports, operator: () => stateOf(host.operator) },
      problems: null,
      history: null,
      events: null,
      traffic: null,
      debug: null,
      control: null,
    })
  const api = defined(create, shown, source)
  return new Map([...services, ...internalServices({ api, dashboard, ping: null, ready: null })])
}

/** Asks for the definitions before the first answer; without them there is nothing to show. */
function defined(create: (management: ManagementPlan) => Handler, shown: ShownPlan, source: () => Snapshot): Handler {
  let api: Handler | null = null
  return async (request, cx) => {
    try {
      if (api === null) {
        restoreDefinitions(shown.plan, await definitionsOf(shown))
        api = create(shown.plan.management ?? unsaid(shown.plan))
      }
    } catch (error) {
      const cause = String(error)
      shown.log.log('warn', 'The API has nothing to show: definitions of the plan can\u2019t be read', { cause })
      return phraseReply(503)
    }
    source().linkAll()
    return api(request, cx)
  }
}

/** What is shown with a plan that an older `signalbox` has published. */
const unsaid = ({ entryPoints }: Plan): ManagementPlan => ({
  basePath: '/',
  disableDashboardAd: true,
  dashboardName: '',
  entryPoints: Object.fromEntries(Object.keys(entryPoints).map((name) => [name, {}])),
  features: { tracing: '', metrics: '', accessLog: false },
  providers: ['File'],
})

async function definitionsOf({ env, revision, reader }: ShownPlan): Promise<Definitions> {
  const kv = env.SIGNALBOX_KV
  const value = kv === undefined ? null : await within(READ_MS, readValue(kv, PLAN_API_KEY), 'KV')
  if (value === null) throw new Error('there are none in KV')
  return openDefinitions(value, revision, await reader())
}

/** Somebody is waiting. */
const READ_MS = 3_000
