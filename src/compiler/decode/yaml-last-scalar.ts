import { EVENT_ID, parseEvents } from 'js-yaml'

/** The line that a block scalar (`|`, `>`) begins with: its indicator, the others behind it, a comment. */
const HEADER = /([|>])([+0-9]*)([ \t]*(?:#[^\n]*)?\n)/
const LAST_HEADER = new RegExp(`${HEADER.source}$`)

/**
 * A text that ends in the middle of the last line of a block scalar, with the indicator that keeps a line break from being
 * added: as Go reads it there is none where there is none. Null: it is no such text.
 * @param text YAML that is right
 */
export function withoutAddedBreak(text: string): string | null {
  if (text.endsWith('\n') || !HEADER.test(text)) return null
  let start = 0
  let end = 0
  for (const event of parseEvents(text, {})) {
    if (event.type === EVENT_ID.SCALAR) [start, end] = [event.valueStart, event.valueEnd]
  }
  const before = text.slice(0, start)
  // What begins in the line of its key is no block scalar.
  if (end !== text.length || !LAST_HEADER.test(before)) return null
  return (
    before.replace(LAST_HEADER, (_, style, others, rest) => `${style}${others.replace('+', '')}-${rest}`) +
    text.slice(start)
  )
}
