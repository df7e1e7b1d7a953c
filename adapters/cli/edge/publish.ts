import {
  type Definitions,
  openDefinitions,
  restoreDefinitions,
  signDefinitions,
  splitDefinitions,
} from '../../../src/plan/definitions.ts'
import { headLine } from '../../../src/plan/head-line.ts'
import { PLAN_API_KEY, PLAN_HEAD_KEY, PLAN_KEY, PLAN_PREVIOUS_KEY } from '../../../src/plan/kv-keys.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { audienceOf, importPublicKeys, type Reader, SignedValueError, signerOf } from '../../../src/plan/signed-line.ts'
import { type OpenedPlan, openPlan, type PlanHead, type Publication, signPlan } from '../../../src/plan/signed-plan.ts'
import { EdgeError } from './edge-error.ts'
import type { SigningKey } from './signing-keys.ts'

/** A KV namespace, wherever it is. */
export interface KvNamespace {
  /** What it is called in messages. */
  readonly title: string
  get(key: string): Promise<Uint8Array | null>
  put(key: string, value: string | Uint8Array, options?: KvPutOptions): Promise<void>
  /** Names of keys that begin so. */
  list(prefix: string): Promise<readonly string[]>
}

export interface KvPutOptions {
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly ttlSeconds?: number
}

const HISTORY_PREFIX = 'plan:'
const HISTORY_API_PREFIX = 'plan-api:'

/** How long a publication can be brought back: 30 days. */
const HISTORY_TTL_SECONDS = 30 * 24 * 60 * 60

/** What is said of a publication, and for whom it is. */
export interface PublishOptions {
  /** The worker's `SIGNALBOX_AUDIENCE`; absent: it has none. */
  readonly audience?: string
  /** Who publishes. */
  readonly publisher?: string
  /** The revision whose plan it is. */
  readonly rollbackOf?: number
  /** A plan without routers is meant to be one. */
  readonly mayBeEmpty?: boolean
}

/**
 * Signs a plan and puts it where the worker looks, and under a key of its own for rollbacks. Interrupted at any write
 * the plan before is served.
 * @param now milliseconds since 1970: the least revision, so that revisions grow whatever stood there before
 */
export async function publish(
  kv: KvNamespace,
  plan: Plan,
  key: SigningKey,
  now: number,
  { audience = '', publisher = '', rollbackOf, mayBeEmpty = false }: PublishOptions = {},
): Promise<PlanHead> {
  const reader = await readerOf(key, audience)
  const standing = await current(kv, reader)
  const revision = Math.max(now, (standing?.head.revision ?? 0) + 1)
  const { plan: served, definitions } = splitDefinitions(plan)
  const isEmpty = mayBeEmpty && Object.keys(plan.routers).length === 0
  const details = { audience, revision, rollbackOf: rollbackOf ?? null, time: now, publisher }
  const { value, head } = await signPlan(served, { ...details, ...(isEmpty ? { empty: true } : {}) }, key)
  const shown = await signDefinitions(definitions, { audience, revision }, key)
  const line = headLine(value)
  const metadata = { head: line }
  const kept = { metadata, ttlSeconds: HISTORY_TTL_SECONDS }
  await kv.put(`${HISTORY_API_PREFIX}${revision}`, shown, { ttlSeconds: HISTORY_TTL_SECONDS })
  await kv.put(`${HISTORY_PREFIX}${revision}`, value, kept)
  if (standing !== null)
    await kv.put(PLAN_PREVIOUS_KEY, standing.value, { metadata: { head: headLine(standing.value) } })
  await kv.put(PLAN_API_KEY, shown)
  await kv.put(PLAN_KEY, value, { metadata })
  await kv.put(PLAN_HEAD_KEY, line)
  return head
}

/** Revisions that can be brought back, the newest first. */
export async function history(kv: KvNamespace): Promise<number[]> {
  const names = await kv.list(HISTORY_PREFIX)
  return names.map((name) => Number(name.slice(HISTORY_PREFIX.length))).sort((a, b) => b - a)
}

/**
 * Publishes an earlier plan again, under a new revision. Only a plan that our own key has signed is signed again.
 * @param to the revision; null: the last one before what is served now
 */
export async function rollback(
  kv: KvNamespace,
  key: SigningKey,
  to: number | null,
  now: number,
  options: Pick<PublishOptions, 'audience' | 'publisher'> = {},
): Promise<PlanHead> {
  const reader = await readerOf(key, options.audience ?? '')
  const standing = (await current(kv, reader))?.head.revision ?? 0
  const revision = to ?? (await history(kv)).find((known) => known < standing)
  if (revision === undefined) throw new EdgeError(`there is no earlier revision in ${kv.title}`)
  const value = await kv.get(`${HISTORY_PREFIX}${revision}`)
  if (value === null) throw new EdgeError(`revision ${revision} is not in ${kv.title} (kept for 30 days)`)
  const { head, plan } = await opened(value, reader)
  const definitions = await definitionsOf(kv, revision, reader)
  if (definitions !== null) restoreDefinitions(plan, definitions)
  return publish(kv, plan, key, now, { ...options, rollbackOf: revision, mayBeEmpty: head.empty === true })
}

/**
 * The value that stands in KV, whoever has signed it: the worker decides whom it believes.
 * @throws EdgeError where there is none, or none that could be read
 */
export async function livePlan(kv: KvNamespace): Promise<{ readonly value: Uint8Array; readonly head: PlanHead }> {
  const value = await kv.get(PLAN_KEY)
  if (value === null) throw new EdgeError(`nothing has been published to ${kv.title}`)
  const { head } = await refusing(openAny(value))
  return { value, head }
}

const openAny = async (value: Uint8Array): Promise<OpenedPlan> => {
  const line = headLine(value)
  return openPlan(value, { keys: await importPublicKeys(signerOf(line)), audience: audienceOf(line) })
}

/**
 * The plan that stands in KV, whoever has signed it: good for messages only. Null where there is none that can be read.
 */
export async function planIn(kv: KvNamespace): Promise<Plan | null> {
  const value = await kv.get(PLAN_KEY)
  if (value === null) return null
  try {
    return (await (await openAny(value)).publication()).plan
  } catch (error) {
    if (error instanceof SignedValueError) return null
    throw error
  }
}

/** Null when nothing that our key has signed is published: somebody else's value says nothing about our order. */
async function current(kv: KvNamespace, reader: Reader): Promise<{ value: Uint8Array; head: PlanHead } | null> {
  const value = await kv.get(PLAN_KEY)
  if (value === null) return null
  try {
    return { value, head: (await openPlan(value, reader)).head }
  } catch (error) {
    if (error instanceof SignedValueError) return null
    throw error
  }
}

/** Null where the management API has nothing to show: the plan itself can be brought back. */
async function definitionsOf(kv: KvNamespace, revision: number, reader: Reader): Promise<Definitions | null> {
  const value = await kv.get(`${HISTORY_API_PREFIX}${revision}`)
  return value === null ? null : refusing(openDefinitions(value, revision, reader))
}

const opened = async (value: Uint8Array, reader: Reader): Promise<Publication> =>
  refusing(openPlan(value, reader).then((plan) => plan.publication()))

async function refusing<T>(opening: Promise<T>): Promise<T> {
  try {
    return await opening
  } catch (error) {
    if (error instanceof SignedValueError) throw new EdgeError(`the stored plan is refused: ${error.message}`)
    throw error
  }
}

const readerOf = async (key: SigningKey, audience: string): Promise<Reader> => ({
  keys: await importPublicKeys(key.publicKey),
  audience,
})
