import { MASK, maskUserInfo } from './secrets.ts'

/**
 * A value that is one URL, absolute or a path, with everything in its query masked but the names of parameters, which
 * tell what they are for, and placeholders (`{status}`).
 */
export function maskUrl(url: string): string {
  const start = url.indexOf('?')
  if (start === -1) return maskUserInfo(url)
  const [query, ...fragment] = url.slice(start + 1).split('#')
  const masked = query!.replace(/([^&=]*=)?([^&]+)/g, (_, name: string | undefined, value: string) => {
    return (name ?? '') + (/^\{\w+\}$/.test(value) ? value : MASK)
  })
  return [`${maskUserInfo(url.slice(0, start))}?${masked}`, ...fragment].join('#')
}
