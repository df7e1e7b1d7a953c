/** What stands in the place of a secret. */
export const MASK = '******'

/** Whether what has this name (a field, an option, a parameter) is a secret. */
export const isSecretName = (name: string): boolean => /authorization|cookie|key|token|secret|passw(?:or)?d/i.test(name)

/**
 * A text with the user information of its URLs and the values of their queries masked: they may hold a password or a token.
 * Takes time linear in its length, as texts may come from clients.
 */
export function maskSecrets(text: string, mask = MASK): string {
  if (!text.includes('://')) return text
  return maskUserInfo(text, mask).replace(
    /(:\/\/[^\s"'`?#<>]*)(\?[^\s"'`#<>]*)?/g,
    (_, before: string, query: string | undefined) => before + (query === undefined ? '' : maskParameters(query, mask)),
  )
}

/** A value that is one URL, absolute or a path, with everything in its query masked, parameters without a value too. */
export function maskUrl(url: string, mask = MASK): string {
  const start = url.indexOf('?')
  if (start === -1) return maskUserInfo(url, mask)
  const [query, ...fragment] = url.slice(start + 1).split('#')
  const masked = query!.replace(/[^&]+/g, (part) => (part.includes('=') ? maskParameters(part, mask) : mask))
  return [`${maskUserInfo(url.slice(0, start), mask)}?${masked}`, ...fragment].join('#')
}

/** A text with the user information of its URLs masked. */
export const maskUserInfo = (text: string, mask = MASK): string => text.replace(/:\/\/[^\s/"']*@/g, `://${mask}@`)

/** Names stay, as they tell what the parameter is for, and so do placeholders (`{status}`). */
const maskParameters = (query: string, mask: string): string => query.replace(/=(?!\{\w+\}(?:&|$))[^&]+/g, `=${mask}`)
