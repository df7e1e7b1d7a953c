import { PIN_KEY } from '../../../src/plan/kv-keys.ts'
import {
  openLine,
  type Reader,
  readerFor,
  SignedValueError,
  type Signer,
  signLine,
} from '../../../src/plan/signed-line.ts'
import { shortened } from './author.ts'
import { EdgeError } from './edge-error.ts'
import type { KvNamespace } from './kv-namespace.ts'

/** The revision that is to stay live, and who wants that: a signed line of its own. */
export interface Pin {
  readonly audience: string
  readonly revision: number
  /** In milliseconds since 1970. */
  readonly time: number
  readonly publisher: string
}

const FORMAT = 'signalbox-pin/1'

export async function writePin(kv: KvNamespace, pin: Pin, signer: Signer): Promise<void> {
  await kv.put(PIN_KEY, await signLine(FORMAT, pin, signer))
}

/** Lets others publish again; null when nothing was pinned. */
export async function removePin(kv: KvNamespace): Promise<boolean> {
  const isThere = (await kv.get(PIN_KEY)) !== null
  if (isThere) await kv.delete(PIN_KEY)
  return isThere
}

/**
 * Null: nothing is pinned. A pin that is not believed is one: somebody may have meant it.
 * @param reader null: whoever has signed it is believed
 */
export async function readPin(kv: KvNamespace, reader: Reader | null): Promise<Pin | 'not believed' | null> {
  const value = await kv.get(PIN_KEY)
  if (value === null) return null
  const line = new TextDecoder().decode(value)
  try {
    const { revision, time, publisher, audience } = await openLine(line, FORMAT, reader ?? (await readerFor(line)))
    if (typeof revision !== 'number' || typeof time !== 'number' || typeof publisher !== 'string') return 'not believed'
    return { audience, revision, time, publisher }
  } catch (error) {
    if (error instanceof SignedValueError) return 'not believed'
    throw error
  }
}

/** @throws EdgeError where something is pinned */
export async function refuseIfPinned(kv: KvNamespace, reader: Reader): Promise<void> {
  const pin = await readPin(kv, reader)
  if (pin === null) return
  const remedy = '`signalbox edge unpin` lets others be published'
  if (pin === 'not believed') {
    throw new EdgeError(`a revision is pinned in ${kv.title}, by a key that is not known here: ${remedy}`)
  }
  const since = new Date(pin.time).toISOString()
  const by = pin.publisher === '' ? '' : ` by ${shortened(pin.publisher, 64)}`
  throw new EdgeError(`revision ${pin.revision} is pinned${by} since ${since}: ${remedy}`)
}
