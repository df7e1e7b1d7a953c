import { lostSince } from '../api/client.ts'
import { lookNow } from '../api/live.ts'
import { act, notice } from '../state/notice.ts'
import { useStore } from '../state/store.ts'

/** What was done by hand last, and how to take it back. */
export function NoticeLine() {
  const shown = useStore(notice)
  const undo = shown?.undo ?? null
  return (
    <div class="notices" role="status">
      {shown !== null && (
        <p class={shown.failed ? 'notice failed' : 'notice'}>
          <span>{shown.text}</span>
          {undo !== null && (
            <button type="button" onClick={() => void act('Undone.', undo, null)}>
              Undo
            </button>
          )}
          <button type="button" onClick={() => notice.set(null)}>
            Dismiss
          </button>
        </p>
      )}
    </div>
  )
}

/** Says that what is shown may be old. */
export function ConnectionLine() {
  const since = useStore(lostSince)
  return (
    <div role="alert">
      {since !== null && (
        <p class="lost">
          <span>Connection lost at {since.toLocaleTimeString()}. What is shown may be old.</span>
          <button type="button" onClick={lookNow}>
            Try now
          </button>
        </p>
      )}
    </div>
  )
}
