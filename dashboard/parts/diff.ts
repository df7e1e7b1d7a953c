/** A line of a definition that was taken out or put in. */
export interface DiffLine {
  readonly sign: '−' | '+'
  readonly path: string
  readonly value: string
}

/** What differs between two definitions, one line for each value. */
export function diffOf(before: unknown, after: unknown): readonly DiffLine[] {
  const [old, now] = [new Map(linesOf(before)), new Map(linesOf(after))]
  const paths = [...new Set([...old.keys(), ...now.keys()])]
  return paths.flatMap((path): DiffLine[] => {
    const [was, is] = [old.get(path), now.get(path)]
    if (was === is) return []
    return [
      ...(was === undefined ? [] : [{ sign: '−' as const, path, value: was }]),
      ...(is === undefined ? [] : [{ sign: '+' as const, path, value: is }]),
    ]
  })
}

function* linesOf(value: unknown, path = ''): Generator<readonly [path: string, value: string]> {
  if (value === null || value === undefined) return
  if (typeof value !== 'object') return void (yield [path, String(value)])
  const entries = Object.entries(value)
  if (entries.length === 0) yield [path, Array.isArray(value) ? '[]' : '{}']
  for (const [key, inner] of entries) {
    const step = Array.isArray(value) ? `[${key}]` : path === '' ? key : `.${key}`
    yield* linesOf(inner, `${path}${step}`)
  }
}
