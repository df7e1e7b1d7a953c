import { ownText } from '../http/fields.ts'

/** Characters: longer texts are rarely the same ones again, and not remembered. */
export const LONGEST_RECURRING = 256
/** Texts that are remembered; clients choose some of them, so that it begins anew then. */
const MOST_TEXTS = 256

/** What a function makes of texts that come again and again: made once while it is remembered. */
export function recurring<V>(make: (text: string) => V): (text: string) => V {
  const made = new Map<string, V>()
  return (text) => {
    const before = made.get(text)
    if (before !== undefined) return before
    if (text.length > LONGEST_RECURRING) return make(text)
    // What is made may hold the text too.
    const own = ownText(text)
    const value = make(own)
    if (made.size === MOST_TEXTS) made.clear()
    made.set(own, value)
    return value
  }
}
