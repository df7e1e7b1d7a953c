import { encodedOf } from '../../http/path.ts'
import type { ProxyRequest } from '../../http/request.ts'

/** Replacement of a path, or of a prefix of it. */
export interface GatewayPath {
  /** Decoded path that is put in place; null: the path stays. */
  readonly path: string | null
  /** Only this prefix is replaced; null: the whole path is. */
  readonly pathPrefix: string | null
}

/** The encoded path that comes of it; cleaned where a prefix is replaced, a trailing slash is kept. */
export function gatewayPathOf(request: ProxyRequest, { path, pathPrefix }: GatewayPath): string {
  if (path === null) return request.path
  const given = request.pathView.path
  if (pathPrefix === null) return encodedOf({ path, rawPath: '' })
  const rest = given.startsWith(pathPrefix) ? given.slice(pathPrefix.length) : given
  const joined = cleaned(`${path}/${rest}`)
  const slash = given.endsWith('/') && !joined.endsWith('/') ? '/' : ''
  return encodedOf({ path: joined + slash, rawPath: '' })
}

/** Go's `path.Join`: no empty and no dot segments, no slash at the end. */
function cleaned(path: string): string {
  const rooted = path.startsWith('/')
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') {
      if (kept.length > 0 && kept.at(-1) !== '..') kept.pop()
      else if (!rooted) kept.push(segment)
    } else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  return (rooted ? '/' : '') + kept.join('/')
}
