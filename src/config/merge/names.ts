/** `web`, `file` → `web@file`; a name that carries a provider is taken as it is. */
export const qualifiedName = (provider: string, name: string): string =>
  name.includes('@') ? name : `${name}@${provider}`

/** Every object gets its provider's name, whatever characters its own has: `a@b`, `file` → `a@b@file`. */
export const objectName = (provider: string, name: string): string => `${name}@${provider}`

/** The provider of a qualified name. */
export const providerOfName = (name: string): string => name.slice(name.lastIndexOf('@') + 1)

/** Maps of names have no prototype, so that `__proto__` is a name like any other. */
export const nameMap = <T>(): Record<string, T> => Object.create(null) as Record<string, T>
