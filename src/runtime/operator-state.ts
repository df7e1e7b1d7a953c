import type { OperatorState, ServerName } from './operator.ts'

/**
 * What operators have switched by hand, as it is kept outside. Null: malformed.
 * @param value an `OperatorState`, either part of which may be missing
 */
export function asOperatorState(value: unknown): OperatorState | null {
  if (!isObject(value)) return null
  const { drained = [], middlewares = {} } = value
  if (!Array.isArray(drained) || !drained.every(isServerName) || !isObject(middlewares)) return null
  const switches = Object.entries(middlewares)
  if (!switches.every((entry): entry is [string, boolean] => typeof entry[1] === 'boolean')) return null
  return { drained, middlewares: Object.fromEntries(switches) }
}

const isServerName = (value: unknown): value is ServerName =>
  isObject(value) && typeof value.service === 'string' && typeof value.url === 'string'

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
