import { PLAN_KEY } from '../../../src/plan/kv-keys.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import {
  headerOf,
  importPublicKeys,
  open,
  type Publication,
  PublicationError,
  sign,
} from '../../../src/plan/signed-plan.ts'
import { EdgeError } from './edge-error.ts'
import type { KvNamespace } from './kv-namespace.ts'
import type { SigningKey } from './signing-keys.ts'

const HISTORY_PREFIX = 'plan:'

/** How long a publication can be brought back: 30 days. */
const HISTORY_TTL_SECONDS = 30 * 24 * 60 * 60

/**
 * Signs a plan and puts it where the worker looks, and under a key of its own for rollbacks.
 * @param now milliseconds since 1970: the least revision, so that revisions grow whatever stood there before
 */
export async function publish(
  kv: KvNamespace,
  plan: Plan,
  key: SigningKey,
  now: number,
  rollbackOf: number | null = null,
): Promise<Publication> {
  const current = await currentRevision(kv, key)
  const publication: Publication = {
    revision: Math.max(now, current + 1),
    rollbackOf,
    publishedAt: new Date(now).toISOString(),
    plan,
  }
  const value = await sign(publication, key.privateKey, key.publicKey)
  const metadata = { revision: publication.revision, publishedAt: publication.publishedAt }
  await kv.put(`${HISTORY_PREFIX}${publication.revision}`, value, { metadata, ttlSeconds: HISTORY_TTL_SECONDS })
  await kv.put(PLAN_KEY, value, { metadata })
  return publication
}

/** Revisions that can be brought back, the newest first. */
export async function history(kv: KvNamespace): Promise<number[]> {
  const names = await kv.list(HISTORY_PREFIX)
  return names.map(({ name }) => Number(name.slice(HISTORY_PREFIX.length))).sort((a, b) => b - a)
}

/**
 * Publishes an earlier plan again, under a new revision. Only a plan that our own key has signed is signed again.
 * @param to the revision; null: the last one before what is served now
 */
export async function rollback(kv: KvNamespace, key: SigningKey, to: number | null, now: number): Promise<Publication> {
  const current = await currentRevision(kv, key)
  const revision = to ?? (await history(kv)).find((known) => known < current)
  if (revision === undefined) throw new EdgeError(`there is no earlier revision in ${kv.title}`)
  const value = await kv.get(`${HISTORY_PREFIX}${revision}`)
  if (value === null) throw new EdgeError(`revision ${revision} is not in ${kv.title} (kept for 30 days)`)
  const { plan } = await opened(value, key)
  return publish(kv, plan, key, now, revision)
}

/**
 * The plan that stands in KV, whoever has signed it: good for messages only. Null where there is none that can be read.
 */
export async function planIn(kv: KvNamespace): Promise<Plan | null> {
  const value = await kv.get(PLAN_KEY)
  if (value === null) return null
  try {
    return (await open(value, await importPublicKeys(headerOf(value).split(' ')[1] ?? ''))).plan
  } catch (error) {
    if (error instanceof PublicationError) return null
    throw error
  }
}

/** 0 when nothing that our key has signed is published: somebody else's value says nothing about our order. */
async function currentRevision(kv: KvNamespace, key: SigningKey): Promise<number> {
  const value = await kv.get(PLAN_KEY)
  if (value === null) return 0
  try {
    return (await opened(value, key)).revision
  } catch (error) {
    if (error instanceof EdgeError) return 0
    throw error
  }
}

async function opened(value: Uint8Array, key: SigningKey): Promise<Publication> {
  try {
    return await open(value, await importPublicKeys(key.publicKey))
  } catch (error) {
    if (error instanceof PublicationError) throw new EdgeError(`the stored plan is refused: ${error.message}`)
    throw error
  }
}
