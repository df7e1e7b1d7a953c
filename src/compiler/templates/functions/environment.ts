import { CallError } from '../limits.ts'
import { type FunctionGroup, fn, text } from './function.ts'
import { randomBelow } from './random.ts'

/** What may stand behind `$`: a name, a special parameter, or either in braces. */
const REFERENCE = /\$(?:\{([*#$@!?\-0-9])\}|\{([^}]*)(\})?|([*#$@!?\-0-9])|([A-Za-z0-9_]+))/g

/** Go's `os.Expand`. */
const expand = (plain: string, variable: (name: string) => string): string =>
  plain.replace(REFERENCE, (_, special, inBraces, closed, single, name) => {
    const known = special ?? single ?? name
    if (known !== undefined) return variable(known)
    // `${}` and what is never closed: the sign and the brace are eaten.
    if (closed === undefined) return inBraces
    return inBraces === '' ? '' : variable(inBraces)
  })

export const environmentFunctions: FunctionGroup = {
  env: fn([text], ([name], { ports }) => ports.variable(name) ?? ''),
  expandenv: fn([text], ([plain], { ports, budget }) => {
    budget.runes(plain.length)
    return expand(plain, (name) => ports.variable(name) ?? '')
  }),
  getHostByName: fn([text], ([host], { ports }) => {
    const addresses = ports.addressesOf(host)
    if (addresses.length === 0) throw new CallError('invalid argument to Intn', `${host} has no address`)
    return addresses[randomBelow(addresses.length, ports)]!
  }),
}
