import { fromFieldText } from '../http/fields.ts'

const unsafe = /["\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]/g

const named: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** Makes any text safe between double quotes on one line: no quote, control character or line separator stays. */
export const escapeText = (text: string): string => text.replace(unsafe, escapeChar)

function escapeChar(char: string): string {
  const code = char.charCodeAt(0)
  return named[char] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`)
}

const hex = (code: number, width: number): string => code.toString(16).padStart(width, '0')

/**
 * Text for a place without quotes: blanks could pass for the end of a column, so only those of a list (`a, b`, as
 * forwarding headers have them) stay.
 */
export const escapeColumn = (text: string): string => escapeText(text).replace(/(?<!,) /g, '\\x20')

/** A field line's bytes as Unicode, safe between double quotes. */
export const escapeFieldText = (value: string): string => escapeText(fromFieldText(value))

/** A finished JSON text on one line, with the characters escaped that Go escapes, and further control characters. */
export const escapeJson = (json: string): string =>
  json.replace(/[&<>\x7f-\x9f\u2028\u2029]/g, (char) => `\\u${hex(char.charCodeAt(0), 4)}`)

/** A JSON string, escaped likewise; most texts need nothing and are only looked at. */
export const jsonText = (text: string): string =>
  /^[ !#-%'-;=?-[\]-~]*$/.test(text) ? `"${text}"` : escapeJson(JSON.stringify(text))
