/** Longer texts are rarely the same ones again. */
const LONGEST_TEXT = 256
/** Texts that are remembered; clients choose some of them, so that it begins anew then. */
const MOST_TEXTS = 256

/** What a function makes of texts that come again and again: made once while it is remembered. */
export function recurring<V>(make: (text: string) => V): (text: string) => V {
  const made = new Map<string, V>()
  return (text) => {
    const before = made.get(text)
    if (before !== undefined) return before
    const value = make(text)
    if (text.length > LONGEST_TEXT) return value
    if (made.size === MOST_TEXTS) made.clear()
    made.set(text, value)
    return value
  }
}
