/** Lines that begin a document or end one. */
const MARKER = /(?:^|\n)(---|\.\.\.)(?=[ \t\r\n]|$)/g

/** The first document of a YAML text, and how many there are behind it. */
export const firstDocument = (text: string): { readonly document: string; readonly ignored: number } => {
  let end: number | null = null
  let isOpen = false
  let from = 0
  let ignored = 0
  for (const match of text.matchAll(MARKER)) {
    const marker = match[1]!
    const at = match.index + match[0].length - marker.length
    const isBlank = holdsNothing(text.slice(from, at))
    if (end === null && (isOpen || !isBlank)) end = at
    else if (end !== null && !isOpen && !isBlank) ignored++
    isOpen = marker === '---'
    if (end !== null && isOpen) ignored++
    from = at + marker.length
  }
  if (end === null) return { document: text, ignored }
  if (!isOpen && !holdsNothing(text.slice(from))) ignored++
  return { document: text.slice(0, end), ignored }
}

/** Whether there are only comments and directives. */
const holdsNothing = (text: string): boolean =>
  text.split('\n').every((line) => line.startsWith('%') || /^\s*(?:#|$)/.test(line))
