import { DEFAULT_USER_AGENT } from '../../http/default-user-agent.ts'
import { CONNECTION, classOf, HOP, MANAGED, MANAGED_ALIAS } from '../../http/field-names.ts'
import { type Fields, lowerName, sameName } from '../../http/fields.ts'
import { addNominated, dropNamed } from '../../http/hop-by-hop.ts'
import type { ProxyRequest } from '../../http/request.ts'

/** Hop-by-hop for everyone but the server that decides: credentials for a proxy are for it (RFC 9110 §11.7.2). */
const isKept = (name: string): boolean => {
  const lower = lowerName(name)
  return lower === 'proxy-authenticate' || lower === 'proxy-authorization'
}

/** Takes off what belongs to one connection, and what `Connection` names; credentials for a proxy stay. */
export function dropConnectionFields(fields: Fields): void {
  const { lines } = fields
  let nominated: Set<string> | null = null
  let kept = 0
  for (let i = 0; i < lines.length; i += 2) {
    const name = lines[i]!
    const bits = classOf(name)
    if ((bits & CONNECTION) !== 0) nominated = addNominated(lines[i + 1]!, nominated, fields)
    if (((bits & HOP) !== 0 && !isKept(name)) || sameName(name, 'trailers')) continue
    lines[kept] = name
    lines[kept + 1] = lines[i + 1]!
    kept += 2
  }
  lines.length = kept
  if (nominated !== null) dropNamed(fields, nominated)
}

/** What the authentication server is told of forwarding. */
export interface AuthFieldsOptions {
  /**
   * Unset, false or true in Traefik: `keep` leaves forwarding headers but writes the main ones, `drop` writes all,
   * `trust` fills in what is missing.
   */
  readonly forwarded: 'keep' | 'drop' | 'trust'
  /** Request fields that are passed on; empty: all. */
  readonly allowed: readonly string[]
  /** Nobody is named as the sender where the client does not say who it is. */
  readonly isAnonymous?: true
}

/**
 * Fields of a request to the authentication server (Traefik v3.7 `pkg/middlewares/auth/forward.go`).
 * @param peer address of the client; empty when unknown
 */
export function authFields(
  request: ProxyRequest,
  peer: string,
  { forwarded, allowed, isAnonymous }: AuthFieldsOptions,
): Fields {
  const source = request.headers
  const fields = source.copy()
  dropConnectionFields(fields)
  fields.delete('expect')
  const isManaged = (name: string) => (classOf(name) & (MANAGED | MANAGED_ALIAS)) !== 0
  if (forwarded === 'drop') keepOnly(fields, (name) => !isManaged(name))
  if (allowed.length > 0) {
    const names = new Set(allowed)
    keepOnly(fields, (name) => names.has(lowerName(name)) || (forwarded === 'trust' && isManaged(name)))
  }
  const trust = forwarded === 'trust'
  if (peer !== '') {
    const prior = trust ? source.getAll('x-forwarded-for') : []
    fields.set('X-Forwarded-For', [...prior, peer].join(', '))
  }
  const write = (name: string, value: string): void => {
    const given = trust ? (source.first(name) ?? '') : ''
    if (given !== '') fields.set(name, given)
    else if (value !== '') fields.set(name, value)
    else fields.delete(name)
  }
  write('X-Forwarded-Method', request.method)
  write('X-Forwarded-Proto', request.scheme)
  write('X-Forwarded-Host', request.authority)
  write('X-Forwarded-Uri', request.target.startsWith('/') ? request.target : `/${request.target}`)
  if (forwarded !== 'keep') write('X-Forwarded-Port', portOf(request))
  // Go's client names itself unless it is told not to, which gets lost where fields are picked.
  const namesItself =
    isAnonymous !== true && (forwarded === 'keep' || (allowed.length > 0 && !allowed.includes('user-agent')))
  if (namesItself && !fields.has('user-agent')) fields.append('User-Agent', DEFAULT_USER_AGENT)
  // Go's client sends no empty one.
  if (fields.first('user-agent') === '') fields.delete('user-agent')
  return fields
}

const portOf = ({ authority, scheme }: ProxyRequest): string =>
  /:([0-9]+)$/.exec(authority)?.[1] ?? (scheme === 'https' ? '443' : '80')

function keepOnly(fields: Fields, wanted: (name: string) => boolean): void {
  const { lines } = fields
  let kept = 0
  for (let i = 0; i < lines.length; i += 2) {
    if (!wanted(lines[i]!)) continue
    lines[kept] = lines[i]!
    lines[kept + 1] = lines[i + 1]!
    kept += 2
  }
  lines.length = kept
}
