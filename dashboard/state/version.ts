import { ApiError, read } from '../api/client.ts'
import { pulse } from '../api/live.ts'
import type { Version } from '../api/shapes.ts'
import { Store, useStore } from './store.ts'

const version = new Store<Version | null>(null)

/** Who is there; null: nobody has said it yet. Another program may stand there after the connection was lost. */
export const useVersion = (): Version | null => useStore(version)

/** Reads it now, and whenever something may have changed. */
export function followVersion(): void {
  void update()
  pulse.subscribe(() => void update())
}

async function update(): Promise<void> {
  try {
    const found = await read<Version>('version')
    if (JSON.stringify(found) !== JSON.stringify(version.value)) version.set(found)
  } catch (error) {
    // That the API is away is said elsewhere.
    if (!(error instanceof ApiError)) throw error
  }
}
