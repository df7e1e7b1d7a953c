const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const OPEN_BRACE = 0x7b
const OPEN_BRACKET = 0x5b
const LOWER_E = 0x65

/** Numbers of up to this many characters are exact. */
const EXACT_DIGITS = 15
const MAX_DEPTH = 100

/**
 * Parses JSON when that is certain to give what a YAML parser gives, else returns undefined: keys that occur twice,
 * numbers that lose digits or have an exponent, deep nesting and what is no JSON are for the YAML parser to judge.
 */
export const parsePlainJson = (text: string): unknown => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const keys = countKeysInText(text)
  return keys !== null && keys === countKeys(value) ? value : undefined
}

/** Counts colons outside of strings; null when numbers are long or nesting is deep. The text is valid JSON. */
const countKeysInText = (text: string): number | null => {
  let keys = 0
  let depth = 0
  let position = 0
  while (position < text.length) {
    const quote = text.indexOf('"', position)
    const end = quote === -1 ? text.length : quote
    let digits = 0
    for (; position < end; position++) {
      const code = text.charCodeAt(position)
      if (code >= 0x30 && code <= 0x39) {
        if (++digits > EXACT_DIGITS) return null
        continue
      }
      // What an exponent makes too large is no number to YAML.
      if (digits > 0 && (code | 0x20) === LOWER_E) return null
      if (code !== 0x2e) digits = 0
      if (code === COLON) keys++
      else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
        if (++depth > MAX_DEPTH) return null
      } else if (code === OPEN_BRACE + 2 || code === OPEN_BRACKET + 2) depth--
    }
    if (quote === -1) break
    position = endOfString(text, quote + 1)
  }
  return keys
}

const endOfString = (text: string, start: number): number => {
  let end = text.indexOf('"', start)
  for (;;) {
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++
    if (slashes % 2 === 0) return end + 1
    end = text.indexOf(String.fromCharCode(QUOTE), end + 1)
  }
}

const countKeys = (value: unknown): number => {
  if (typeof value !== 'object' || value === null) return 0
  let keys = 0
  if (Array.isArray(value)) {
    for (const element of value) keys += countKeys(element)
    return keys
  }
  for (const key of Object.keys(value)) keys += 1 + countKeys((value as Record<string, unknown>)[key])
  return keys
}
