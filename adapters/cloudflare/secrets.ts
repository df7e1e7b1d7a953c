import type { SecretOf, SecretPlan } from '../../src/plan/secrets.ts'

/** A binding of Cloudflare's Secrets Store. */
interface StoredSecret {
  get(): Promise<string>
}

/**
 * What the references of a plan stand for, read before it is linked: Worker secrets are texts of the environment, those
 * of a Secrets Store are asked for. One that can't be had is missing.
 */
export async function loadSecrets(
  used: readonly SecretPlan[],
  env: Readonly<Record<string, unknown>>,
): Promise<SecretOf> {
  const texts = new Map<string, string>()
  await Promise.all(
    used.map(async ({ source, name }) => {
      const text = source === 'secret' && Object.hasOwn(env, name) ? await textOf(env[name]) : null
      if (text !== null) texts.set(name, text)
    }),
  )
  return (source, name) => (source === 'secret' ? (texts.get(name) ?? null) : null)
}

async function textOf(binding: unknown): Promise<string | null> {
  if (typeof binding === 'string') return binding
  if (typeof (binding as StoredSecret | null)?.get !== 'function') return null
  // The element that needs it is disabled, and says that it is not there.
  return (binding as StoredSecret).get().catch(() => null)
}
