import { maskSecrets } from '../../src/http/secrets.ts'
import type { ConfigProblem } from '../../src/plan/problem.ts'
import { placeOf } from '../../src/telemetry/log/problems.ts'
import { withoutSecrets } from './source-line.ts'

/** Lines shown before and after the one that a problem is in. */
const CONTEXT = 2
const MAX_WIDTH = 120

/**
 * A problem as people read it: `file:line:column: error: message`, the lines around it with a mark, and what was
 * probably meant.
 * @param source text of a file, or null when it can't be had
 */
export function formatProblem(problem: ConfigProblem, source: (file: string) => string | null): string {
  const { position, severity, message, hint } = problem
  const where = placeOf(problem)
  const lines = [`${where === '' ? '' : `${where}: `}${severity}: ${maskSecrets(message)}`]
  if (position !== null && position.file !== null) {
    const text = source(position.file)
    if (text !== null) lines.push(...frame(text, position.line, position.column))
  }
  if (hint !== null) lines.push(`  hint: ${maskSecrets(hint)}`)
  return lines.join('\n')
}

function frame(text: string, line: number, column: number): string[] {
  const all = text.split('\n')
  if (line > all.length) return []
  const first = Math.max(1, line - CONTEXT)
  const last = Math.min(all.length, line + CONTEXT)
  const width = String(last).length
  const out: string[] = []
  for (let at = first; at <= last; at++) {
    const content = visible(withoutSecrets(all[at - 1]!))
    const start = at === line && column > MAX_WIDTH ? column - MAX_WIDTH / 2 : 0
    out.push(`  ${at === line ? '>' : ' '} ${String(at).padStart(width)} | ${content.slice(start, start + MAX_WIDTH)}`)
    if (at === line) out.push(`    ${' '.repeat(width)} | ${' '.repeat(Math.max(0, column - 1 - start))}^`)
  }
  return out
}

/** One column a character, and nothing that moves a terminal's cursor. */
const visible = (line: string): string => line.replaceAll('\t', ' ').replace(/[\x00-\x1f\x7f-\x9f]/g, '·')
