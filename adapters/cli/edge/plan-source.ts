import { readFileSync } from 'node:fs'
import type { Plan } from '../../../src/plan/plan.ts'
import type { ConfigProblem } from '../../../src/plan/problem.ts'
import { formatProblem } from '../diagnostics.ts'

/** Reads a file of routing configuration and plans it for the edge; the plan is null when the whole file is refused. */
export type PlanFile = (
  file: string,
  target: 'edge',
) => Promise<{ readonly plan: Plan | null; readonly problems: readonly ConfigProblem[] }>

/** Problems as people read them, one after the other. */
export function describeProblems(problems: readonly ConfigProblem[]): string {
  return problems.map((problem) => `${formatProblem(problem, sourceOf)}\n`).join('')
}

function sourceOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // It has gone meanwhile: the message stands without its lines.
    return null
  }
}
