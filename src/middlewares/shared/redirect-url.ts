import { parseIp } from '../../http/ip.ts'
import { decodePath, encodedOf, encodePath, isValidEncoding, viewOf } from '../../http/path.ts'

/** A URL reference as Go writes it back. */
export interface RedirectUrl {
  readonly text: string
  /** Path and query, as a request target. */
  readonly requestUri: string
}

/**
 * Reads a URL reference and writes it back as Go's `net/url` does (`Parse`, `String`); null where Go refuses it. WHATWG
 * parsing would be another language: it resolves dot segments, turns `\` into `/` and knows hosts Go doesn't.
 */
export function parseRedirectUrl(reference: string): RedirectUrl | null {
  const [beforeFragment, fragment] = cut(reference, '#')
  if (/[\x00-\x1f\x7f]/.test(beforeFragment)) return null
  const written = fragment === null ? '' : writeFragment(fragment)
  if (written === null) return null
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*)?:/.exec(beforeFragment)
  if (scheme !== null && scheme[1] === undefined) return null
  const prefix = scheme === null ? '' : `${scheme[1]!.toLowerCase()}:`
  const [rest, query] = cut(beforeFragment.slice(scheme === null ? 0 : scheme[0].length), '?')
  const tail = query === null ? '' : `?${query}`

  if (!rest.startsWith('/') && scheme !== null) {
    return { text: prefix + rest + tail + written, requestUri: (rest === '' ? '/' : rest) + tail }
  }
  if (!rest.startsWith('/') && cut(rest, '/')[0].includes(':')) return null
  const hasAuthority = rest.startsWith('//') && (scheme !== null || !rest.startsWith('///'))
  const [, given = '', path = ''] = hasAuthority ? /^\/\/([^/]*)(.*)$/s.exec(rest)! : ['', '', rest]
  const authority = writeAuthority(given)
  if (authority === null) return null
  if (decodePath(path) === null) return null
  const encoded = encodedOf(viewOf(path))
  const slashes = authority !== '' || (hasAuthority && encoded !== '') ? '//' : ''
  return {
    text: prefix + slashes + authority + encoded + tail + written,
    requestUri: (encoded === '' ? '/' : encoded) + tail,
  }
}

/** Before and behind the first separator; null where there is none. */
function cut(text: string, separator: string): [string, string | null] {
  const at = text.indexOf(separator)
  return at === -1 ? [text, null] : [text.slice(0, at), text.slice(at + 1)]
}

function writeAuthority(authority: string): string | null {
  const at = authority.lastIndexOf('@')
  const host = writeHost(authority.slice(at + 1))
  if (at === -1 || host === null) return host
  const user = authority.slice(0, at)
  if (!/^[A-Za-z0-9\-._~!$&'()*+,;=%@:]*$/.test(user)) return null
  const [name, password] = cut(user, ':')
  const writtenName = writeUserPart(name)
  const writtenPassword = password === null ? '' : writeUserPart(password)
  if (writtenName === null || writtenPassword === null) return null
  return `${writtenName}${password === null ? '' : `:${writtenPassword}`}@${host}`
}

function writeUserPart(part: string): string | null {
  const decoded = decodePath(part)
  return decoded === null ? null : encodePath(decoded).replace(/[/:@]/g, encodeURIComponent)
}

/** Characters of a host that Go keeps, and the escapes it takes: of bytes beyond ASCII, and `%25`. */
const HOST = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=<>"\]]|[^\x00-\x7f]|%25|%[89A-Fa-f][0-9A-Fa-f])*$/

function writeHost(host: string): string | null {
  if (host.startsWith('[')) {
    const literal = /^\[([^%\]]*)(%25(?:[^%\] ]|%[2-7])+)?\](:[0-9]*)?$/.exec(host)
    return literal?.[1]?.includes(':') && parseIp(literal[1]) !== null ? host : null
  }
  const port = /:[0-9]*$/.exec(host)?.[0] ?? ''
  const name = host.slice(0, host.length - port.length)
  if (!HOST.test(name)) return null
  const upper = name.replace(/%../g, (written) => written.toUpperCase())
  return upper.replace(/[^\x00-\x7f]+/g, encodePath) + port
}

function writeFragment(fragment: string): string | null {
  const decoded = decodePath(fragment)
  if (decoded === null) return null
  if (decoded === '') return ''
  if (isValidEncoding(fragment.replaceAll('?', ''))) return `#${fragment}`
  return `#${encodePath(decoded).replace(/%(?:21|28|29|2A|3F)/g, decodeURIComponent)}`
}
