import { randomBytes } from 'node:crypto'
import { STATUS_FIELD, STATUS_PATH } from '../../../src/plan/signed-fields.ts'
import { signStatusRequest } from '../../../src/plan/signed-request.ts'
import type { WorkerStatus } from '../../../src/plan/worker-status.ts'
import { Misuse } from '../command-error.ts'
import { EdgeError } from './edge-error.ts'
import type { SigningKey } from './signing-keys.ts'
import { workerStatusSchema } from './status-schema.ts'
import type { Place } from './where.ts'
import { placeIn } from './wrangler-file.ts'

/** A Worker that answers later than that, in ms, does not answer. */
const TIMEOUT_MS = 20_000

/** Characters of an answer. */
const LONGEST = 4 * 1024 * 1024

/** Clocks that are further apart, in ms, are a reason for not being believed. */
const APART_MS = 2_000

/**
 * The origin that answers for a Worker.
 * @throws Misuse for what is none, EdgeError where nobody says it
 */
export function workerUrl({ wrangler }: Place, given: string | undefined): URL {
  if (given !== undefined) return checked(given)
  // A wildcard stands for any host; a Worker of some paths only is not asked for the one of the status.
  const host = wrangler?.routes
    .map((route) => /^([^*/]+)(?:\/\*)?$/.exec(route)?.[1])
    .find((name) => name !== undefined)
  if (host !== undefined) return new URL(`https://${host}`)
  const where =
    wrangler === null ? 'nobody says where the Worker is' : `${placeIn(wrangler)} has no route for a whole host`
  throw new EdgeError(`${where}: pass --url https://HOST`)
}

function checked(text: string): URL {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) throw new Misuse(`--url ${text} is no URL: https://HOST`)
  const isHere = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
  if (url.protocol === 'http:' && !isHere) throw new Misuse(`--url ${text}: others could read it on its way: use https`)
  return new URL(url.origin)
}

/**
 * What a Worker says of itself to who may publish.
 * @throws EdgeError
 */
export async function askWorker(url: URL, place: Place, key: SigningKey): Promise<WorkerStatus> {
  const request = {
    audience: place.audience,
    path: STATUS_PATH,
    time: place.kv.now() ?? Date.now(),
    nonce: randomBytes(24).toString('base64url'),
  }
  const headers = { [STATUS_FIELD]: await signStatusRequest(request, key), 'Cache-Control': 'no-store' }
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  let response: Response
  let text: string
  try {
    response = await fetch(new URL(STATUS_PATH, url), { headers, redirect: 'manual', signal })
    text = await response.text()
  } catch (error) {
    const { cause, message } = error as Error
    throw new EdgeError(
      `${url.origin} can't be reached: ${cause instanceof Error ? cause.message || cause.name : message}`,
    )
  }
  const status = response.status === 200 && text.length <= LONGEST ? parse(text) : null
  if (status !== null) return status
  const date = Date.parse(response.headers.get('date') ?? '')
  const apart = Math.abs(date - request.time)
  const clock = apart > APART_MS ? `; the clocks are ${Math.round(apart / 1000)} s apart` : ''
  throw new EdgeError(
    `${url.origin} does not tell its status (it answers ${response.status}): it is no Worker of Signalbox of this version, or it does not believe the key ${key.publicKey} for the audience ${JSON.stringify(request.audience)}${clock}`,
  )
}

function parse(text: string): WorkerStatus | null {
  try {
    return workerStatusSchema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
