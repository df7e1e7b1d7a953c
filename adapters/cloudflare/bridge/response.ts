import { type Body, BytesBody, StreamBody } from '../../../src/http/body.ts'
import type { Fields } from '../../../src/http/fields.ts'
import { prepareAnswer } from '../../../src/http/outgoing.ts'
import { ProxyResponse } from '../../../src/http/response.ts'
import { reasonPhrase } from '../../../src/http/status.ts'
import type { EdgeContext } from './edge-context.ts'
import { type Received, setAnswerHeaders } from './native-headers.ts'

const encoder = new TextEncoder()

/** What few exchanges need. */
let watching: Promise<typeof import('./watched.ts')> | null = null

/** An answer that came from a server by `fetch`. */
export class EdgeResponse extends ProxyResponse {
  readonly native: Response
  /** Null where fields can't be told apart by name. */
  readonly received: Received | null

  constructor(native: Response, headers: Fields, content: Body | null, received: Received | null) {
    super(native.status, headers, content)
    this.native = native
    this.received = received
  }
}

/**
 * The answer as workerd sends it. Content that came from a server is handed over as the stream it came as, so it never
 * passes through JavaScript; only when somebody waits for the end of the exchange is it watched.
 */
export function toNative(response: ProxyResponse, method: string, cx: EdgeContext): Response | Promise<Response> {
  if (response.status === 101) return switched(response, cx)
  prepareAnswer(response, method, 599)
  const { content } = response
  if (content === null) return finished(response, null, cx)
  // A string would make the runtime add a Content-Type.
  if (typeof content === 'string') return finished(response, encoder.encode(content), cx)
  if (content instanceof BytesBody) {
    return content.bytes(Number.POSITIVE_INFINITY).then((bytes) => finished(response, bytes, cx))
  }
  // A stream made here has lost its length, unless it goes through the runtime's own.
  const hasLostLength = !(content instanceof StreamBody) && content.length !== null
  if (cx.wantsEnd || hasLostLength) {
    watching ??= import('./watched.ts')
    return watching.then(({ watched }) => watched(response, content, cx)).then((body) => native(response, body))
  }
  const body = content.stream() as ReadableStream
  return response instanceof EdgeResponse && isUntouched(response, body) ? response.native : native(response, body)
}

/** Whether an answer is still what came, so that it may go on by itself, without a copy. */
function isUntouched({ native, received, status, headers: { lines } }: EdgeResponse, body: ReadableStream): boolean {
  return (
    native.body === body &&
    native.status === status &&
    native.statusText === reasonPhrase(status) &&
    lines.length === received?.lines.length &&
    lines.every((line, at) => line === received.lines[at])
  )
}

function finished(response: ProxyResponse, body: Uint8Array | null, cx: EdgeContext): Response {
  const answer = native(response, body)
  if (cx.wantsEnd) cx.sent(response.status, body?.byteLength ?? 0)
  return answer
}

function native(response: ProxyResponse, body: ReadableStream | Uint8Array | null): Response {
  const { status, encodesLater } = response
  // Other content is encoded as its fields say already.
  const encodeBody = encodesLater ? 'automatic' : 'manual'
  return withFields(response, { status, statusText: reasonPhrase(status), encodeBody }, body)
}

/** Fields that came with a server's answer are copied by the runtime, without a detour. */
function withFields(response: ProxyResponse, init: ResponseInit, body: ReadableStream | Uint8Array | null): Response {
  const received = response instanceof EdgeResponse ? response.received : null
  if (received !== null) init.headers = received.headers
  const answer = new Response(body, init)
  setAnswerHeaders(answer.headers, response.headers, received)
  return answer
}

function switched(response: ProxyResponse, cx: EdgeContext): Response {
  // The runtime joins the two sockets by itself and doesn't tell when they close: the exchange ends here.
  if (cx.wantsEnd) cx.sent(101, 0)
  return withFields(response, { status: 101, webSocket: response.upgraded as WebSocket }, null)
}
