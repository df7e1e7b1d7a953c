/**
 * Options of a plugin as Go's `encoding/json` writes them: keys sorted, what HTML and JavaScript take for their own
 * escaped. Nothing at all is `{}`.
 */
export function configText(options: unknown): string {
  return jsonOf(options ?? {}).replace(/[<>&\u2028\u2029]/g, escaped)
}

function jsonOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined)
  return `{${entries
    .sort(([a], [b]) => byCodePoints(a, b))
    .map(([key, inner]) => `${JSON.stringify(key)}:${jsonOf(inner)}`)
    .join(',')}}`
}

const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`

/** Go compares the bytes of UTF-8; the order of code points is the same. */
function byCodePoints(a: string, b: string): number {
  const [left, right] = [[...a], [...b]]
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const order = left[at]!.codePointAt(0)! - right[at]!.codePointAt(0)!
    if (order !== 0) return order
  }
  return left.length - right.length
}
