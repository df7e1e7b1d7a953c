import type { Logger } from '../../src/contracts/ports.ts'
import { reasonOf } from './limits.ts'
import { within } from './within.ts'

/**
 * What a location of the network keeps for isolates that can't read KV when they start: its Cache API. It is one by
 * custom domains and routes only; on `workers.dev` nothing is kept.
 */

/** Time for reading, in ms: somebody is waiting. */
const READ_MS = 400

/** For how long, in seconds: 30 days, unless the room is needed. */
const KEEP_SECONDS = 30 * 24 * 60 * 60

/** The signed plan that was taken over last, and the signed list of revoked revisions. */
export type Kept = 'plan' | 'revoked'

/** Null: there is none. Rejects when it can't be read in time. */
export async function readKept(what: Kept, audience: string): Promise<Uint8Array | null> {
  const read = async () => {
    const found = await (await cache()).match(urlOf(what, audience))
    return found === undefined ? null : new Uint8Array(await found.arrayBuffer())
  }
  return within(READ_MS, read(), 'the cache')
}

export async function keep(what: Kept, audience: string, value: BodyInit): Promise<void> {
  const headers = { 'Cache-Control': `public, max-age=${KEEP_SECONDS}` }
  await (await cache()).put(urlOf(what, audience), new Response(value, { headers }))
}

/** The same; where that fails it is in the log. */
export async function keepOrTell(what: Kept, audience: string, value: Uint8Array | string, log: Logger): Promise<void> {
  try {
    await keep(what, audience, typeof value === 'string' ? value : Uint8Array.from(value))
  } catch (error) {
    log.log('warn', 'Cache of this location can\u2019t be written', { cause: reasonOf(error) })
  }
}

const cache = () => caches.open('signalbox')

/**
 * A name that is nobody's, so that no request from outside reaches it; workers of one zone don't take one another's.
 */
const urlOf = (what: Kept, audience: string): string =>
  `https://signalbox.invalid/${what}/${encodeURIComponent(audience)}`
