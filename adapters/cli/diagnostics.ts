import { codeFrame } from '../../src/compiler/decode/code-frame.ts'
import { maskSecrets } from '../../src/http/secrets.ts'
import type { ConfigProblem } from '../../src/plan/problem.ts'
import { placeOf } from '../../src/telemetry/log/problems.ts'

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
    if (text !== null) lines.push(...codeFrame(text, position.line, position.column).map((line) => `  ${line}`))
  }
  if (hint !== null) lines.push(`  hint: ${maskSecrets(hint)}`)
  return lines.join('\n')
}
