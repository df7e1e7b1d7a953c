import { parseIp } from '../http/ip.ts'
import type { ServerPlan } from '../plan/services.ts'
import { PrepareError } from './element.ts'

type UrlParts = Pick<ServerPlan, 'scheme' | 'host' | 'port' | 'authority' | 'path'>

type Fail = (reason: string) => Error

const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, h2c: 80, https: 443 }

/**
 * The parts of a server's URL, read as Go's `url.Parse` reads them: never by WHATWG rules, which would repair what the
 * user must mend. Query, fragment and user information are ignored, as in Traefik.
 */
export function parseServerUrl(url: string): UrlParts {
  const failAt = (part: string) => (reason: string) =>
    new PrepareError(`error parsing server URL ${url}: parse ${JSON.stringify(part)}: ${reason}`)
  const hash = url.indexOf('#')
  if (hash === -1) return parseWithoutFragment(url, failAt(url))
  const text = url.slice(0, hash)
  const parts = parseWithoutFragment(text, failAt(text))
  checkEscapes(url.slice(hash + 1), failAt(url))
  return parts
}

function parseWithoutFragment(text: string, fail: Fail): UrlParts {
  if (/[\x00-\x1f\x7f]/.test(text)) throw fail('net/url: invalid control character in URL')
  if (text.startsWith(':')) throw fail('missing protocol scheme')
  const scheme = (/^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.[1] ?? '').toLowerCase()
  const [rest] = text.slice(scheme === '' ? 0 : scheme.length + 1).split('?', 1)
  if (!rest!.startsWith('/') && scheme !== '') return { scheme, host: '', port: 0, authority: '', path: '' }
  if (!rest!.startsWith('/') && rest!.split('/', 1)[0]!.includes(':')) {
    throw fail('first path segment in URL cannot contain colon')
  }
  if (!rest!.startsWith('//') || (scheme === '' && rest!.startsWith('///'))) {
    checkEscapes(rest!, fail)
    return { scheme, host: '', port: 0, authority: '', path: '' }
  }
  const [, whole, path] = /^\/\/([^/]*)(.*)$/su.exec(rest!)!
  const at = whole!.lastIndexOf('@')
  const authority = whole!.slice(at + 1)
  const { host, portText } = splitAuthority(authority, scheme, fail)
  checkUserInfo(whole!.slice(0, Math.max(at, 0)), fail)
  checkEscapes(path!, fail)
  const port = portText === '' ? (DEFAULT_PORTS[scheme] ?? 0) : Number(portText)
  return { scheme, host, port, authority, path: path!.replace(NOT_IN_PATHS, encodeURIComponent) }
}

/** What a path can't hold as it is. */
const NOT_IN_PATHS = /[^A-Za-z0-9\-._~!$&'()*+,;=:@[\]%/]/gu

function checkEscapes(text: string, fail: Fail): void {
  const wrong = /%(?![0-9A-Fa-f]{2}).{0,2}/su.exec(text)
  if (wrong !== null) throw fail(`invalid URL escape ${JSON.stringify(wrong[0])}`)
}

function checkUserInfo(text: string, fail: Fail): void {
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(text)) throw fail('net/url: invalid userinfo')
  checkEscapes(text, fail)
}

/** Only bytes outside ASCII may be escaped, and the percent sign of a zone. */
function checkHost(text: string, fail: Fail): void {
  const wrong = /%(?!25|[89A-Fa-f][0-9A-Fa-f]).{0,2}|[ \\^`{|}]/su.exec(text)?.[0]
  if (wrong === undefined) return
  throw fail(
    wrong.startsWith('%')
      ? `invalid URL escape ${JSON.stringify(wrong)}`
      : `invalid character ${JSON.stringify(wrong)} in host name`,
  )
}

function splitAuthority(authority: string, scheme: string, fail: Fail): { host: string; portText: string } {
  const bracket = authority.lastIndexOf('[')
  if (bracket > 0) throw fail('invalid IP-literal')
  if (bracket === 0) {
    const end = authority.lastIndexOf(']')
    if (end === -1) throw fail("missing ']' in host")
    const host = authority.slice(1, end)
    const portText = portOf(authority.slice(end + 1), fail)
    checkHost(host, fail)
    if (host.endsWith('%25')) {
      throw fail(`invalid host: ParseAddr(${JSON.stringify(host.slice(0, -2))}): zone must be a non-empty string`)
    }
    const beyond = /%[89A-Fa-f][0-9A-Fa-f]/.exec(host)?.[0]
    if (beyond !== undefined) throw fail(`invalid URL escape ${JSON.stringify(beyond)}`)
    const address = host.replace(/%25.+$/s, '')
    if (!address.includes(':') || parseIp(address) === null) {
      throw fail(`invalid host: ParseAddr(${JSON.stringify(host)}): unable to parse IP`)
    }
    return { host, portText }
  }
  // In other schemes than these Go lets hosts have colons.
  const strict = scheme === 'http' || scheme === 'https'
  const colon = strict ? authority.indexOf(':') : authority.lastIndexOf(':')
  const portText = colon === -1 ? '' : portOf(authority.slice(colon), fail)
  checkHost(authority, fail)
  return { host: colon === -1 ? authority : authority.slice(0, colon), portText }
}

/** Digits behind the colon, or nothing at all. */
function portOf(text: string, fail: Fail): string {
  if (!/^(?::[0-9]*)?$/.test(text)) throw fail(`invalid port ${JSON.stringify(text)} after host`)
  return text.slice(1)
}
