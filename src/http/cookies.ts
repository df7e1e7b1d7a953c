import type { Fields } from './fields.ts'

/**
 * Value of the first cookie of that name (RFC 6265 §5.4), or null. Quotes around a value are taken off, as Go does.
 */
export function readCookie(headers: Fields, name: string): string | null {
  for (const line of headers.getAll('cookie')) {
    for (const part of line.split(';')) {
      const at = part.indexOf('=')
      if (at === -1 || part.slice(0, at).trim() !== name) continue
      const value = part.slice(at + 1).trim()
      return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
    }
  }
  return null
}
