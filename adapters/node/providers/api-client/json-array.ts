import { setImmediate as nextTurn } from 'node:timers/promises'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPEN = new Set([0x5b, 0x7b])
const CLOSE = new Set([0x5d, 0x7d])

/** Parsing goes on for so long before others have a turn. */
const SLICE_MS = 8
/** Shorter ones are parsed in one go. */
const SHORT_BYTES = 128 * 1024

/**
 * The elements of a JSON list, parsed one by one, so that a list of many megabytes holds nobody up. Throws an Error
 * that shows nothing of the content where it is no list, or none that is whole.
 */
export async function elementsOf(json: Buffer): Promise<unknown[]> {
  if (json.length <= SHORT_BYTES) {
    const list = parse(json)
    if (!Array.isArray(list)) throw new Error('the answer is no list')
    return list
  }
  const elements: unknown[] = []
  let began = performance.now()
  for (const [start, end] of boundsOf(json)) {
    elements.push(parse(json.subarray(start, end)))
    if (performance.now() - began < SLICE_MS) continue
    await nextTurn()
    began = performance.now()
  }
  return elements
}

function parse(json: Buffer): unknown {
  try {
    return JSON.parse(json.toString('utf8'))
  } catch (cause) {
    throw new Error('the answer is no JSON', { cause })
  }
}

/** Where each element begins and ends. */
function* boundsOf(json: Buffer): Generator<readonly [start: number, end: number]> {
  let at = json.indexOf('[')
  if (at === -1 || json.subarray(0, at).toString('latin1').trim() !== '') throw new Error('the answer is no list')
  let start = at + 1
  let depth = 1
  for (at++; at < json.length && depth > 0; at++) {
    const byte = json[at]!
    if (byte === QUOTE) at = endOfText(json, at)
    else if (OPEN.has(byte)) depth++
    else if (CLOSE.has(byte)) depth--
    else if (byte === COMMA && depth === 1) {
      yield [start, at]
      start = at + 1
    }
  }
  if (depth > 0 || json[at - 1] !== 0x5d) throw new Error('the answer ends before it is whole')
  if (json.subarray(at).toString('latin1').trim() !== '') throw new Error('the answer is no JSON')
  if (
    json
      .subarray(start, at - 1)
      .toString('latin1')
      .trim() !== '' ||
    start > 1
  )
    yield [start, at - 1]
}

/** Position of the quote that ends a text. */
function endOfText(json: Buffer, quote: number): number {
  let end = json.indexOf(QUOTE, quote + 1)
  while (end !== -1) {
    let slashes = 0
    while (json[end - 1 - slashes] === BACKSLASH) slashes++
    if (slashes % 2 === 0) return end
    end = json.indexOf(QUOTE, end + 1)
  }
  return json.length
}
