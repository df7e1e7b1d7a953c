import type { Logger } from '../../src/contracts/ports.ts'
import type { Handler } from '../../src/http/handler.ts'
import { bareReply, phraseReply } from '../../src/http/replies.ts'
import { type Definitions, restoreDefinitions } from '../../src/plan/definitions.ts'
import type { Plan } from '../../src/plan/plan.ts'
import type { Snapshot } from '../../src/runtime/snapshot.ts'
import { CODENAME, VERSION } from '../../src/version.ts'

/**
 * The services `NAME@internal` that a plan names; the management API is a module of its own, loaded only then. What it
 * shows is what this isolate knows.
 * @param wanted their names
 * @param source the snapshot in force
 * @param definitions those of the plan, which it comes without; asked for when the API is first used
 */
export async function loadInternal(
  plan: Plan,
  wanted: ReadonlySet<string>,
  source: () => Snapshot,
  definitions: () => Promise<Definitions>,
  log: Logger,
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
  const [{ createApi }, { internalServices }] = await Promise.all([
    import('../../src/api/api.ts'),
    import('../../src/api/internal-services.ts'),
  ])
  const api = createApi(source, {
    basePath: '/',
    dashboard: true,
    disableDashboardAd: true,
    dashboardName: '',
    entryPoints: Object.fromEntries(Object.keys(plan.entryPoints).map((name) => [name, {}])),
    features: { tracing: '', metrics: '', accessLog: false },
    providers: ['File'],
    version: VERSION,
    codename: CODENAME,
    startDate: new Date(),
    // An isolate could only switch itself: commands go through KV.
    providerStates: null,
    control: null,
  })
  for (const [name, handler] of internalServices({ api, dashboard: true, ping: null, ready: null }))
    services.set(name, name === 'api@internal' ? defined(handler, plan, definitions, log) : handler)
  return services
}

/** Asks for the definitions before the first answer; without them there is nothing to show. */
function defined(api: Handler, plan: Plan, definitions: () => Promise<Definitions>, log: Logger): Handler {
  let isDefined = false
  return async (request, cx) => {
    try {
      if (!isDefined) restoreDefinitions(plan, await definitions())
      isDefined = true
    } catch (error) {
      log.log('warn', 'The API has nothing to show: definitions of the plan can\u2019t be read', {
        cause: String(error),
      })
      return phraseReply(503)
    }
    return api(request, cx)
  }
}
