import type { Ports } from '../../src/contracts/ports.ts'
import { EMPTY_PLAN } from '../../src/plan/empty.ts'
import type { EntryPointPlan } from '../../src/plan/plan.ts'
import { Host } from '../../src/runtime/host.ts'
import type { NativeRequest } from './bridge/request.ts'
import type { Serving } from './isolate.ts'
import { createPorts } from './ports.ts'

/** As much of an entry point as the request below comes to. */
const web = {
  forwardedHeaders: { trustedIPs: [] as readonly string[] },
  maxTargetBytes: 9,
  aliasHeaders: { strategy: 'keep' },
} as EntryPointPlan

/** Requests; V8 keeps what it compiled after fewer. */
const TIMES = 30

/** Numbers that are thrown away for each: what was made while the worker started is then out of the way of the engine. */
const WASTE = 8_000

/**
 * Links an empty plan and answers requests by it while the worker starts, so that the first request of a client finds
 * the code compiled and nothing to tidy up.
 * @returns the last answer: 404
 */
export function rehearse<R>(serve: (request: NativeRequest, serving: Serving) => R): R {
  const ports = createPorts({ log() {} }, null) as Ports
  const { plain } = new Host({ ports }).apply({ ...EMPTY_PLAN, entryPoints: { web } }).http.get('web')!
  // Content would be I/O, which nobody may ask for while the worker starts.
  const request = { method: 'HEAD', url: 'http://a/', headers: new Headers({ host: 'a' }), body: null } as NativeRequest
  const once = () => {
    new Array<number>(WASTE).fill(0)
    return serve(request, { head: {}, plain } as Serving)
  }
  for (let left = TIMES; left > 1; left--) once()
  return once()
}
