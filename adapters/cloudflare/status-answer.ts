import { maskUrl } from '../../src/http/masked-url.ts'
import { PLAN_HEAD_KEY } from '../../src/plan/kv-keys.ts'
import { STATUS_PATH } from '../../src/plan/signed-fields.ts'
import { openStatusRequest, REQUEST_MS } from '../../src/plan/signed-request.ts'
import type { Reach, ServerState, WorkerStatus } from '../../src/plan/worker-status.ts'
import { VERSION } from '../../src/version.ts'
import type { NativeRequest } from './bridge/request.ts'
import type { WorkerEnv } from './env.ts'
import type { Execution, Isolate } from './isolate.ts'
import { reasonOf } from './limits.ts'
import { HEALTH_OBJECT } from './state/health-name.ts'
import { locationIn, STATUS_OBJECT } from './state/told.ts'
import { within } from './within.ts'

/** What is asked and does not answer in this time, in ms, can't be reached. */
const LIMIT_MS = 3_000

/** Requests that this isolate remembers, where no object does. */
const MOST_NONCES = 1_000

/** Requests that have been answered here. */
const answered = new Map<string, number>()

/** A request that asks for the status. */
export interface StatusQuestion {
  /** What the request says of itself. */
  readonly asked: string
  readonly native: NativeRequest
  readonly isolate: Isolate
  readonly env: WorkerEnv
  readonly execution: Execution
}

/**
 * The status, where the request is signed by who may know it and has not been answered before. The signature is verified
 * before anything is asked or read.
 * @param otherwise what everybody else gets
 */
export async function statusOr(
  question: StatusQuestion,
  otherwise: () => Response | Promise<Response>,
): Promise<Response> {
  const { method, url } = question.native
  const isForStatus = method === 'GET' && new URL(url).pathname === STATUS_PATH
  const request = isForStatus ? await openRequest(question) : null
  if (request === null || !isFirst(request.nonce, request.time + REQUEST_MS)) return otherwise()
  const { isolate, env, execution } = question
  // Who asks for the status wants to know what can be served now.
  await isolate.serving(execution)
  const { SIGNALBOX_KV: kv, SIGNALBOX_STATE: objects } = env
  const reading = reached(kv, (bound) => bound.get(PLAN_HEAD_KEY))
  const asking = reached(objects, (bound) =>
    bound.get(bound.idFromName(STATUS_OBJECT)).status(request.nonce, request.time + REQUEST_MS),
  )
  const [{ reach: kvReach }, { reach: objectReach, value: report }] = await Promise.all([reading, asking])
  if (report === null) return otherwise()
  const { served } = isolate
  const location = locationIn(isolate.network)
  const answer: WorkerStatus = {
    now: Date.now(),
    isolate: { location, revision: served?.head.revision ?? null, from: served?.from ?? '', version: VERSION },
    kv: kvReach,
    object: objectReach,
    report: report ?? null,
    servers: await serversOf(isolate, objects),
  }
  return Response.json(answer, { headers: { 'Cache-Control': 'no-store' } })
}

async function openRequest({ asked, isolate }: StatusQuestion) {
  try {
    return await openStatusRequest(asked, await isolate.reader(), Date.now())
  } catch {
    // Whoever it is hears what the configuration says.
    return null
  }
}

function isFirst(nonce: string, until: number): boolean {
  const now = Date.now()
  for (const [known, end] of answered) if (end < now) answered.delete(known)
  if (answered.has(nonce) || answered.size >= MOST_NONCES) return false
  answered.set(nonce, until)
  return true
}

async function reached<B, T>(
  binding: B | undefined,
  ask: (binding: B) => Promise<T>,
): Promise<{ readonly reach: Reach; readonly value?: T }> {
  if (binding === undefined) return { reach: { bound: false, reachable: false, reason: 'there is no binding' } }
  try {
    const value = await within(LIMIT_MS, ask(binding), 'it')
    return { reach: { bound: true, reachable: true, reason: '' }, value }
  } catch (error) {
    return { reach: { bound: true, reachable: false, reason: reasonOf(error) } }
  }
}

/** What the object that checks has found, or, where it does not check, this isolate. */
async function serversOf(isolate: Isolate, objects: WorkerEnv['SIGNALBOX_STATE']): Promise<readonly ServerState[]> {
  const checks = isolate.snapshot?.checks ?? []
  if (checks.length === 0) return []
  const { value } = await reached(objects, (bound) => bound.get(bound.idFromName(HEALTH_OBJECT)).checks())
  const found = new Map([...(isolate.checked?.() ?? []), ...(value ?? [])].map((state) => [state.key, state]))
  const { table } = isolate
  return checks.map(({ key, service, serverUrl }) => {
    const { up = table.isUp(key), checkedAt = null, reason = '' } = found.get(key) ?? {}
    return { service, server: maskUrl(serverUrl), up, checkedAt, reason }
  })
}
