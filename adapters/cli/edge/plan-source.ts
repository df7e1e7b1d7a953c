import type { Plan } from '../../../src/plan/plan.ts'
import type { ConfigProblem } from '../../../src/plan/problem.ts'
import { formatProblem } from '../diagnostics.ts'
import { sourceOf } from '../install.ts'
import { planFile } from '../plan-file.ts'

/** Reads a file of routing configuration and plans it for the edge; the plan is null when the whole file is refused. */
export type PlanFile = (
  file: string,
  target: 'edge',
) => Promise<{ readonly plan: Plan | null; readonly problems: readonly ConfigProblem[] }>

/** Problems as people read them, one after the other. */
export function describeProblems(problems: readonly ConfigProblem[]): string {
  return problems.map((problem) => `${formatProblem(problem, sourceOf)}\n`).join('')
}

/** A file or folder as the file provider would bring it; every entry point that it names exists. */
export const planForEdge: PlanFile = async (file, target) => planFile(file, { target, install: null })
