/** A server's URL without what may be a password in it. */
export const withoutUserInfo = (url: string): string => (url.includes('@') ? url.replace(/:\/\/[^/?#]*@/, '://') : url)

/** Host and port of a server's URL as they stand there. */
export const addressOf = (url: string): string => /:\/\/(?:[^/?#]*@)?([^/?#]*)/.exec(url)?.[1] ?? ''
