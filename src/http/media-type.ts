const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
const PARAMETER = `;[ \\t]*${TOKEN}[ \\t]*=[ \\t]*(?:${TOKEN}|"(?:[^"\\\\]|\\\\.)*")[ \\t]*`
const MEDIA_TYPE = new RegExp(`^[ \\t]*(${TOKEN}(?:/${TOKEN})?)[ \\t]*(?:${PARAMETER})*;?[ \\t]*$`)

/** Longest value that is read, in characters. */
const MAX_LENGTH = 1_024

/** Lower-case media type without its parameters (RFC 9110 §8.3.1); null for what is none. */
export function mediaTypeOf(value: string): string | null {
  if (value.length > MAX_LENGTH) return null
  return MEDIA_TYPE.exec(value)?.[1]?.toLowerCase() ?? null
}
