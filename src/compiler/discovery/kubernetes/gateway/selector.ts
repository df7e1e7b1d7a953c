import type { RouteNamespaces } from './specs.ts'

type Selector = NonNullable<RouteNamespaces['selector']>

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist']

/** Why a label selector can't be used; null: it can. */
export function selectorFault({ matchExpressions }: Selector): string | null {
  for (const { operator, values } of matchExpressions) {
    if (!OPERATORS.includes(operator)) return `"${operator}" is not a valid label selector operator`
    const wantsValues = operator === 'In' || operator === 'NotIn'
    if (wantsValues !== values.length > 0) {
      return `values: Invalid value: for '${operator}' operator, values set must be ${wantsValues ? 'non-empty' : 'empty'}`
    }
  }
  return null
}

/** Whether labels are those that a selector asks for. */
export const selects = (
  { matchLabels, matchExpressions }: Selector,
  labels: Readonly<Record<string, string>>,
): boolean =>
  Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
  matchExpressions.every(({ key, operator, values }) => {
    const value = Object.hasOwn(labels, key) ? labels[key]! : null
    switch (operator) {
      case 'In':
        return value !== null && values.includes(value)
      case 'NotIn':
        return value === null || !values.includes(value)
      case 'Exists':
        return value !== null
      default:
        return value === null
    }
  })
