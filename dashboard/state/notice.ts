import { ApiError } from '../api/client.ts'
import { beat } from '../api/live.ts'
import { Store } from './store.ts'

/** What has been done, and how to take it back. */
export interface Notice {
  readonly text: string
  readonly failed: boolean
  readonly undo: (() => Promise<void>) | null
}

export const notice = new Store<Notice | null>(null)

/** Does something by hand and says so; what can be undone offers that. */
export async function act(text: string, task: () => Promise<void>, undo: (() => Promise<void>) | null): Promise<void> {
  try {
    await task()
    notice.set({ text, failed: false, undo })
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    notice.set({ text: error.message, failed: true, undo: null })
  }
  beat()
}
