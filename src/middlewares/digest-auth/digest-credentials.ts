/**
 * Parameters of Digest credentials (RFC 7616 §3.4) as byte strings; null when the value holds none. As Go's digest code
 * has it: the scheme's word is exactly `Digest`, quotes and backslashes are taken off, the last one of a name counts.
 */
export function parseDigestCredentials(value: string | null): ReadonlyMap<string, string> | null {
  if (value === null || !value.startsWith('Digest ') || value.length > MAX_LENGTH) return null
  const parameters = new Map<string, string>()
  for (const item of listItems(value.slice('Digest '.length).trim())) {
    const at = item.indexOf('=')
    if (at === -1) parameters.set(item, '')
    else parameters.set(item.slice(0, at), unquoted(item.slice(at + 1)))
  }
  return parameters
}

/** Longest value that is read. */
const MAX_LENGTH = 16_384

const unquoted = (text: string): string =>
  text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text

/** Items between commas that stand outside quotes; escapes within quotes are resolved. */
function listItems(text: string): string[] {
  const items: string[] = []
  let item = ''
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    if (quoted && char === '\\' && i + 1 < text.length) item += text[++i]!
    else if (char === ',' && !quoted) {
      items.push(item.trim())
      item = ''
    } else {
      if (char === '"') quoted = !quoted
      item += char
    }
  }
  items.push(item.trim())
  return items.filter((entry) => entry !== '')
}
