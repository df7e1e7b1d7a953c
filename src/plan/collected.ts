/** What a stream has given. */
export interface Collected {
  readonly text: Uint8Array
  /** There is more than was asked for. */
  readonly isMore: boolean
}

/**
 * The bytes of a stream; it stops as soon as there is more than there should be. The worker has a way of its platform in
 * the place of this one.
 */
export async function collected(stream: ReadableStream<Uint8Array>, size: number): Promise<Collected> {
  const text = new Uint8Array(size)
  let at = 0
  for await (const chunk of stream) {
    if (at + chunk.length > size) return { text, isMore: true }
    text.set(chunk, at)
    at += chunk.length
  }
  return { text: text.subarray(0, at), isMore: false }
}
