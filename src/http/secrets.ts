/** What stands in the place of a secret. */
export const MASK = '******'

/** Whether what has this name (a field, an option, a parameter) is a secret. */
export const isSecretName = (name: string): boolean => /authorization|cookie|key|token|secret|passwo?r?d/i.test(name)

/** A text with the user information of its URLs masked. */
export const maskUserInfo = (text: string, mask = MASK): string => text.replace(/:\/\/[^\s/"']*@/g, `://${mask}@`)

/**
 * A text with the user information of its URLs and the values of their queries masked: they may hold a password or a
 * token. Takes time linear in its length, as texts may come from clients.
 */
export const maskSecrets = (text: string, mask = MASK): string =>
  maskUserInfo(text, mask).replace(/:\/\/[^\s"'`#<>]+/g, (url) => url.replace(/([?&][^?&=]*=)[^&]+/g, `$1${mask}`))
