import { fromFieldText } from '../../src/http/fields.ts'
import { prepareAnswer } from '../../src/http/outgoing.ts'
import type { RequestContext } from '../../src/http/request-context.ts'
import type { ProxyResponse } from '../../src/http/response.ts'

/** The answer as any Fetch runtime sends it. The exchange ends with the last byte that was read of it. */
export function toResponse(response: ProxyResponse, method: string, cx: RequestContext): Response {
  prepareAnswer(response, method, 599)
  const { status, content } = response
  const headers = new Headers()
  const { lines } = response.headers
  for (let i = 0; i < lines.length; i += 2) headers.append(lines[i]!, fromFieldText(lines[i + 1]!))
  const init = { status, statusText: response.reason, headers }
  const end = (size: number, aborted: boolean) => cx.end({ status, size, requestSize: 0, aborted })
  if (content === null) {
    end(0, false)
    return new Response(null, init)
  }
  if (typeof content === 'string') {
    const bytes = new TextEncoder().encode(content)
    end(bytes.byteLength, false)
    return new Response(bytes, init)
  }
  let size = 0
  const counted = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      size += chunk.byteLength
      controller.enqueue(chunk)
    },
  })
  const body = content.stream() as ReadableStream<Uint8Array<ArrayBuffer>>
  cx.waitUntil(
    body.pipeTo(counted.writable).then(
      () => end(size, false),
      () => {
        cx.abort()
        end(size, true)
      },
    ),
  )
  return new Response(counted.readable, init)
}
