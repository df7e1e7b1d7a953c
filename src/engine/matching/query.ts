/**
 * Values of a query by form decoding: `+` and `%20` are blanks, pairs are split at their first `=`, pairs with a bad
 * escape or a `;` are left out (Go's `url.ParseQuery`).
 */

/** The first value of a key that passes; null when none does. `query` may begin with `?`; `key` is decoded. */
export function findQueryValue(query: string, key: string, passes: (value: string) => boolean): string | null {
  let start = query.charCodeAt(0) === 63 ? 1 : 0
  while (start < query.length) {
    let end = query.indexOf('&', start)
    if (end === -1) end = query.length
    const value = valueOfPair(query, start, end, key)
    if (value !== null && passes(value)) return value
    start = end + 1
  }
  return null
}

/** The value of the pair between two places if it is valid and of that key. */
function valueOfPair(query: string, start: number, end: number, key: string): string | null {
  if (start === end) return null
  const pair = query.slice(start, end)
  if (pair.includes(';')) return null
  const equals = pair.indexOf('=')
  const name = formDecode(equals === -1 ? pair : pair.slice(0, equals))
  if (name !== key) return null
  return equals === -1 ? '' : formDecode(pair.slice(equals + 1))
}

/** Null when an escape is malformed. Bytes that are no UTF-8 become U+FFFD. */
export function formDecode(text: string): string | null {
  if (PLAIN.test(text)) return text
  const bytes: number[] = []
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 37) {
      const digits = text.slice(i + 1, i + 3)
      if (!HEX_PAIR.test(digits)) return null
      bytes.push(Number.parseInt(digits, 16))
      i += 2
    } else if (code === 43) bytes.push(32)
    // Targets hold bytes above ASCII as they came, one a character.
    else if (code < 256) bytes.push(code)
    else {
      const char = String.fromCodePoint(text.codePointAt(i)!)
      for (const byte of new TextEncoder().encode(char)) bytes.push(byte)
      i += char.length - 1
    }
  }
  return decoder.decode(Uint8Array.from(bytes))
}

const PLAIN = /^[!-$&-*,-~]*$/
const HEX_PAIR = /^[0-9A-Fa-f]{2}$/
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
