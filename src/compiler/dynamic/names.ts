/** `web@file` → `file`; names without a provider belong to nobody. */
export const providerOf = (name: string): string => name.slice(name.lastIndexOf('@') + 1)

/** `web@file` → `web` */
export const localName = (name: string): string => {
  const at = name.lastIndexOf('@')
  return at === -1 ? name : name.slice(0, at)
}

/**
 * Completes a reference with the provider of the element that holds it: `web`, `file` → `web@file`; `web@docker` stays.
 */
export const qualify = (reference: string, provider: string): string =>
  reference.includes('@') ? reference : objectName(reference, provider)

/** Every object gets its provider's name, whatever characters its own has: `a@b`, `file` → `a@b@file`. */
export const objectName = (name: string, provider: string): string => `${name}@${provider}`

/** Maps of names have no prototype, so that `__proto__` is a name like any other. */
export const nameMap = <T>(): Record<string, T> => Object.create(null) as Record<string, T>
