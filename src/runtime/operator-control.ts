import type { ManualSwitch, ServerStanding } from '../contracts/operator.ts'
import type { Mutable, Operator, OperatorState } from './operator.ts'

/** What operators say by hand: a module of its own where hardly anybody says something. */

export function stateOf({ services, middlewares }: Operator): OperatorState {
  const drained = [...services].flatMap(([service, { byUrl }]) =>
    [...byUrl].filter(([, standing]) => standing.drained).map(([url]) => ({ service, url })),
  )
  const switched = [...middlewares].filter(([, { on }]) => on !== null)
  return { drained, middlewares: Object.fromEntries(switched.map(([name, { on }]) => [name, on === true])) }
}

/** Drains a server or takes it back in; false: no service in force has it. */
export function drain(operator: Operator, service: string, url: string, drained: boolean): boolean {
  const standing = operator.services.get(service)?.byUrl.get(url)
  if (standing === undefined) return false
  setDrained(operator, standing, drained)
  return true
}

/** Whoever is taken back in joins anew. */
function setDrained({ clock }: Operator, standing: Mutable<ServerStanding>, drained: boolean): void {
  if (standing.drained && !drained) standing.joinedAt = clock.now()
  standing.drained = drained
}

/** Switches a middleware by hand; null: as configured again. */
export function turn(operator: Operator, name: string, on: boolean | null): void {
  ;(operator.middleware(name) as Mutable<ManualSwitch>).on = on
}

/** Takes a whole state over, as read from shared storage; whatever it does not name is as configured. */
export function adopt(operator: Operator, state: OperatorState): void {
  operator.said = state
  for (const [service, { byUrl }] of operator.services) {
    for (const [url, standing] of byUrl) {
      const isDrained = state.drained.some((named) => named.service === service && named.url === url)
      setDrained(operator, standing, isDrained)
    }
  }
  for (const [name, manual] of operator.middlewares) {
    manual.on = Object.hasOwn(state.middlewares, name) ? state.middlewares[name]! : null
  }
}
