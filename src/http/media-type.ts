const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
const PARAMETER = `;[ \\t]*${TOKEN}[ \\t]*=[ \\t]*(?:${TOKEN}|"(?:[^"\\\\]|\\\\.)*")[ \\t]*`
const MEDIA_TYPE = new RegExp(`^[ \\t]*(${TOKEN}(?:/${TOKEN})?)[ \\t]*(?:${PARAMETER})*;?[ \\t]*$`)

/** Longest value that is read, in characters. */
const MAX_LENGTH = 1_024

/** Lower-case media type without its parameters (RFC 9110 §8.3.1); null for what is none. */
export function mediaTypeOf(value: string): string | null {
  if (value.length > MAX_LENGTH) return null
  const type = MEDIA_TYPE.exec(value)?.[1]
  return type === undefined || repeatsName(value) ? null : type.toLowerCase()
}

const EACH_PARAMETER = new RegExp(`;[ \\t]*(${TOKEN})[ \\t]*=[ \\t]*(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)")`, 'g')

/** Whether a parameter has two values. */
function repeatsName(value: string): boolean {
  if (value.indexOf(';') === value.lastIndexOf(';')) return false
  const known = new Map<string, string>()
  for (const [, name, token, quoted] of value.matchAll(EACH_PARAMETER)) {
    const key = name!.toLowerCase()
    const given = token ?? quoted!.replace(/\\([()<>@,;:\\"/[\]?=])/g, '$1')
    if ((known.get(key) ?? given) !== given) return true
    known.set(key, given)
  }
  return false
}
