import { setImmediate as othersTurn } from 'node:timers/promises'
import type { KeyValue } from '../../../../src/compiler/discovery/kv.ts'

/** Characters of all keys and texts together, as much as a file may have: the whole is held several times. */
const MAX_CHARACTERS = 64 * 1024 * 1024
/** What a key costs beside its characters. */
const KEY_CHARACTERS = 64
/** What is turned into text between two requests. */
const SLICE_CHARACTERS = 256 * 1024

/** More stands below the root than is taken. */
export class TooMuchConfiguration extends Error {
  constructor() {
    super(`more than ${MAX_CHARACTERS / 1024 / 1024} MiB of keys and values below the root key`)
  }
}

/** What one read may bring. */
export class ReadBudget {
  #left = MAX_CHARACTERS

  /** @throws TooMuchConfiguration */
  spend(characters: number): void {
    this.#left -= characters
    if (this.#left < 0) throw new TooMuchConfiguration()
  }

  /** @throws TooMuchConfiguration */
  spendKey(key: string): void {
    this.spend(key.length + KEY_CHARACTERS)
  }
}

/** Characters of all of it, with what keys cost beside their own. */
export const totalSize = (pairs: readonly KeyValue[]): number => pairs.reduce((sum, pair) => sum + sizeOf(pair), 0)

const sizeOf = ([key, text]: KeyValue): number => key.length + text.length + KEY_CHARACTERS

/** The pairs as JSON, made slice by slice so that nobody waits for it. */
export async function pairsText(pairs: readonly KeyValue[]): Promise<string> {
  const slices: string[] = []
  for (let at = 0; at < pairs.length; ) {
    const slice: KeyValue[] = []
    for (let size = 0; at < pairs.length && size < SLICE_CHARACTERS; at++) {
      slice.push(pairs[at]!)
      size += sizeOf(pairs[at]!)
    }
    slices.push(JSON.stringify(slice).slice(1, -1))
    await othersTurn()
  }
  return `[${slices.join(',')}]`
}
