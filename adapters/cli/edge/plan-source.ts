import type { Plan } from '../../../src/plan/plan.ts'
import type { ConfigProblem } from '../../../src/plan/problem.ts'
import { loadPlugins } from '../../node/plugins/load-plugins.ts'
import { formatProblem } from '../diagnostics.ts'
import { loadInstallHere, sourceOf, withoutDefaults } from '../install.ts'
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

/**
 * A file or folder as the file provider would bring it, under an install configuration that is read anew each time.
 * @param configFile absent: every entry point that the file names exists, and nothing is logged
 */
export const planForEdge =
  (configFile: string | undefined): PlanFile =>
  async (file, target) => {
    if (configFile === undefined) return planFile(file, { target, install: null })
    const loaded = loadInstallHere([`--configFile=${configFile}`], target)
    const { problems } = loaded
    const install = withoutDefaults(loaded)
    if (install === null) return { plan: null, problems }
    const { plugins, problems: ofPlugins } = await loadPlugins(install)
    const planned = await planFile(file, { target, install, plugins })
    return { ...planned, problems: [...problems, ...loaded.place(ofPlugins), ...planned.problems] }
  }
