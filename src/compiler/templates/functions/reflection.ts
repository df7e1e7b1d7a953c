import { CallError } from '../limits.ts'
import { kindOf, typeOf } from '../values.ts'
import { deepEqual } from './comparison.ts'
import { any, bool, type FunctionGroup, fn, text } from './function.ts'

export const typeFunctions: FunctionGroup = {
  typeOf: fn([any], ([value]) => typeOf(value)),
  typeIs: fn([text, any], ([type, value]) => type === typeOf(value)),
  typeIsLike: fn([text, any], ([type, value]) => type === typeOf(value) || `*${type}` === typeOf(value)),
  kindOf: fn([any], ([value]) => kindOf(value)),
  kindIs: fn([text, any], ([kind, value]) => kind === kindOf(value)),
  deepEqual: fn([any, any], ([a, b], { budget }) => deepEqual(a, b, budget)),
  ternary: fn([any, any, bool], ([yes, no, condition]) => (condition ? yes : no)),
  fail: fn([text], ([message]) => {
    throw new CallError(message)
  }),
}
