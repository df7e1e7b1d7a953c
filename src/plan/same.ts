/** Whether two pieces of configuration say the same; what is the same object is not looked into. */
export const isSame = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((element, at) => isSame(element, b[at]))
  }
  if (Array.isArray(b)) return false
  const left = a as Readonly<Record<string, unknown>>
  const right = b as Readonly<Record<string, unknown>>
  // An option that is undefined is one that is not there.
  let count = 0
  for (const key of Object.keys(left)) {
    if (left[key] === undefined) continue
    count++
    if (!Object.hasOwn(right, key) || !isSame(left[key], right[key])) return false
  }
  for (const key of Object.keys(right)) if (right[key] !== undefined) count--
  return count === 0
}
