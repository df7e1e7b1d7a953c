/** What a signal says, beside its colour by its shape too. */
export type Aspect = 'clear' | 'caution' | 'danger' | 'closed' | 'unknown'

const ASPECTS: Readonly<Record<string, Aspect>> = {
  enabled: 'clear',
  up: 'clear',
  live: 'clear',
  warning: 'caution',
  stale: 'caution',
  disabled: 'danger',
  down: 'danger',
  error: 'danger',
  expired: 'danger',
  failed: 'danger',
  drained: 'closed',
}

export const aspectOf = (state: string): Aspect => ASPECTS[state.toLowerCase()] ?? 'unknown'

/**
 * A semaphore: arm up and green is clear, a notched level arm is caution, a plain level arm danger, a cross out of use. For the eye alone; words stand beside it.
 */
export function Signal({ aspect }: { readonly aspect: Aspect }) {
  return (
    <svg class={`signal ${aspect}`} viewBox="0 0 20 20" aria-hidden="true">
      <path class="post" d="M5 18V3M2.5 18h5" />
      {aspect === 'clear' && <path class="arm" d="m5 9 11-6" />}
      {aspect === 'caution' && <path class="plate" d="M5 4.5h13l-2.5 2.5 2.5 2.5H5z" />}
      {aspect === 'danger' && <path class="plate" d="M5 4.5h13v5H5z" />}
      {aspect === 'danger' && <path class="band" d="M14 4.5v5" />}
      {aspect === 'closed' && <path class="cross" d="m8.5 2.5 9 9m0-9-9 9" />}
      {aspect === 'unknown' && <circle class="plate" cx="11" cy="7" r="3.5" />}
    </svg>
  )
}

/** A state in words, with its signal. */
export function State({ state, children }: { readonly state: string; readonly children?: preact.ComponentChildren }) {
  const aspect = aspectOf(state)
  return (
    <span class={`state ${aspect}`}>
      <Signal aspect={aspect} />
      {children ?? state}
    </span>
  )
}
