import { sha1 } from '@noble/hashes/legacy.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type * as z from 'zod'
import type { StickyCookiePlan, StickyPlan } from '../../plan/services.ts'
import { PrepareError } from '../../schema/element.ts'
import type { stickyBlock } from './options.schema.ts'

/** The option `sticky`. */
export type StickyOptions = z.output<typeof stickyBlock>

const SAME_SITE: Readonly<Record<string, string>> = { none: 'None', lax: 'Lax', strict: 'Strict' }

/** The option `sticky`, of which one way counts: a cookie, a field or the client's address. */
export function prepareSticky(
  options: StickyOptions | undefined,
  service: string,
  ids: readonly string[],
): StickyPlan | null {
  if (options === undefined) return null
  const { cookie, header, clientAddress } = options
  const ways = [cookie, header, clientAddress].filter((way) => way !== undefined)
  if (ways.length > 1) throw new PrepareError('sticky takes one of cookie, header and clientAddress')
  if (header !== undefined) return { header: validName(header.name ?? '') }
  if (clientAddress !== undefined) return { header: null }
  return cookie === undefined ? null : prepareCookie(cookie, service, ids)
}

function validName(name: string): string {
  if (/^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/.test(name)) return name.toLowerCase()
  throw new PrepareError(`sticky.header.name ${JSON.stringify(name)} is no name of a header field`)
}

/**
 * Cookie name, attributes and values of the members (Traefik v3.7 pkg/server/cookie and loadbalancer/sticky.go).
 * @param service qualified name
 */
function prepareCookie(
  cookie: NonNullable<StickyOptions['cookie']>,
  service: string,
  ids: readonly string[],
): StickyCookiePlan {
  const values: Record<string, string[]> = Object.create(null)
  for (const id of ids) values[id] = memberValues(id)
  const sameSite = SAME_SITE[cookie.sameSite?.toLowerCase() ?? '']
  const domain = validDomain(cookie.domain ?? '')
  const maxAge = cookie.maxAge ?? 0
  const seconds = cookie.expires ?? 0
  const before = [
    cookie.path === '' ? '' : `Path=${cookie.path.replace(/[^\x20-\x7e]|;/gu, '')}`,
    domain === '' ? '' : `Domain=${domain}`,
  ]
  const after = [
    maxAge === 0 ? '' : `Max-Age=${Math.max(maxAge, 0)}`,
    cookie.httpOnly ? 'HttpOnly' : '',
    cookie.secure ? 'Secure' : '',
    sameSite === undefined ? '' : `SameSite=${sameSite}`,
  ]
  return {
    cookieName: cookieName(cookie.name, service),
    ...(seconds > 0
      ? { attributes: joined(before), expires: { seconds, attributes: joined(after) } }
      : { attributes: joined([...before, ...after]) }),
    values,
  }
}

const joined = (attributes: readonly string[]): string =>
  attributes.map((attribute) => (attribute === '' ? '' : `; ${attribute}`)).join('')

/** Name of a service's cookie: as given but for what cookies must not hold, else made of the service's. */
export const cookieName = (given: string | undefined, service: string): string =>
  given?.replace(/[^A-Za-z0-9!#$%&'*+\-.^`|~]/gu, '_') || defaultCookieName(service)

const defaultCookieName = (service: string): string =>
  `_${bytesToHex(sha1(utf8ToBytes(`_TRAEFIK_BACKEND_${service}`))).slice(0, 5)}`

/** The value that is written, then older forms: the name, its FNV-1 hash, the hash of that. */
function memberValues(id: string): string[] {
  const hash = fnv1(id)
  return [bytesToHex(sha256(utf8ToBytes(id))).slice(0, 16), id, hash, fnv1(hash)]
}

/** FNV-1, 64 bits, in hex without leading zeros. */
function fnv1(text: string): string {
  let hash = 0xcbf29ce484222325n
  for (const byte of utf8ToBytes(text)) hash = BigInt.asUintN(64, hash * 0x100000001b3n) ^ BigInt(byte)
  return hash.toString(16)
}

/**
 * As Go writes cookies: a leading dot goes, what is no domain name or IPv4 address is left out (net/http
 * `validCookieDomain`).
 */
function validDomain(domain: string): string {
  const name = domain.startsWith('.') ? domain.slice(1) : domain
  return isDomainName(domain) || isIpv4(domain) ? name : ''
}

/** Letters, digits, dashes and dots, one letter at least; a trailing dot is fine. */
function isDomainName(text: string): boolean {
  const name = text.startsWith('.') ? text.slice(1) : text
  if (name === '' || text.length > 255 || !/^[A-Za-z0-9.-]+$/.test(name) || !/[A-Za-z]/.test(name)) return false
  const labels = (name.endsWith('.') ? name.slice(0, -1) : name).split('.')
  return labels.every((label) => label !== '' && label.length <= 63 && !label.startsWith('-') && !label.endsWith('-'))
}

const isIpv4 = (text: string): boolean => /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(text)
