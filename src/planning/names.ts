/** `web@file` → `file`; names without a provider belong to nobody. */
export const providerOf = (name: string): string => name.slice(name.lastIndexOf('@') + 1)

/** `web@file` → `web` */
export const localName = (name: string): string => {
  const at = name.lastIndexOf('@')
  return at === -1 ? name : name.slice(0, at)
}

/** Completes a reference with the provider of the element that holds it. */
export const qualify = (reference: string, provider: string): string =>
  reference.includes('@') ? reference : `${reference}@${provider}`
