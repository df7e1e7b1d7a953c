import type { ConfigProblem } from '../plan/problem.ts'

/** A problem and when it came. */
export interface ProblemInForce {
  readonly problem: ConfigProblem
  readonly since: Date
}

/** How many there are. */
export interface ProblemCounts {
  readonly errors: number
  readonly warnings: number
}

/** Problems of one source that are kept; errors go before warnings. */
const MOST = 1_000

/**
 * What is wrong with the configuration at the moment: each source (a provider, planning, linking) says all of its
 * problems whenever they may have changed, and what it does not say any more is gone.
 */
export class ProblemsInForce {
  readonly #date: () => Date
  readonly #onChange: (counts: () => ProblemCounts) => void
  readonly #sources = new Map<string, ReadonlyMap<string, ProblemInForce>>()

  /** @param onChange called after something was raised or has gone */
  constructor(date: () => Date, onChange: (counts: () => ProblemCounts) => void) {
    this.#date = date
    this.#onChange = onChange
  }

  /** @param problems all of that source's */
  replace(source: string, problems: readonly ConfigProblem[]): void {
    const before = this.#sources.get(source) ?? NONE
    if (before.size === 0 && problems.length === 0) return
    const now = this.#date()
    const next = new Map<string, ProblemInForce>()
    let known = 0
    for (const problem of worst(problems)) {
      const key = keyOf(problem)
      const same = before.get(key)
      if (same !== undefined && !next.has(key)) known++
      // Its place may have moved.
      next.set(key, { problem, since: same?.since ?? now })
    }
    this.#sources.set(source, next)
    if (known < before.size || known < next.size) this.#onChange(() => this.counts())
  }

  /** In the order of the sources; what an earlier one has said of an element is not said again. */
  all(): readonly ProblemInForce[] {
    const all: ProblemInForce[] = []
    const said = new Set<string>()
    for (const problems of this.#sources.values()) {
      const found = [...problems.values()].filter(({ problem }) => !said.has(subjectOf(problem)))
      all.push(...found)
      for (const { problem } of found) if (problem.path.length >= 3) said.add(subjectOf(problem))
    }
    return all
  }

  counts(): ProblemCounts {
    const all = this.all()
    const errors = all.filter(({ problem }) => problem.severity === 'error').length
    return { errors, warnings: all.length - errors }
  }
}

const NONE: ReadonlyMap<string, ProblemInForce> = new Map()

function worst(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  if (problems.length <= MOST) return problems
  const errors = problems.filter(({ severity }) => severity === 'error')
  return [...errors, ...problems.filter(({ severity }) => severity !== 'error')].slice(0, MOST)
}

/** Lines move when something is written above them: the problem is still the same. */
const keyOf = ({ severity, message, path, provider, position, origin, source }: ConfigProblem): string =>
  JSON.stringify([severity, message, path, provider, position?.file, origin, source])

/** The element, and what is wrong with it. */
const subjectOf = ({ message, provider, path }: ConfigProblem): string =>
  JSON.stringify([message, provider, path.slice(0, 3)])
