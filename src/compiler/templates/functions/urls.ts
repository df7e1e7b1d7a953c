import { PrepareError } from '../../../schema/element.ts'
import { parseServerUrl } from '../../../schema/server-url.ts'
import { octetsOf, textOf } from '../go-text.ts'
import { CallError } from '../limits.ts'
import { type GoMap, kindOf, mapOf } from '../values.ts'
import { type FunctionGroup, fn, map, text } from './function.ts'

/** What stands in the parts of a URL as it is (`net/url`, `shouldEscape`). */
const IN_PATH = /[A-Za-z0-9\-._~$&+,/:;=@]/
const IN_HOST = /[A-Za-z0-9\-._~!$&'()*+,;=:[\]<>"]/
const IN_USER = /[A-Za-z0-9\-._~$&+,;=]/
const IN_FRAGMENT = /[A-Za-z0-9\-._~$&+,/:;=?@!()*]/

const escaped = (plain: string, plainly: RegExp): string =>
  Array.from(octetsOf(plain), (octet) => {
    const char = String.fromCharCode(octet)
    return octet < 0x80 && plainly.test(char) ? char : `%${octet.toString(16).toUpperCase().padStart(2, '0')}`
  }).join('')

function unescaped(escaped: string): string {
  if (!escaped.includes('%')) return escaped
  const octets: number[] = []
  for (const part of escaped.split(/(%[0-9A-Fa-f]{2})/)) {
    if (/^%[0-9A-Fa-f]{2}$/.test(part)) octets.push(Number.parseInt(part.slice(1), 16))
    else octets.push(...octetsOf(part))
  }
  return textOf(Uint8Array.from(octets))
}

/** Why Go would refuse a URL, in its words; null where it takes it. */
function refusal(url: string): string | null {
  try {
    parseServerUrl(url)
    return null
  } catch (error) {
    if (!(error instanceof PrepareError)) throw error
    return error.message.replace(`error parsing server URL ${url}: `, '')
  }
}

interface UrlParts {
  readonly scheme: string
  readonly opaque: string
  readonly userinfo: string
  readonly host: string
  readonly path: string
  readonly query: string
  readonly fragment: string
}

/** Parts of a URL that Go takes. */
function partsOf(url: string): UrlParts {
  const [, withoutFragment = '', fragment = ''] = /^([^#]*)(?:#(.*))?$/s.exec(url)!
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(withoutFragment)?.[1] ?? ''
  const afterScheme = withoutFragment.slice(scheme === '' ? 0 : scheme.length + 1)
  const [, rest = '', query = ''] = /^([^?]*)(?:\?(.*))?$/s.exec(afterScheme)!
  const common = { scheme: scheme.toLowerCase(), query, fragment: unescaped(fragment) }
  const nothing = { opaque: '', userinfo: '', host: '' }
  if (!rest.startsWith('/') && scheme !== '') return { ...common, ...nothing, opaque: rest, path: '' }
  if (!rest.startsWith('//') || (scheme === '' && rest.startsWith('///')))
    return { ...common, ...nothing, path: unescaped(rest) }
  const [, authority = '', path = ''] = /^\/\/([^/]*)(.*)$/s.exec(rest)!
  const at = authority.lastIndexOf('@')
  const userinfo = at === -1 ? '' : normalUser(authority.slice(0, at))
  return { ...common, opaque: '', userinfo, host: unescaped(authority.slice(at + 1)), path: unescaped(path) }
}

/** User information as Go writes it again. */
function normalUser(userinfo: string): string {
  const [, user = '', password] = /^([^:]*)(?::(.*))?$/s.exec(userinfo)!
  const written = (part: string) => escaped(unescaped(part), IN_USER)
  return password === undefined ? written(user) : `${written(user)}:${written(password)}`
}

function urlParse(url: string): GoMap {
  const reason = refusal(url)
  if (reason !== null) throw new CallError(`unable to parse url: ${reason}`)
  const { scheme, opaque, userinfo, host, path, query, fragment } = partsOf(url)
  const hostname = /^\[(.*)\](?::[0-9]*)?$/.exec(host)?.[1] ?? host.replace(/:[0-9]*$/, '')
  return mapOf(new Map(Object.entries({ scheme, opaque, userinfo, host, hostname, path, query, fragment })))
}

/** Go's `URL.String` of what a dict holds. */
function urlJoin({ entries }: GoMap): string {
  const part = (key: string): string => {
    const value = entries.get(key)
    if (value === undefined) return ''
    if (typeof value !== 'string') {
      throw new CallError(`unable to parse ${key} key, must be of type string, but ${kindOf(value)} found`)
    }
    return value
  }
  const [scheme, host, path, query, opaque, fragment, userinfo] = [
    part('scheme'),
    part('host'),
    part('path'),
    part('query'),
    part('opaque'),
    part('fragment'),
    part('userinfo'),
  ]
  const reason = userinfo === '' ? null : refusal(`proto://${userinfo}@host`)
  if (reason !== null) throw new CallError(`unable to parse userinfo in dict: ${reason}`)
  const end = (query === '' ? '' : `?${query}`) + (fragment === '' ? '' : `#${escaped(fragment, IN_FRAGMENT)}`)
  const start = scheme === '' ? '' : `${scheme}:`
  if (opaque !== '') return start + opaque + end
  const hasAuthority = host !== '' || userinfo !== ''
  const slashes = hasAuthority || (scheme !== '' && path !== '') ? '//' : ''
  const authority = (userinfo === '' ? '' : `${normalUser(userinfo)}@`) + escaped(host, IN_HOST)
  const separator = path !== '' && !path.startsWith('/') && host !== '' ? '/' : ''
  const shownPath = path === '*' ? path : escaped(path, IN_PATH)
  // A colon in the first segment would be taken for that of a scheme.
  const dot = scheme === '' && host === '' && userinfo === '' && /^[^/]*:/.test(shownPath) ? './' : ''
  return start + slashes + authority + separator + dot + shownPath + end
}

export const urlFunctions: FunctionGroup = {
  urlParse: fn([text], ([url], { budget }) => {
    budget.text(url.length * 4)
    return urlParse(url)
  }),
  urlJoin: fn([map], ([parts]) => urlJoin(parts)),
}
