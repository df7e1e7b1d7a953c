import { YAMLException } from 'js-yaml'
import { SyntaxProblem } from './tree.ts'

/** A text that is like another one but for blanks at the start of some lines. */
export interface Placement {
  readonly text: string
  /** From places in it to those in the other one; line and column count from 1. */
  readonly place: (at: { line: number; column: number }) => { line: number; column: number }
}

/** So many lines of a text may be indented anew, and so many characters are read again for that. */
const MAX_LINES = 200
const MAX_READ = 20_000_000

const DEFICIENT = 'deficient indentation'

/**
 * Loads YAML whose brackets, braces and quotes may close, and go on, at any column, as Go's parser reads it. The
 * specification wants such lines indented deeper than what they belong to (`b: [` … `]` on a line of its own), and so
 * does ours: lines that it finds at fault get blanks, which mean nothing there. Throws `SyntaxProblem`.
 */
export const loadIndented = <T>(
  text: string,
  load: (text: string) => T,
): { readonly value: T; readonly placement: Placement | null } => {
  const lines = text.split('\n')
  const indented = new Set<number>()
  const pad = () => ' '.repeat(Math.max(0, ...lines.map((line) => line.search(/[^ ]|$/))) + 1)
  let blanks = ''
  let current = text
  const place: Placement['place'] = ({ line, column }) => ({
    line,
    column: indented.has(line - 1) ? Math.max(1, column - blanks.length) : column,
  })
  for (;;) {
    try {
      return { value: load(current), placement: indented.size === 0 ? null : { text: current, place } }
    } catch (error) {
      if (!(error instanceof YAMLException)) throw new SyntaxProblem(`yaml: ${String(error)}`, 1, 1)
      const line = error.mark?.line ?? 0
      const canBeIndented =
        error.reason === DEFICIENT &&
        !indented.has(line) &&
        indented.size < MAX_LINES &&
        indented.size * text.length < MAX_READ
      if (!canBeIndented) {
        const at = place({ line: line + 1, column: (error.mark?.column ?? 0) + 1 })
        throw new SyntaxProblem(`yaml: line ${at.line}: ${error.reason}`, at.line, at.column)
      }
      if (blanks === '') blanks = pad()
      indented.add(line)
      lines[line] = blanks + lines[line]
      current = lines.join('\n')
    }
  }
}
