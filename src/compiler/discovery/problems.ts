import type { ConfigProblem } from '../../plan/problem.ts'

/** So many problems of one source are told; then how many more there are. */
const MAX_PROBLEMS = 100

/** As many problems as anybody reads; errors first: what is left out of the list is what matters least. */
export const boundedProblems = (problems: readonly ConfigProblem[]): readonly ConfigProblem[] => {
  const more = problems.length - MAX_PROBLEMS
  if (more <= 0) return problems
  const kept = [...problems].sort((a, b) => rank(a) - rank(b)).slice(0, MAX_PROBLEMS)
  return [
    ...kept,
    {
      ...kept.at(-1)!,
      severity: 'warning',
      message: `and ${more} more problems`,
      hint: null,
      path: [],
      origin: { item: 'all' },
    },
  ]
}

const rank = ({ severity }: ConfigProblem): number => (severity === 'error' ? 0 : 1)
