import type { ConfigProblem } from '../../plan/problem.ts'
import { withPositions } from './position.ts'
import type { ConfigTree } from './tree.ts'

/**
 * A problem with its position in the first source in which its path leads anywhere: elements of one name are taken from
 * the first file that has them. As it was where no source has it.
 */
export function placeProblem(problem: ConfigProblem, sources: readonly ConfigTree[]): ConfigProblem {
  for (const path of pathsOf(problem)) {
    for (const tree of sources) {
      if (!leads(tree.value, path.slice(0, 3))) continue
      const [placed] = withPositions(tree, [{ ...problem, path }])
      if (placed !== undefined) return placed
    }
  }
  return problem
}

/**
 * Routers are renamed for entry points with a model (`ENTRYPOINT-NAME`): the name that was written is the rest of it.
 */
function pathsOf({ path }: ConfigProblem): (readonly (string | number)[])[] {
  const [section, kind, name, ...inside] = path
  if (kind !== 'routers' || typeof name !== 'string') return [path]
  const parts = name.split('-')
  return parts.map((_, at) => [section!, kind, parts.slice(at).join('-'), ...inside])
}

/** Whether a tree has something at a path; keys are compared without regard to case. */
function leads(value: unknown, steps: readonly (string | number)[]): boolean {
  let at = value
  for (const step of steps) {
    if (typeof at !== 'object' || at === null) return false
    const key = Object.keys(at).find((name) => name.toLowerCase() === String(step).toLowerCase())
    if (key === undefined) return false
    at = (at as Record<string, unknown>)[key]
  }
  return true
}
