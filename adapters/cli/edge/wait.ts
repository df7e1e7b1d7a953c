import { setTimeout as sleep } from 'node:timers/promises'
import type { LocationState, WorkerStatus } from '../../../src/plan/worker-status.ts'
import { askWorker, workerUrl } from './ask-worker.ts'
import { EdgeError } from './edge-error.ts'
import type { SigningKey } from './signing-keys.ts'
import type { Place } from './where.ts'

/**
 * Asks the Worker before anything is published, so that it is known beforehand that it can be waited for.
 * @returns waits, once a revision is published, for those seconds
 * @throws EdgeError where nobody knows what locations serve
 */
export async function beforePush(
  place: Place,
  given: string | undefined,
  key: SigningKey,
): Promise<(revision: number, seconds: number) => Promise<readonly Behind[]>> {
  const url = workerUrl(place, given)
  const ask = () => askWorker(url, place, key)
  const { now, object } = await ask()
  const ahead = now - Date.now()
  if (!object.reachable) {
    const reason = object.bound
      ? `its object can\u2019t be reached: ${object.reason}`
      : 'it has no SIGNALBOX_STATE bound'
    throw new EdgeError(`--wait: ${url.origin} does not know what locations serve (${reason}): nothing was published`)
  }
  return (revision, seconds) => waitForLocations(revision, Date.now() + ahead, seconds, ask)
}

/** For people: which locations do not serve it. */
export function describeBehind(behind: readonly Behind[], revision: number): string {
  if (behind.length === 0) return `Every location that was heard of serves revision ${revision}\n`
  const lines = behind.map(({ location, revision: served, heardAt }) => {
    const what = served === null ? 'nothing' : `revision ${served}`
    return `  ${location || 'unknown'}: ${what}, last heard of at ${new Date(heardAt).toISOString()}\n`
  })
  return `Not every location serves revision ${revision}:\n${lines.join('')}`
}

/** Time between two questions, in ms. */
const PAUSE_MS = 1_000

/** A location that does not serve what was published. */
export interface Behind {
  readonly location: string
  /** Null: nothing. */
  readonly revision: number | null
  readonly heardAt: number
}

/**
 * Waits until every location that was heard of serves a revision, or a later one.
 * @param since when it had been published, by the Worker's clock, in milliseconds since 1970
 * @param ask gives what the Worker says now
 * @returns those that do not after `seconds`; empty: all do
 */
export async function waitForLocations(
  revision: number,
  since: number,
  seconds: number,
  ask: () => Promise<WorkerStatus>,
): Promise<readonly Behind[]> {
  const until = Date.now() + seconds * 1000
  for (;;) {
    const isLast = Date.now() + PAUSE_MS > until
    const behind = await behindNow(revision, since, ask, isLast)
    if (behind !== null && (isLast || behind.length === 0)) return behind
    await sleep(PAUSE_MS)
  }
}

/** Null: it can't be known now; the last time that is an error. */
async function behindNow(
  revision: number,
  since: number,
  ask: () => Promise<WorkerStatus>,
  isLast: boolean,
): Promise<readonly Behind[] | null> {
  try {
    const { report, isolate, object } = await ask()
    if (report === null) throw new EdgeError(`what locations serve is not known: ${object.reason}`)
    // Whoever answers tells the object of it a moment later.
    const isHeard = report.locations.some(({ location }) => location === isolate.location)
    return isHeard ? locationsBehind(report.locations, revision, since) : [{ ...isolate, heardAt: since }]
  } catch (error) {
    if (isLast || !(error instanceof EdgeError)) throw error
    return null
  }
}

/**
 * Isolates end without a word: one that was not heard of since the publication, in a location where another one serves
 * it, is taken for one of those.
 */
export function locationsBehind(
  locations: readonly LocationState[],
  revision: number,
  since: number,
): readonly Behind[] {
  const serves = (state: LocationState): boolean => state.revision !== null && state.revision >= revision
  return [...new Set(locations.map(({ location }) => location))].flatMap((location) => {
    const own = locations.filter((state) => state.location === location)
    const behind = own.filter((state) => !serves(state))
    const isDone = own.some(serves) && !behind.some(({ heardAt }) => heardAt > since)
    const last = behind.sort((a, b) => b.heardAt - a.heardAt)[0]
    return isDone || last === undefined ? [] : { location, revision: last.revision, heardAt: last.heardAt }
  })
}
