import type { Logger } from '../../contracts/ports.ts'
import type { ConfigProblem, Origin } from '../../plan/problem.ts'

/** `routing.yml:7:7`, `--api.prt`, `container web-1: label traefik.enable`, or the path of the option. */
export function placeOf({ position, path, source, origin }: ConfigProblem): string {
  if (position === null) return source ?? (origin === undefined ? path.join('.') : originText(origin))
  return `${position.file ?? 'configuration'}:${position.line}:${position.column}`
}

/** `container web-1: label traefik.enable` */
export const originText = ({ item, field }: Origin): string => (field === undefined ? item : `${item}: ${field}`)

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

/** Whoever looks at a configuration again finds the same problems again: only what is new is logged. */
export class ProblemMemory {
  #known = new Set<string>()
  #files: ReadonlySet<string> = new Set()

  fresh(problems: readonly ConfigProblem[]): ConfigProblem[] {
    return this.compare(problems).fresh
  }

  /** @returns what was not there the last time, and the files that had problems then and have none now */
  compare(problems: readonly ConfigProblem[]): { readonly fresh: ConfigProblem[]; readonly mended: readonly string[] } {
    const keys = problems.map(({ message, path, provider, position, origin }) =>
      JSON.stringify([message, path, provider, position?.file, origin]),
    )
    const fresh = problems.filter((_, at) => !this.#known.has(keys[at]!))
    const files = new Set(problems.flatMap(({ position }) => position?.file ?? []))
    const mended = [...this.#files].filter((file) => !files.has(file))
    this.#known = new Set(keys)
    this.#files = files
    return { fresh, mended }
  }
}
