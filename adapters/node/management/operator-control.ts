import type { Control } from '../../../src/api/control.ts'
import type { EventStream } from '../../../src/api/events.ts'
import type { Logger } from '../../../src/contracts/ports.ts'
import { maskUrl } from '../../../src/http/masked-url.ts'
import type { Operator } from '../../../src/runtime/operator.ts'
import { drain, stateOf, turn } from '../../../src/runtime/operator-control.ts'

/** What operators do by the API: it is told in the log, and to who listens. */
export const operatorControl = (operator: Operator, log: Logger, events: Pick<EventStream, 'emit'>): Control => ({
  state: () => stateOf(operator),
  drain: (service, server, drained) => {
    const known = drain(operator, service, server, drained)
    if (!known) return false
    log.log('info', drained ? 'Server is drained' : 'Server is back in', { service, server })
    events.emit('drained', () => ({ service, url: maskUrl(server), drained }))
    return true
  },
  turn: (middlewareName, on) => {
    turn(operator, middlewareName, on)
    log.log('info', `Maintenance is ${on === null ? 'as configured' : on ? 'on' : 'off'}`, { middlewareName })
    events.emit('switched', () => ({ middleware: middlewareName, on }))
  },
})
