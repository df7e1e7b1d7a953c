import { ApiError, read } from '../api/client.ts'
import { pulse } from '../api/live.ts'
import type { Problem } from '../api/shapes.ts'
import { Store, useStore } from './store.ts'

const problems = new Store<readonly Problem[] | null>(null)

/** Everything that is wrong now, errors first; null: nobody has said it yet. */
export const useProblems = (): readonly Problem[] | null => useStore(problems)

/** Reads them now, and whenever something may have changed. */
export function followProblems(): void {
  void update()
  pulse.subscribe(() => void update())
}

async function update(): Promise<void> {
  try {
    const found = await read<readonly Problem[]>('problems')
    problems.set(found.toSorted((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error')))
  } catch (error) {
    // That the API is away is said elsewhere, and what was wrong may still be.
    if (!(error instanceof ApiError)) throw error
  }
}
