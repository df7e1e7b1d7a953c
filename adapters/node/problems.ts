import type { Logger } from '../../src/contracts/ports.ts'
import type { ConfigProblem } from '../../src/plan/problem.ts'

/** `routing.yml:7:7`, `--api.prt`, or the path of the option. */
export function placeOf({ position, path, source }: ConfigProblem): string {
  if (position === null) return source ?? path.join('.')
  return `${position.file ?? 'configuration'}:${position.line}:${position.column}`
}

/** One log line per problem: where, what, and what was probably meant. */
export function logProblems(log: Logger, problems: readonly ConfigProblem[]): void {
  for (const problem of problems) {
    const place = placeOf(problem)
    const hint = problem.hint === null ? '' : ` (${problem.hint})`
    const fields = problem.provider === null ? {} : { provider: problem.provider }
    log.log(
      problem.severity === 'error' ? 'error' : 'warn',
      `${place === '' ? '' : `${place}: `}${problem.message}${hint}`,
      fields,
    )
  }
}

/** Plans repeat what they said before: only what is new is logged. */
export class ProblemMemory {
  #known = new Set<string>()

  fresh(problems: readonly ConfigProblem[]): ConfigProblem[] {
    const keys = problems.map((problem) => JSON.stringify([problem.message, problem.path, problem.provider]))
    const fresh = problems.filter((_, at) => !this.#known.has(keys[at]!))
    this.#known = new Set(keys)
    return fresh
  }
}
