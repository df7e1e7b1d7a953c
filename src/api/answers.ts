import { BytesBody, StreamBody } from '../http/body.ts'
import { Fields } from '../http/fields.ts'
import { ProxyResponse } from '../http/response.ts'
import { toJson } from './json.ts'

/** JSON and a newline, 200. */
export const answer = (value: unknown): ProxyResponse => answerText(toJson(value))

/** The same of JSON text. */
export const answerText = (text: string): ProxyResponse => sized(200, `${text}\n`, ['Content-Type', 'application/json'])

/** Elements that are written before others get their turn; some 20 µs each when they are shown for the first time. */
const AT_ONCE = 100

/** Ends when everybody else who waited has had a turn; null: there is nobody else. */
export type Turn = (() => Promise<void>) | null

/** As `answer`, of JSON text in pieces. @param lines names and values of further fields */
export const answerInPieces = (pieces: Iterable<string>, turn: Turn, lines: readonly string[] = []): ProxyResponse =>
  textInPieces(withNewline(pieces), turn, ['Content-Type', 'application/json', ...lines])

function* withNewline(pieces: Iterable<string>): Generator<string> {
  yield* pieces
  yield '\n'
}

/** A text in pieces: a long one is made while it is sent, and holds nobody up. */
export function textInPieces(text: Iterable<string>, turn: Turn, lines: string[]): ProxyResponse {
  const pieces = text[Symbol.iterator]()
  const first = take(pieces)
  if (first.done) return sized(200, first.text, lines)
  const encoder = new TextEncoder()
  let next = first
  const content = new ReadableStream<Uint8Array>({
    async pull(controller) {
      controller.enqueue(encoder.encode(next.text))
      if (next.done) return controller.close()
      if (turn !== null) await turn()
      next = take(pieces)
    },
  })
  return streamed(content, lines)
}

/** 200 with content of unknown length. */
export const streamed = (content: ReadableStream<Uint8Array>, lines: string[]): ProxyResponse =>
  new ProxyResponse(200, new Fields(lines), new StreamBody(content, null))

function take(pieces: Iterator<string>): { readonly text: string; readonly done: boolean } {
  let text = ''
  for (let count = 0; count < AT_ONCE; count++) {
    const { value, done } = pieces.next()
    if (done === true) return { text, done }
    text += value
  }
  return { text, done: false }
}

const plain = (status: number, text: string): ProxyResponse =>
  sized(status, `${text}\n`, ['Content-Type', 'text/plain; charset=utf-8', 'X-Content-Type-Options', 'nosniff'])

/** Go's server gives the length of what fits into its first buffer, and sends the rest in chunks. */
const FIRST_BUFFER = 2048

function sized(status: number, text: string, lines: string[]): ProxyResponse {
  const bytes = new TextEncoder().encode(text)
  const content = new BytesBody(bytes, bytes.length > FIRST_BUFFER ? null : bytes.length)
  return new ProxyResponse(status, new Fields(lines), content)
}

/** `{"message": …}` declared as plain text, as Traefik does (`pkg/api/handler.go`, `writeError`). */
export const refuse = (status: number, message: string): ProxyResponse => plain(status, toJson({ message }))

/** A path that does not exist. */
export const noSuchPath = (): ProxyResponse => plain(404, '404 page not found')

/** 301. @param location path and query */
export const movedTo = (location: string): ProxyResponse =>
  new ProxyResponse(301, new Fields(['Location', location]), null)

/** Nearly everything here is read with GET alone. */
export const methodNotAllowed = (allow = 'GET'): ProxyResponse =>
  new ProxyResponse(405, new Fields(['Allow', allow]), null)
