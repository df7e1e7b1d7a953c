import { toJson } from './json.ts'

/** JSON and a newline, 200. */
export const answer = (value: unknown): Response => answerText(toJson(value))

/** The same of JSON text. */
export const answerText = (text: string): Response => sized(200, `${text}\n`, { 'Content-Type': 'application/json' })

/** Elements that are written before others get their turn; some 20 µs each when they are shown for the first time. */
const AT_ONCE = 100

/** Ends when everybody else who waited has had a turn; null: there is nobody else. */
export type Turn = (() => Promise<void>) | null

/** As `answer`, of JSON text in pieces. */
export const answerInPieces = (pieces: Iterable<string>, turn: Turn, headers: Record<string, string> = {}): Response =>
  textInPieces(withNewline(pieces), turn, { 'Content-Type': 'application/json', ...headers })

function* withNewline(pieces: Iterable<string>): Generator<string> {
  yield* pieces
  yield '\n'
}

/** A text in pieces: a long one is made while it is sent, and holds nobody up. */
export function textInPieces(text: Iterable<string>, turn: Turn, headers: Record<string, string>): Response {
  const pieces = text[Symbol.iterator]()
  const first = take(pieces)
  if (first.done) return sized(200, first.text, headers)
  const encoder = new TextEncoder()
  let next = first
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      controller.enqueue(encoder.encode(next.text))
      if (next.done) return controller.close()
      if (turn !== null) await turn()
      next = take(pieces)
    },
  })
  return new Response(body as BodyInit, { status: 200, headers })
}

function take(pieces: Iterator<string>): { readonly text: string; readonly done: boolean } {
  let text = ''
  for (let count = 0; count < AT_ONCE; count++) {
    const { value, done } = pieces.next()
    if (done === true) return { text, done }
    text += value
  }
  return { text, done: false }
}

const plain = (status: number, text: string): Response =>
  sized(status, `${text}\n`, { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' })

/** Go's server gives the length of what fits into its first buffer, and sends the rest in chunks. */
const FIRST_BUFFER = 2048

function sized(status: number, text: string, headers: Record<string, string>): Response {
  const bytes = new TextEncoder().encode(text)
  const length: Record<string, string> = bytes.length > FIRST_BUFFER ? {} : { 'Content-Length': String(bytes.length) }
  return new Response(bytes, { status, headers: { ...headers, ...length } })
}

/** `{"message": …}` declared as plain text, as Traefik does (`pkg/api/handler.go`, `writeError`). */
export const refuse = (status: number, message: string): Response => plain(status, toJson({ message }))

/** A path that does not exist. */
export const noSuchPath = (): Response => plain(404, '404 page not found')

/** Nearly everything here is read with GET alone. */
export const methodNotAllowed = (allow = 'GET'): Response =>
  new Response(null, { status: 405, headers: { Allow: allow } })
