import { FLAGS_KEY, HEALTH_KEY, PLAN_HEAD_KEY, PLAN_KEY, REVOKED_KEY } from '../../src/plan/kv-keys.ts'

/** How long a location may answer from its cache, in seconds: the least that KV takes. */
const CACHE_SECONDS = 30

/** What stands in KV; null: nothing. */
export interface Stored {
  /** Undefined: the one that is known. */
  readonly plan: Uint8Array | null | undefined
  readonly revoked: string | null
  readonly flags: string | null
  readonly health: string | null
}

/** What somebody wants to know. */
export interface Interest {
  /** Head of the plan that is known; empty: none is. */
  readonly known: string
  /** Keys beside the plan's. */
  readonly keys: readonly (typeof FLAGS_KEY | typeof HEALTH_KEY)[]
  /** Whether KV is asked for all small values in one call, which costs one request; else for each by itself. */
  readonly together: boolean
}

/** Reads the small values, and the plan where it is another one. Rejects with what KV throws. */
export async function readStored(kv: KVNamespace, { known, keys, together }: Interest): Promise<Stored> {
  // Who has no plan needs it whatever its head says.
  const early = known === '' ? readPlan(kv) : undefined
  const [texts, plan] = await Promise.all([readTexts(kv, [PLAN_HEAD_KEY, REVOKED_KEY, ...keys], together), early])
  const textOf = (key: string): string | null => {
    const text: unknown = texts.get(key)
    return typeof text === 'string' ? text : null
  }
  return {
    plan: plan !== undefined || textOf(PLAN_HEAD_KEY) === known ? plan : await readPlan(kv),
    revoked: textOf(REVOKED_KEY),
    flags: textOf(FLAGS_KEY),
    health: textOf(HEALTH_KEY),
  }
}

/** The bytes under a key. */
export async function readValue(kv: KVNamespace, key: string): Promise<Uint8Array | null> {
  const value: unknown = await kv.get(key, { type: 'arrayBuffer', cacheTtl: CACHE_SECONDS })
  return value instanceof ArrayBuffer ? new Uint8Array(value) : null
}

const readPlan = (kv: KVNamespace) => readValue(kv, PLAN_KEY)

async function readTexts(
  kv: KVNamespace,
  keys: readonly string[],
  together: boolean,
): Promise<ReadonlyMap<string, unknown>> {
  const options = { type: 'text', cacheTtl: CACHE_SECONDS } as const
  if (!together) return new Map(await Promise.all(keys.map(async (key) => [key, await kv.get(key, options)] as const)))
  const texts: unknown = await kv.get([...keys], options)
  if (texts instanceof Map) return texts
  throw new Error('KV has not answered as KV does')
}
