/** Keys and places of a list, from the outside in. */
export type TextPath = readonly (string | number)[]

/** A value of JSON with another text in the place of each of its texts; keys stay. */
export function mapTexts(
  value: unknown,
  replaced: (text: string, path: TextPath) => string,
  path: TextPath = [],
): unknown {
  if (typeof value === 'string') return replaced(value, path)
  if (Array.isArray(value)) return value.map((item, at) => mapTexts(item, replaced, [...path, at]))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, mapTexts(inner, replaced, [...path, key])]),
  )
}

/** Looks at each of its texts. */
export function eachText(value: unknown, look: (text: string, path: TextPath) => void): void {
  const visit = (inner: unknown, path: TextPath): void => {
    if (typeof inner === 'string') look(inner, path)
    else if (Array.isArray(inner)) inner.forEach((item, at) => void visit(item, [...path, at]))
    else if (typeof inner === 'object' && inner !== null) {
      for (const [key, item] of Object.entries(inner)) visit(item, [...path, key])
    }
  }
  visit(value, [])
}
