/** Reading of JSON that a peer sent: what is not there, or is of another kind, is empty. */

export const childOf = (object: unknown, name: string): unknown =>
  typeof object === 'object' && object !== null && Object.hasOwn(object, name)
    ? (object as Readonly<Record<string, unknown>>)[name]
    : undefined

export const textOf = (object: unknown, name: string): string => {
  const value = childOf(object, name)
  return typeof value === 'string' ? value : ''
}

export const listOf = (object: unknown, name: string): readonly unknown[] => {
  const value = childOf(object, name)
  return Array.isArray(value) ? value : []
}

export const textsOf = (object: unknown, name: string): readonly string[] =>
  listOf(object, name).filter((value) => typeof value === 'string')
