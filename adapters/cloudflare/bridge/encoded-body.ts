import { type Body, StreamBody } from '../../../src/http/body.ts'

/** Content that the runtime encodes on its way out, as `Content-Encoding` says: of no known length. */
export const encoded = (plain: Body): Body => new StreamBody(nativeStream(plain), null)

/** The content as a stream whose bytes don't pass through JavaScript, but for those that are here already. */
function nativeStream(plain: Body): ReadableStream {
  const parts = plain.split?.() ?? null
  if (parts === null) return plain.stream() as ReadableStream
  const { readable, writable } = new IdentityTransformStream()
  void join(parts.start, parts.rest as ReadableStream, writable)
  return readable
}

async function join(start: readonly Uint8Array[], rest: ReadableStream, writable: WritableStream): Promise<void> {
  try {
    const writer = writable.getWriter()
    for (const piece of start) await writer.write(piece)
    writer.releaseLock()
  } catch (reason) {
    // Whoever read has gone.
    await rest.cancel(reason)
    return
  }
  await rest.pipeTo(writable).catch(() => {
    // Both ends have been told.
  })
}
