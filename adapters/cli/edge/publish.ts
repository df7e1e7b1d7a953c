import { signDefinitions, splitDefinitions } from '../../../src/plan/definitions.ts'
import { headLine } from '../../../src/plan/head-line.ts'
import { PLAN_API_KEY, PLAN_HEAD_KEY, PLAN_KEY, PLAN_PREVIOUS_KEY } from '../../../src/plan/kv-keys.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import type { PublicationNotes } from '../../../src/plan/publication-notes.ts'
import { importPublicKeys, SignedValueError } from '../../../src/plan/signed-line.ts'
import { type PlanHead, signPlan } from '../../../src/plan/signed-plan.ts'
import { guidanceOf } from '../../../src/runtime/linking/guidance.ts'
import { loadKinds } from '../../../src/runtime/load-kinds.ts'
import { wantedKinds } from '../../../src/runtime/wanted-kinds.ts'
import { VERSION } from '../../../src/version.ts'
import { EdgeError } from './edge-error.ts'
import type { KvNamespace } from './kv-namespace.ts'
import { HISTORY_TTL, historyApiKey, historyKey, type Live, Publications } from './publications.ts'
import type { SigningKey } from './signing-keys.ts'

/** What is said of a publication, and for whom it is. */
export interface PublishOptions {
  /** The worker's `SIGNALBOX_AUDIENCE`; absent: it has none. */
  readonly audience?: string
  /** Other keys whose publications are believed, as a Worker has them. */
  readonly trust?: string
  /** Who publishes. */
  readonly publisher?: string
  /** The revision whose plan it is. */
  readonly rollbackOf?: number
  /** A plan without routers is meant to be one. */
  readonly mayBeEmpty?: boolean
  readonly notes?: PublicationNotes
  /** What was live when the plan was made: something else stops it. Absent: whatever stands there now. */
  readonly live?: Live | null
}

/** Bytes of what may stand beside a value in KV. */
const METADATA_LIMIT = 1024

/** A clock that is further apart than this from another one is wrong, in ms. */
const CLOCKS_APART = 60_000

/**
 * Signs a plan and puts it where the worker looks, and under keys of its own for rollbacks. The last write is the one
 * that workers go by: interrupted before, the former plan is served, and the next publication cleans up.
 * @param now milliseconds since 1970: the least revision, so that revisions grow whatever stood there before
 * @throws EdgeError when somebody else has published meanwhile
 */
export async function publish(
  kv: KvNamespace,
  plan: Plan,
  key: SigningKey,
  now: number,
  options: PublishOptions = {},
): Promise<PlanHead> {
  const { audience = '', trust = '', publisher = '', rollbackOf = null, mayBeEmpty = false, notes } = options
  const keys = await importPublicKeys(`${key.publicKey} ${trust}`)
  const publications = new Publications(kv, { keys, audience })
  const live = options.live === undefined ? await publications.live() : options.live
  const last = live?.head?.revision ?? 0
  const revision = Math.max(now, last + 1)
  const { plan: served, definitions } = splitDefinitions(plan)
  const isEmpty = mayBeEmpty && Object.keys(plan.routers).length === 0
  const details = {
    ...{ audience, revision, rollbackOf, time: now, publisher },
    ...(isEmpty ? { empty: true as const } : {}),
    ...(notes === undefined ? {} : { notes }),
  }
  const kinds = await loadKinds(wantedKinds(served))
  const signing = Promise.all([
    signPlan(served, details, key, guidanceOf(served, kinds, VERSION)),
    signDefinitions(definitions, { audience, revision }, key),
  ])
  const [{ value, head }, shown] = await signing.catch((error: unknown) => {
    throw error instanceof SignedValueError ? new EdgeError(`the plan can't be published: ${error.message}`) : error
  })
  const line = headLine(value)
  const metadata = metadataOf(line)
  const previous = live === null || live.head === null ? null : live
  const kept = { metadata, ttlSeconds: HISTORY_TTL }
  await allDone([
    kv.put(historyApiKey(revision), shown, { ttlSeconds: HISTORY_TTL }),
    kv.put(historyKey(revision), value, kept),
    previous === null ? null : kv.put(PLAN_PREVIOUS_KEY, previous.value, { metadata: metadataOf(previous.line) }),
  ])
  if (options.live !== undefined && ((await publications.live())?.line ?? '') !== (live?.line ?? '')) {
    await forget(kv, revision)
    throw new EdgeError(
      `somebody else has published to ${kv.title} meanwhile, so nothing was: look at \`signalbox edge history\` and try again`,
    )
  }
  await kv.put(PLAN_API_KEY, shown)
  await kv.put(PLAN_HEAD_KEY, line)
  await kv.put(PLAN_KEY, value, { metadata })
  if (previous !== null) await cleanUp(kv, publications, last, revision)
  return head
}

/** Rejects, where one does, once all have ended: nothing is written later on. */
async function allDone(writes: readonly (Promise<void> | null)[]): Promise<void> {
  const failed = (await Promise.allSettled(writes)).find(({ status }) => status === 'rejected')
  if (failed !== undefined) throw (failed as PromiseRejectedResult).reason
}

/** Takes away what interrupted publications have left: it was never live. It is no matter when that fails. */
async function cleanUp(kv: KvNamespace, publications: Publications, last: number, published: number): Promise<void> {
  try {
    for (const { revision } of await publications.past()) {
      if (revision > last && revision !== published) await forget(kv, revision)
    }
  } catch (error) {
    if (!(error instanceof EdgeError)) throw error
  }
}

/** Takes a publication out of the history. */
async function forget(kv: KvNamespace, revision: number): Promise<void> {
  await kv.delete(historyKey(revision))
  await kv.delete(historyApiKey(revision))
}

function metadataOf(line: string): { readonly head: string } {
  const metadata = { head: line }
  if (Buffer.byteLength(JSON.stringify(metadata)) > METADATA_LIMIT) {
    throw new EdgeError('what is said of the publication is too long: shorten --author or the names of files')
  }
  return metadata
}

/**
 * The time by which to publish: that of the store where our own clock is ahead.
 * @param note is told so, a line
 * @throws EdgeError where our own is behind: what others have published seems to be from the future
 */
export function publishingTime(kv: Pick<KvNamespace, 'now'>, note: (text: string) => void): number {
  const own = Date.now()
  const there = kv.now()
  if (there === null || Math.abs(own - there) <= CLOCKS_APART) return own
  const minutes = Math.round(Math.abs(own - there) / 60_000)
  if (own < there) throw new EdgeError(`this machine's clock is ${minutes} min behind that of Cloudflare: set it first`)
  note(`this machine's clock is ${minutes} min ahead of Cloudflare's, which counts\n`)
  return there
}
