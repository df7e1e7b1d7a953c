import { parseXml, type XmlElement } from '../../../src/compiler/discovery/ecs/xml.ts'
import type { ApiCall } from './server.ts'

/** A request as it is compared: what an API acts upon, and nothing that is different each time. */
export interface SeenCall {
  readonly request: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

/** Those that say who we are and what we send. */
const HEADERS =
  /^(?:accept|authorization|content-type|metadata|metadata-flavor|auth-api-token|x-(?:auth|api|ovh)-.*|if-.*)$/
/** Different each time. */
const FLEETING = /^x-ovh-(?:timestamp|signature)$/

export function seen({ method, host, path, query, headers, body }: ApiCall): SeenCall {
  const kept = Object.entries(headers).filter(([name]) => HEADERS.test(name) && !FLEETING.test(name))
  return {
    request: `${method} ${host}${decodeURIComponent(path)}`,
    query: sorted([...query]),
    headers: sorted(kept.map(([name, value]) => [name, steady(String(value))])),
    body: contentOf(String(headers['content-type'] ?? ''), body),
  }
}

const sorted = (entries: readonly (readonly [string, string])[]): Readonly<Record<string, string>> =>
  Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))

/** Of a signature what it is for, of a type what it is without its parameters. */
const steady = (value: string): string =>
  value.replace(/^(AWS4-HMAC-SHA256 Credential=[^/]+\/)\d+(\/[^,]+),.*$/, '$1DATE$2').replace(/; ?charset=utf-8$/i, '')

/** JSON and XML as values, forms as fields. */
function contentOf(type: string, body: string): unknown {
  if (body === '') return null
  if (body.startsWith('<')) return elementOf(parseXml(body))
  if (type.includes('form')) {
    return sorted([...new URLSearchParams(body)].map(([name, value]) => [name, claimsOf(value)]))
  }
  try {
    return JSON.parse(body) as unknown
  } catch {
    // Something else: compared as it is.
    return body
  }
}

/** Of a signed token what it claims, but for its times. */
function claimsOf(value: string): string {
  const [, claims] = /^eyJ[\w-]+\.([\w-]+)\.[\w-]+$/.exec(value) ?? []
  if (claims === undefined) return value
  const all = Object.entries(JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>)
  return JSON.stringify(Object.fromEntries(all.filter(([name]) => !/^(?:iat|exp|nbf|jti)$/.test(name)).sort()))
}

/** Elements of different names come in the order of these: nobody here cares for another. */
function elementOf(element: XmlElement | null): unknown {
  if (element === null) return null
  const { name, children, text } = element
  if (children.length === 0) return { [name]: text.trim() }
  const isList = new Set(children.map((child) => child.name)).size < children.length
  const inOrder = isList ? children : [...children].sort((a, b) => (a.name < b.name ? -1 : 1))
  return { [name]: inOrder.map(elementOf) }
}
