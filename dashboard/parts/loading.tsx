import type { ComponentChildren } from 'preact'
import type { Loaded } from '../state/use-load.ts'

interface LoadingProps<T> {
  readonly of: Loaded<T>
  /** What is said where the API does not have it. */
  readonly missing?: string
  readonly children: (value: T) => ComponentChildren
}

/** What has been loaded, or why not. */
export function Loading<T>({ of: { value, error }, missing, children }: LoadingProps<T>) {
  if (value !== null) return <>{children(value)}</>
  if (error === null) {
    return (
      <p class="muted waiting" role="status">
        Reading…
      </p>
    )
  }
  return <p class="plate-note">{error.status === 404 && missing !== undefined ? missing : error.message}</p>
}
