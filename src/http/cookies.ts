import type { Fields } from './fields.ts'

/** Not in a value (Go net/http `validCookieValueByte`). */
const INVALID = /[^\x20-\x7e]|["\\]/

/**
 * Value of the first cookie of that name (RFC 6265 §5.4), or null. As Go reads them: quotes around a value are taken
 * off, a blank behind the equals sign belongs to the value, a name alone has an empty one, and an invalid cookie is
 * passed over.
 */
export function readCookie(headers: Fields, name: string): string | null {
  if (name === '') return null
  for (const line of headers.getAll('cookie')) {
    // Only where the name stands a cookie is looked at: a client sends as many as it likes.
    for (let at = line.indexOf(name); at !== -1; at = line.indexOf(name, at)) {
      if (!isApart(line, at, at + name.length)) {
        at += 1
        continue
      }
      const next = line.indexOf(';', at)
      const end = next === -1 ? line.length : next
      const value = valueNamed(line.slice(line.lastIndexOf(';', at) + 1, end), name)
      if (value !== null && !INVALID.test(value)) return value
      at = end
    }
  }
  return null
}

/** Whether what is around a name may not belong to it: ends of the cookie, blanks of any kind, the equals sign. */
function isApart(line: string, start: number, end: number): boolean {
  const before = start === 0 ? 59 : line.charCodeAt(start - 1)
  const after = end === line.length ? 59 : line.charCodeAt(end)
  return (before === 59 || isBlank(before)) && (after === 59 || after === 61 || isBlank(after))
}

const isBlank = (code: number): boolean => code <= 32 || code >= 160

/** Null: it has another name. */
function valueNamed(part: string, name: string): string | null {
  const cookie = part.trim()
  const at = cookie.indexOf('=')
  if ((at === -1 ? cookie : cookie.slice(0, at).trim()) !== name) return null
  const text = at === -1 ? '' : cookie.slice(at + 1)
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text
}
