import type { Fields } from './fields.ts'

/** Not in a value (Go net/http `validCookieValueByte`). */
const INVALID = /[^\x20-\x7e]|["\\]/

/**
 * Value of the first cookie of that name (RFC 6265 §5.4), or null. As Go reads them: quotes around a value are taken off, a
 * blank behind the equals sign belongs to the value, a name alone has an empty one, and an invalid cookie is passed over.
 */
export function readCookie(headers: Fields, name: string): string | null {
  for (const line of headers.getAll('cookie')) {
    for (const part of line.split(';')) {
      const cookie = part.trim()
      const at = cookie.indexOf('=')
      if ((at === -1 ? cookie : cookie.slice(0, at).trim()) !== name) continue
      const text = at === -1 ? '' : cookie.slice(at + 1)
      const value = text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text
      if (!INVALID.test(value)) return value
    }
  }
  return null
}
