/** Lines that begin a document or end one. */
const MARKER = /(?:^|\n)(---|\.\.\.)(?=[ \t\r\n]|$)/g

/** The first document of a YAML text, and how many there are behind it. */
export const firstDocument = (text: string): { readonly document: string; readonly ignored: number } => {
  let begun = false
  let from = 0
  let end = text.length
  let ignored = 0
  for (const match of text.matchAll(MARKER)) {
    const marker = match[1]!
    const at = match.index + match[0].length - marker.length
    const isBlank = holdsNothing(text.slice(from, at))
    if (end < text.length) {
      if (marker === '---' || !isBlank) ignored++
    } else if (begun || !isBlank) {
      end = at
      if (marker === '---') ignored++
    } else begun = marker === '---'
    from = at + marker.length
  }
  if (end < text.length && ignored === 0 && !holdsNothing(text.slice(from))) ignored++
  return { document: text.slice(0, end), ignored }
}

/** Whether there are only comments and directives. */
const holdsNothing = (text: string): boolean =>
  text.split('\n').every((line) => line.startsWith('%') || /^\s*(?:#|$)/.test(line))
