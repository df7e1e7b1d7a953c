import { REVOKED_KEY } from '../../../src/plan/kv-keys.ts'
import { openRevocations, signRevocations } from '../../../src/plan/revoked.ts'
import { type Reader, readerFor, SignedValueError, type Signer } from '../../../src/plan/signed-line.ts'
import { EdgeError } from './edge-error.ts'
import type { KvNamespace } from './kv-namespace.ts'

/**
 * Revisions that no worker serves; null: there is a list, and it is not believed.
 * @param reader null: whoever has signed it is believed
 */
export async function readRevoked(kv: KvNamespace, reader: Reader | null): Promise<ReadonlySet<number> | null> {
  const value = await kv.get(REVOKED_KEY)
  if (value === null) return new Set()
  const line = new TextDecoder().decode(value)
  try {
    return new Set((await openRevocations(line, reader ?? (await readerFor(line)))).revisions)
  } catch (error) {
    if (error instanceof SignedValueError) return null
    throw error
  }
}

/**
 * Signs the list anew with these in it.
 * @throws EdgeError where the list that is there is not believed: it would be lost
 */
export async function revoke(
  kv: KvNamespace,
  revisions: readonly number[],
  reader: Reader,
  signer: Signer,
  time: number,
): Promise<void> {
  const before = await readRevoked(kv, reader)
  if (before === null) {
    throw new EdgeError(
      `the list of revoked revisions in ${kv.title} is signed by a key that is not known here: give it with --trust`,
    )
  }
  const all = new Set([...before, ...revisions])
  try {
    const list = { audience: reader.audience, time, revisions: [...all].sort((a, b) => a - b) }
    await kv.put(REVOKED_KEY, await signRevocations(list, signer))
  } catch (error) {
    if (!(error instanceof SignedValueError)) throw error
    throw new EdgeError(`it can't be revoked: ${error.message}`)
  }
}
