import { useLayoutEffect, useState } from 'preact/hooks'
import { ApiError } from '../api/client.ts'
import { pulse } from '../api/live.ts'
import { type Store, useStore } from './store.ts'

/** What is known of something that the API shows. */
export interface Loaded<T> {
  /** The last value, also while a newer one is on its way; null: there is none yet. */
  readonly value: T | null
  readonly error: ApiError | null
  readonly busy: boolean
}

/**
 * Loads when `key` changes and whenever something may have changed.
 * @param key what is loaded, as text; null: nothing
 * @param beats what says that it may have changed
 */
export function useLoad<T>(
  key: string | null,
  load: (signal: AbortSignal) => Promise<T>,
  beats: Store<number> = pulse,
): Loaded<T> {
  const beat = useStore(beats)
  const [state, setState] = useState<Loaded<T>>({ value: null, error: null, busy: true })
  useLayoutEffect(() => {
    if (key === null) return
    const calledOff = new AbortController()
    setState((before) => ({ ...before, busy: true }))
    load(calledOff.signal).then(
      (value) => setState({ value, error: null, busy: false }),
      (error: unknown) => {
        if (calledOff.signal.aborted) return
        if (!(error instanceof ApiError)) throw error
        // What was there stays to be seen while the API is away.
        setState((before) => ({ value: error.status === 0 ? before.value : null, error, busy: false }))
      },
    )
    return () => calledOff.abort()
  }, [key, beat])
  return state
}
