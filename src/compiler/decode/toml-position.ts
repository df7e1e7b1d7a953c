type Path = readonly (string | number)[]

/**
 * Where a path stands in a TOML text: the line that sets it, or the table that holds it. Reads headers and the starts
 * of assignments only; what stands inside inline tables is found at their key.
 */
export const tomlOffset = (text: string, path: Path): { line: number; column: number } | null => {
  let best: { line: number; column: number } | null = null
  let bestDepth = 0
  let table: (string | number)[] = []
  const counts = new Map<string, number>()
  let openQuotes: string | null = null
  text.split('\n').forEach((line, index) => {
    if (openQuotes !== null) {
      if (line.includes(openQuotes)) openQuotes = null
      return
    }
    const column = line.search(/\S/) + 1
    const header = /^\s*(\[\[?)([^\]#]+)\]/.exec(line)
    let here: Path | null = null
    if (header !== null) {
      table = tablePath(header[2] ?? '', header[1] === '[[', counts)
      here = table
    } else {
      const assignment =
        /^\s*((?:"(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+))*)\s*=/.exec(line)
      if (assignment === null) return
      here = [...table, ...keyParts(assignment[1] ?? '')]
      openQuotes = opening(line.slice(assignment[0].length))
    }
    const depth = commonDepth(here, path)
    if (depth > bestDepth && depth === Math.min(here.length, path.length)) {
      best = { line: index + 1, column }
      bestDepth = depth
    }
  })
  return best
}

/** The quotes of a multi-line string that starts on a line and does not end on it. */
const opening = (value: string): string | null => {
  for (const quotes of ['"""', "'''"]) if (value.split(quotes).length % 2 === 0) return quotes
  return null
}

const keyParts = (text: string): string[] =>
  (text.match(/"(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+/g) ?? []).map((part) => part.replace(/^["'](.*)["']$/, '$1'))

/** Names of a header, with the running number of each array of tables in it. */
const tablePath = (text: string, isArray: boolean, counts: Map<string, number>): (string | number)[] => {
  const path: (string | number)[] = []
  const parts = keyParts(text)
  parts.forEach((part, index) => {
    path.push(part)
    const key = JSON.stringify(path)
    const last = index === parts.length - 1
    if (last && isArray) counts.set(key, (counts.get(key) ?? -1) + 1)
    const count = counts.get(key)
    if (count !== undefined) path.push(count)
  })
  return path
}

const commonDepth = (a: Path, b: Path): number => {
  let depth = 0
  while (depth < a.length && depth < b.length && String(a[depth]) === String(b[depth])) depth++
  return depth
}
