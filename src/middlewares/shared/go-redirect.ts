import { Fields } from '../../http/fields.ts'
import type { ProxyRequest } from '../../http/request.ts'
import { ProxyResponse } from '../../http/response.ts'
import { parseRedirectUrl } from './redirect-url.ts'

/**
 * Sends the client elsewhere as Go's `http.Redirect` does: a relative reference starts from the path of the request.
 * There is no content, as Traefik keeps Go from guessing its type.
 * @param url a byte string
 */
export function goRedirect(request: ProxyRequest, url: string, status: number): ProxyResponse {
  const location = isRelative(url) ? resolved(url, request.pathView.path) : url
  return new ProxyResponse(status, new Fields(['Location', escapeOdd(location)]), null)
}

/** Neither a scheme nor a host; what is no URL stays as it is. */
const isRelative = (url: string): boolean =>
  parseRedirectUrl(url) !== null && !/^[A-Za-z][A-Za-z0-9+.-]*:/.test(url) && !/^\/\/[^/?#]/.test(url)

function resolved(url: string, path: string): string {
  const base = path === '' ? '/' : path
  const rooted = url.startsWith('/') ? url : base.slice(0, base.lastIndexOf('/') + 1) + url
  const at = rooted.indexOf('?')
  const [own, query] = at === -1 ? [rooted, ''] : [rooted.slice(0, at), rooted.slice(at)]
  const kept: string[] = []
  for (const segment of own.split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  const clean = `/${kept.join('/')}`
  return clean + (own.endsWith('/') && clean !== '/' ? '/' : '') + query
}

/** Octets beyond ASCII and controls are written as escapes: nothing ends the line. */
const escapeOdd = (url: string): string =>
  url.replace(/[^\x20-\x7e]/g, (char) => `%${(char.charCodeAt(0) & 0xff).toString(16).padStart(2, '0')}`)
