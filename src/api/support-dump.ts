import type { ProxyResponse } from '../http/response.ts'
import { streamed, type Turn } from './answers.ts'
import { toJson } from './json.ts'
import { tar } from './tar.ts'
import type { View } from './views.ts'

/** Pieces of text that are encoded before others get their turn. */
const AT_ONCE = 100

/**
 * `/api/support-dump` (Traefik `pkg/api/handler_support_dump.go`): an archive with what somebody needs who is asked for
 * help, without what tells whose it is.
 * @param runtime JSON text of the elements, in pieces
 */
export async function supportDump(
  version: View,
  staticConfig: View,
  runtime: Iterable<string>,
  now: Date,
  turn: Turn,
): Promise<ProxyResponse> {
  const encoder = new TextEncoder()
  const whole = (value: View) => [encoder.encode(toJson(value))]
  const archive = tar(
    [
      { name: 'version.json', content: whole(version) },
      { name: 'static-config.json', content: whole(staticConfig) },
      { name: 'runtime-config.json', content: await encoded(runtime, turn) },
    ],
    now,
  )
  const pieces = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const { value, done } = archive.next()
      if (done === true) controller.close()
      else controller.enqueue(value as Uint8Array<ArrayBuffer>)
    },
  })
  return streamed(pieces.pipeThrough(new CompressionStream('gzip')), [
    ...['Content-Type', 'application/gzip'],
    ...['Content-Disposition', 'attachment; filename=support-dump.tar.gz'],
  ])
}

/** The length of a file stands in front of it, so all of it must be there first. */
async function encoded(text: Iterable<string>, turn: Turn): Promise<Uint8Array[]> {
  const encoder = new TextEncoder()
  const pieces: Uint8Array[] = []
  let waiting = ''
  let count = 0
  for (const piece of text) {
    waiting += piece
    if (++count % AT_ONCE !== 0) continue
    pieces.push(encoder.encode(waiting))
    waiting = ''
    if (turn !== null) await turn()
  }
  pieces.push(encoder.encode(waiting))
  return pieces
}
