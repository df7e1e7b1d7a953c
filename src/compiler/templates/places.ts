import type { Piece } from './evaluation.ts'
import type { Rendered } from './template.ts'

/** Both count from 1, in characters. */
export interface LineAndColumn {
  readonly line: number
  readonly column: number
}

export function lineAndColumn(text: string, offset: number): LineAndColumn {
  const before = text.slice(0, offset)
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
}

/** Leads places of a rendered text back to those in its template: what an action gave stands where the action stands. */
export const placesOf = (template: string, { text, pieces }: Rendered) => {
  let starts: readonly number[] | null = null
  return ({ line, column }: LineAndColumn): LineAndColumn => {
    starts ??= lineStarts(text)
    const offset = (starts[line - 1] ?? text.length) + column - 1
    return lineAndColumn(template, sourceOffset(pieces, offset))
  }
}

const lineStarts = (text: string): readonly number[] => [
  0,
  ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1),
]

function sourceOffset(pieces: readonly Piece[], offset: number): number {
  let low = 0
  let high = pieces.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (pieces[middle]!.from <= offset) low = middle + 1
    else high = middle
  }
  const piece = pieces[low - 1]
  if (piece === undefined) return 0
  return piece.copied ? piece.at + offset - piece.from : piece.at
}
