import { parseRedirectUrl } from './redirect-url.ts'

/** Where a relative reference starts from. */
export interface BaseUrl {
  readonly scheme: string
  readonly authority: string
  /** Encoded path and query, with a leading slash. */
  readonly target: string
}

/** A `Location` as an absolute URL (RFC 3986 §5.2), written as Go writes it; null when it is no URL reference. */
export function resolveLocation(location: string, base: BaseUrl): string | null {
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:/.exec(location)?.[0]
  if (scheme !== undefined) return parseRedirectUrl(location)?.text ?? null
  if (location.startsWith('//')) return parseRedirectUrl(`${base.scheme}:${location}`)?.text ?? null
  const [, path = '', tail = ''] = /^([^?#]*)(.*)$/s.exec(location)!
  const [basePath = '', baseQuery] = base.target.split('?')
  const origin = `${base.scheme}://${base.authority}`
  if (path === '') {
    const query = tail.startsWith('?') || baseQuery === undefined ? '' : `?${baseQuery}`
    return parseRedirectUrl(origin + basePath + query + tail)?.text ?? null
  }
  const merged = path.startsWith('/') ? path : basePath.slice(0, basePath.lastIndexOf('/') + 1) + path
  return parseRedirectUrl(origin + withoutDots(merged) + tail)?.text ?? null
}

/** RFC 3986 §5.2.4. */
function withoutDots(path: string): string {
  const kept: string[] = []
  const segments = path.split('/').slice(1)
  for (const [at, segment] of segments.entries()) {
    const isLast = at === segments.length - 1
    if (segment !== '.' && segment !== '..') kept.push(segment)
    else {
      if (segment === '..') kept.pop()
      if (isLast) kept.push('')
    }
  }
  return `/${kept.join('/')}`
}
