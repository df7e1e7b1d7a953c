import { EMPTY_PLAN } from '../../src/plan/empty.ts'
import { PLAN_KEY } from '../../src/plan/kv-keys.ts'
import { type PlanHead, publicationIn } from '../../src/plan/signed-plan.ts'
import { VERSION } from '../../src/version.ts'
import type { NativeRequest } from './bridge/request.ts'
import type { WorkerEnv } from './env.ts'
import { Isolate, type Serving } from './isolate.ts'
import { LinkedPlans } from './linked-plans.ts'
import type { PlanGate } from './plan-gate.ts'
import { obstacleOf } from './plan-reading.ts'

/** The name of everything. */
const A = 'a'

/**
 * As much as it takes to link it of an entry point, a router, its service and the transport of that, all in one. No URL
 * has such a port, so that nothing is ever sent.
 */
const a = {
  forwardedHeaders: { trustedIPs: [] },
  maxTargetBytes: 9,
  aliasHeaders: { strategy: 'keep' },
  entryPoints: [A],
  middlewares: [],
  errors: [],
  warnings: [],
  parents: [],
  rule: { op: 'match', matcher: 'Host', args: [A], regexps: [] },
  priority: 1,
  service: A,
  tls: false,
  observability: {},
  kind: 'loadBalancer',
  config: {
    servers: [{ url: A, scheme: 'http', host: A, port: -1, authority: A, weight: 1 }],
    healthCheck: null,
    serversTransport: A,
  },
  error: null,
}

const content = {
  requires: { plan: 1, worker: VERSION, middlewares: [], services: [a.kind], matchers: [a.rule.matcher], options: [] },
  plan: {
    ...EMPTY_PLAN,
    schemes: { http: A, https: [] },
    entryPoints: { a },
    routers: { a },
    services: { a },
    serversTransports: { a },
  },
  guide: {
    worker: VERSION,
    wanted: { middlewares: [], services: [a.kind], standsAlone: true, parts: [] },
    internal: [],
    secrets: [],
  },
}

/** What stands in KV: a value that nobody has signed, so that it is refused when its signature has been compared. */
const KEY = 'A'.repeat(43)
const VALUE = `signalbox-plan/2 ${KEY} ${KEY}${KEY} {}\n`

const env = {
  SIGNALBOX_PUBLIC_KEYS: KEY,
  SIGNALBOX_LOG_LEVEL: 'panic',
  SIGNALBOX_KV: {
    get: async (key: unknown) => (key === PLAN_KEY ? new TextEncoder().encode(VALUE).buffer : new Map()),
  },
} as unknown as WorkerEnv

/** Requests; V8 keeps what it compiled after fewer. */
const TIMES = 30

/** Numbers that are thrown away for each: what was made while the worker started is then out of the way of the engine. */
const WASTE = 8_000

/**
 * Goes the whole way of an isolate's first request while the worker starts, so that a client's finds the code compiled
 * and nothing to tidy up: looks into a KV of its own, links a plan, and answers requests that a router takes, or none.
 * What would be I/O is left out, which nobody may ask for then.
 */
export async function rehearse(serve: (request: NativeRequest, serving: Serving) => unknown): Promise<void> {
  // Where there are no timers nobody can wait for the look, which goes on all the same. What fails of it is tidying: the
  // first request then finds less compiled, and says itself what is wrong with KV.
  new Isolate(env).load({ waitUntil() {} }).catch(() => {})
  const text = new TextEncoder().encode(JSON.stringify(content))
  const publication = await publicationIn(text, {} as PlanHead, VERSION)
  await obstacleOf(publication)
  const put = await new LinkedPlans(env, {} as PlanGate, { log() {} }).prepare(publication)
  const serving = put() as Serving
  for (let left = TIMES; left > 0; left--) {
    new Array<number>(WASTE).fill(0)
    for (const host of [A, 'b']) {
      // Content would be I/O as well.
      await serve(
        { method: 'HEAD', url: 'http://a/', headers: new Headers({ host }), body: null } as NativeRequest,
        serving,
      )
    }
  }
}
