import { readIfThere } from '../api/client.ts'
import type { Problem } from '../api/shapes.ts'
import { type Loaded, useLoad } from './use-load.ts'

/** Everything that is wrong now, errors first. */
export function useProblems(): Loaded<readonly Problem[]> {
  return useLoad('problems', async (signal) => {
    const problems = (await readIfThere<readonly Problem[]>('problems', signal)) ?? []
    return problems.toSorted((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'))
  })
}
