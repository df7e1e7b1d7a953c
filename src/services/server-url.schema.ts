import type { ServerPlan } from '../plan/services.ts'
import { PrepareError } from '../schema/element.ts'

type UrlParts = Pick<ServerPlan, 'scheme' | 'host' | 'port' | 'authority' | 'path'>

const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, h2c: 80, https: 443 }

/**
 * The parts of a server's URL, read as Go's `url.Parse` reads them: never by WHATWG rules, which would repair what the
 * user must mend. Query and user information are ignored, as in Traefik.
 */
export function parseServerUrl(url: string): UrlParts {
  const fail = (reason: string) =>
    new PrepareError(`error parsing server URL ${url}: parse ${JSON.stringify(url)}: ${reason}`)
  if (/[\x00-\x1f\x7f]/.test(url)) throw fail('net/url: invalid control character in URL')
  if (url.startsWith(':')) throw fail('missing protocol scheme')
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(url)?.[1] ?? ''
  const rest = scheme === '' ? url : url.slice(scheme.length + 1)
  if (!rest.startsWith('//')) {
    if (scheme === '' && rest.split('/')[0]!.includes(':')) throw fail('first path segment in URL cannot contain colon')
    return { scheme: scheme.toLowerCase(), host: '', port: 0, authority: '', path: '' }
  }
  const [, authorityPart, path] = /^\/\/([^/?#]*)([^?#]*)/.exec(rest)!
  if (/%(?![0-9A-Fa-f]{2})/.test(path!)) {
    throw fail(`invalid URL escape ${JSON.stringify(/%(?![0-9A-Fa-f]{2}).{0,2}/.exec(path!)![0])}`)
  }
  const authority = authorityPart!.slice(authorityPart!.lastIndexOf('@') + 1)
  const { host, portText } = splitAuthority(authority, fail)
  if (/[\s<>"{}|\\^`]/.test(host))
    throw fail(`invalid character ${JSON.stringify(/[\s<>"{}|\\^`]/.exec(host)![0])} in host name`)
  const port = portText === '' ? (DEFAULT_PORTS[scheme.toLowerCase()] ?? 0) : Number(portText)
  if (port > 65535) throw new PrepareError(`error parsing server URL ${url}: port ${portText} is out of range`)
  return { scheme: scheme.toLowerCase(), host, port, authority, path: path! }
}

function splitAuthority(authority: string, fail: (reason: string) => Error): { host: string; portText: string } {
  if (authority.startsWith('[')) {
    const end = authority.indexOf(']')
    if (end === -1) throw fail("missing ']' in host")
    const tail = authority.slice(end + 1)
    if (!/^(?::[0-9]*)?$/.test(tail)) throw fail(`invalid port ${JSON.stringify(tail)} after host`)
    return { host: authority.slice(1, end), portText: tail.slice(1) }
  }
  const colon = authority.indexOf(':')
  if (colon === -1) return { host: authority, portText: '' }
  const tail = authority.slice(colon)
  if (!/^:[0-9]*$/.test(tail)) throw fail(`invalid port ${JSON.stringify(tail)} after host`)
  return { host: authority.slice(0, colon), portText: tail.slice(1) }
}
