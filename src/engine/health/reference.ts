/**
 * A relative reference as a request target (RFC 3986 §5.2, within one origin). Null for what names an origin of its own
 * or can't be read.
 * @param base encoded path, with or without query, beginning with a slash
 */
export function resolveReference(reference: string, base: string): string | null {
  if (/^[a-z][a-z0-9+.-]*:/i.test(reference) || reference.startsWith('//')) return null
  if (/[\x00-\x1f\x7f]|%(?![0-9A-Fa-f]{2})/.test(reference)) return null
  const [path, query] = split(withoutFragment(reference).replace(/[^\x21-\x7e]|["<>\\^`{|}]/gu, encodeURIComponent))
  const [basePath, baseQuery] = split(base)
  if (path === '') return basePath + (query === '' ? baseQuery : query)
  const merged = path.startsWith('/') ? path : basePath.slice(0, basePath.lastIndexOf('/') + 1) + path
  return withoutDots(merged) + query
}

const withoutFragment = (text: string): string => {
  const at = text.indexOf('#')
  return at === -1 ? text : text.slice(0, at)
}

/** The query keeps its `?`. */
const split = (target: string): [path: string, query: string] => {
  const at = target.indexOf('?')
  return at === -1 ? [target, ''] : [target.slice(0, at), target.slice(at)]
}

function withoutDots(path: string): string {
  const kept: string[] = []
  const segments = path.split('/').slice(1)
  segments.forEach((segment, at) => {
    if (segment === '..') kept.pop()
    else if (segment !== '.') kept.push(segment)
    if (at === segments.length - 1 && (segment === '.' || segment === '..')) kept.push('')
  })
  return `/${kept.join('/')}`
}
