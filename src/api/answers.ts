import { toJson } from './json.ts'

/** JSON and a newline, 200. */
export const answer = (value: unknown, headers: Record<string, string> = {}): Response =>
  new Response(`${toJson(value)}\n`, { headers: { 'Content-Type': 'application/json', ...headers } })

const plain = (status: number, text: string): Response =>
  new Response(`${text}\n`, {
    status,
    headers: { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' },
  })

/** `{"message": …}` declared as plain text, as Traefik does (`pkg/api/handler.go`, `writeError`). */
export const refuse = (status: number, message: string): Response => plain(status, toJson({ message }))

/** A path that does not exist. */
export const noSuchPath = (): Response => plain(404, '404 page not found')

/** Nearly everything here is read with GET alone. */
export const methodNotAllowed = (allow = 'GET'): Response =>
  new Response(null, { status: 405, headers: { Allow: allow } })
