import { toJson } from './json.ts'

/** JSON and a newline, 200. */
export const answer = (value: unknown, headers: Record<string, string> = {}): Response =>
  sized(200, `${toJson(value)}\n`, { 'Content-Type': 'application/json', ...headers })

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
