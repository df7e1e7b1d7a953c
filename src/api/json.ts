/**
 * JSON text as Go writes it: `bigint` becomes a number of any size (router priorities go up to 2^63 - 1), keys without
 * a value are left out, and characters that mean something in HTML are escaped.
 */
export function toJson(value: unknown): string {
  return textOf(value).replace(/[&<>\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function textOf(value: unknown): string {
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members: string[] = []
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${textOf(member)}`)
  }
  return `{${members.join(',')}}`
}
