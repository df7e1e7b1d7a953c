import type { ComponentChildren } from 'preact'
import { aspectOf, Signal } from './signal.tsx'

interface StationProps {
  readonly label: string
  /** Of the signal that stands there. */
  readonly status?: string
  readonly isFirst?: boolean
  readonly isLast?: boolean
  readonly children: ComponentChildren
}

/** A place on the line of a router. */
export function Station({ label, status, isFirst = false, isLast = false, children }: StationProps) {
  const ends = `${isFirst ? ' first' : ''}${isLast ? ' last' : ''}`
  return (
    <section class={`station${ends}`}>
      <h2 class="label">
        <span class="mark">{status !== undefined && <Signal aspect={aspectOf(status)} />}</span>
        {label}
      </h2>
      <div class="plate">{children}</div>
    </section>
  )
}
