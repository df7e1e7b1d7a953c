/** Classes of octets in HTTP/1.1 heads; texts are latin1, so a character code is an octet. */

function table(test: (code: number) => boolean): Uint8Array {
  const classes = new Uint8Array(256)
  for (let code = 0; code < 256; code++) if (test(code)) classes[code] = 1
  return classes
}

/** `tchar` of RFC 9110 §5.6.2: methods and field names. */
export const TOKEN = table((code) => /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(code)))

/** What a field value may hold (RFC 9110 §5.5): HTAB, SP, VCHAR, obs-text. */
export const VALUE = table((code) => code === 9 || (code >= 0x20 && code !== 0x7f))

/** Octets of a request target: visible ASCII. */
export const TARGET = table((code) => code > 0x20 && code < 0x7f)

/** Value of a hexadecimal digit, 255 for anything else. */
export const HEX = new Uint8Array(256).fill(255)
for (let value = 0; value < 16; value++) {
  HEX[value.toString(16).charCodeAt(0)] = value
  HEX[value.toString(16).toUpperCase().charCodeAt(0)] = value
}

/** A Content-Length: digits only, small enough to count exactly; -1 for anything else (RFC 9110 §8.6). */
export function parseLength(text: string): number {
  if (text.length === 0 || text.length > 15) return -1
  let value = 0
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

/** RFC 9110 §5.6.3: what may stand around a field's value. */
export const isBlank = (code: number): boolean => code === 32 || code === 9

/** Whether a comma-separated list holds a token, whatever its case. */
export function hasToken(list: string, lowerToken: string): boolean {
  if (list.length === lowerToken.length) return list === lowerToken || list.toLowerCase() === lowerToken
  if (list.indexOf(',') === -1) return false
  for (const part of list.split(',')) if (part.trim().toLowerCase() === lowerToken) return true
  return false
}
