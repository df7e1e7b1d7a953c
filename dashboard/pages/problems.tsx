import type { Problem } from '../api/shapes.ts'
import { Heading } from '../parts/heading.tsx'
import { counted } from '../parts/numbers.ts'
import { keyOf, ProblemCard } from '../parts/problem.tsx'
import { State } from '../parts/signal.tsx'
import { useProblems } from '../state/problems.ts'

/** Everything that is wrong with the configuration in force. */
export function ProblemsPage() {
  const problems = useProblems()
  return (
    <>
      <Heading title="Problems" />
      {problems !== null && <List problems={problems} />}
    </>
  )
}

function List({ problems }: { readonly problems: readonly Problem[] }) {
  if (problems.length === 0) {
    return (
      <p class="plate-note">
        <State state="enabled">No problem: all that providers say is in force.</State>
      </p>
    )
  }
  const errors = problems.filter(({ severity }) => severity === 'error').length
  return (
    <>
      <p class="facts">
        {counted(errors, 'error')}, {counted(problems.length - errors, 'warning')}
      </p>
      {problems.map((problem) => (
        <ProblemCard key={keyOf(problem)} problem={problem} />
      ))}
    </>
  )
}
