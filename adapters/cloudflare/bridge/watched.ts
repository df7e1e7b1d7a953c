import { type Body, StreamBody } from '../../../src/http/body.ts'
import type { ProxyResponse } from '../../../src/http/response.ts'
import type { EdgeContext } from './edge-context.ts'

/** Bytes of content that mostly comes in one piece, with its head. */
const SMALL = 4096

/** How long a head waits for such content, in ms. */
const SOON_MS = 10

/**
 * Content as it goes to the client where somebody waits for its end: the context hears when the last byte has gone, or
 * that the client left. The runtime's identity stream tells that, and costs a quarter of a request. So small content that
 * is there with its head is taken as bytes, and is over when it is handed on.
 */
export async function watched(
  { status }: ProxyResponse,
  content: Body,
  cx: EdgeContext,
): Promise<ReadableStream | Uint8Array> {
  cx.statusOfHead = status
  const { length } = content
  if (length === null || length > SMALL || !(content instanceof StreamBody)) return piped(content, status, cx)
  const stream = content.stream() as ReadableStream<Uint8Array>
  const reader = stream.getReader()
  const reading = reader.read()
  const first = await soon(reading)
  if (first?.value?.byteLength === length) {
    cx.sent(status, length)
    return first.value
  }
  const { readable, writable } = new FixedLengthStream(length)
  const going = async () => {
    const writer = writable.getWriter()
    try {
      const { value } = await reading
      if (value !== undefined) await writer.write(value)
    } catch (error) {
      await writer.abort(error)
      throw error
    }
    writer.releaseLock()
    reader.releaseLock()
    await stream.pipeTo(writable)
  }
  watch(going(), (isWhole) => (isWhole ? length : 0), status, cx)
  return readable
}

/** What comes soon; null: it does not, or never will. */
const soon = <T>(coming: Promise<T>): Promise<T | null> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), SOON_MS)
    const settle = (found: T | null) => {
      clearTimeout(timer)
      resolve(found)
    }
    coming.then(settle, () => settle(null))
  })

/** Content that writes itself into a stream of the runtime (`encoded-body.ts`). */
type SelfPiping = Body & { readonly pipeInto?: (writable: WritableStream) => Promise<void> }

function piped(content: SelfPiping, status: number, cx: EdgeContext): ReadableStream {
  const { length } = content
  const pipe = length === null ? new IdentityTransformStream() : new FixedLengthStream(length)
  let counted = 0
  const counter = () =>
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        counted += chunk.byteLength
        controller.enqueue(chunk)
      },
    })
  // Content of unknown length comes by way of JavaScript only where somebody wants to know its length.
  const counts = length === null && cx.record.wantsSize
  const going = (): Promise<void> => {
    if (!counts && content.pipeInto !== undefined) return content.pipeInto(pipe.writable)
    const stream = content.stream() as ReadableStream<Uint8Array>
    return (counts ? stream.pipeThrough(counter()) : stream).pipeTo(pipe.writable)
  }
  watch(going(), (isWhole) => (isWhole ? (length ?? counted) : counted), status, cx)
  return pipe.readable
}

/** @param sizeOf bytes that have gone by the end */
function watch(going: Promise<void>, sizeOf: (isWhole: boolean) => number, status: number, cx: EdgeContext): void {
  cx.waitUntil(
    going.then(
      () => cx.sent(status, sizeOf(true)),
      () => {
        cx.abort()
        cx.sent(status, sizeOf(false), true)
      },
    ),
  )
}
