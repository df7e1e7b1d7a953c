import type { Collected } from '../../../src/plan/collected.ts'

/**
 * `src/plan/collected.ts` in the built worker, whose streams fill a buffer by themselves: a third of what thousands of
 * small pieces cost.
 */
export async function collected(stream: ReadableStream<Uint8Array>, size: number): Promise<Collected> {
  const reader = stream.getReader({ mode: 'byob' })
  // Nothing can be asked for that has no bytes.
  const { value: text = new Uint8Array() } = size === 0 ? {} : await reader.readAtLeast(size, new Uint8Array(size))
  const { done } = await reader.readAtLeast(1, new Uint8Array(1))
  return { text, isMore: !done }
}
