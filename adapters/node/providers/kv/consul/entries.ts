import { setImmediate as othersTurn } from 'node:timers/promises'
import type { KeyValue } from '../../../../../src/compiler/discovery/kv.ts'
import { ReadBudget } from '../pairs.ts'

/** Octets of an answer that are parsed between two requests. */
const SLICE = 256 * 1024

/** Between two entries, and perhaps within a key. */
const BETWEEN = '},{'

/**
 * Reads the entries of an answer of `GET /v1/kv/…?recurse`, slice by slice so that nobody waits for it.
 * @throws Error where it is none, without a piece of it
 * @throws `TooMuchConfiguration`
 */
export async function readEntries(answer: Buffer): Promise<readonly KeyValue[]> {
  const budget = new ReadBudget()
  const pairs: KeyValue[] = []
  const last = answer.lastIndexOf(']')
  if (answer[0] !== '['.charCodeAt(0) || last === -1) throw new Error(MALFORMED)
  const entries = answer.subarray(1, last)
  for (let begin = 0, end = 0; begin < entries.length; ) {
    end = nextCut(entries, Math.max(end + 1, begin + SLICE))
    const slice = parse(`[${entries.toString('utf8', begin, end)}]`)
    // What looks like an end may stand within a key: then the slice goes on to the next one.
    if (slice === null && end < entries.length) continue
    if (!Array.isArray(slice)) throw new Error(MALFORMED)
    for (const entry of slice) {
      const [key, value] = pairOf(entry)
      budget.spendKey(key)
      budget.spend(value.length)
      pairs.push([key, value])
    }
    begin = end + 1
    end = begin
    await othersTurn()
  }
  return pairs
}

const MALFORMED = 'the answer holds no keys of Consul'

/** Behind the first `}` before another entry from a place on, or the end. */
const nextCut = (entries: Buffer, from: number): number => {
  const at = entries.indexOf(BETWEEN, from)
  return at === -1 ? entries.length : at + 1
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Who asked knows what that means.
    return null
  }
}

/** Values are in base 64, those of folders null. */
function pairOf(entry: unknown): KeyValue {
  const { Key: key, Value: value } = (entry ?? {}) as { readonly Key?: unknown; readonly Value?: unknown }
  if (typeof key !== 'string' || (typeof value !== 'string' && value !== null)) throw new Error(MALFORMED)
  return [key, value === null ? '' : Buffer.from(value, 'base64').toString('utf8')]
}
