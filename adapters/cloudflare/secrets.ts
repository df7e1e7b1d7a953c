import type { SecretOf, SecretPlan } from '../../src/plan/secrets.ts'
import { reasonOf } from './limits.ts'
import { within } from './within.ts'

/** A binding of Cloudflare's Secrets Store. */
interface StoredSecret {
  get(): Promise<string>
}

/** A Secrets Store that takes longer has failed, in ms. */
const LIMIT_MS = 1_000

/**
 * What the references of a plan stand for, read before it is linked: Worker secrets are texts of the environment, those
 * of a Secrets Store are asked for. One that is not bound is missing. Rejects where the store fails: what can't be had
 * now may be there in a moment, and until then the plan is not one that can be served whole.
 */
export async function loadSecrets(
  used: readonly SecretPlan[],
  env: Readonly<Record<string, unknown>>,
): Promise<SecretOf> {
  const names = new Set(used.flatMap(({ source, name }) => (source === 'secret' ? [name] : [])))
  const texts = new Map<string, string>()
  await Promise.all(
    [...names].map(async (name) => {
      const text = Object.hasOwn(env, name) ? await textOf(name, env[name]) : null
      if (text !== null) texts.set(name, text)
    }),
  )
  return (source, name) => (source === 'secret' ? (texts.get(name) ?? null) : null)
}

async function textOf(name: string, binding: unknown): Promise<string | null> {
  if (typeof binding === 'string') return binding
  if (typeof (binding as StoredSecret | null)?.get !== 'function') return null
  try {
    return await within(LIMIT_MS, (binding as StoredSecret).get(), 'the Secrets Store')
  } catch (error) {
    throw new Error(`the secret ${name} can\u2019t be read: ${reasonOf(error)}`)
  }
}
