/** Which identities servers may have (SPIFFE): one of `ids`, else those of `trustDomain`, else any that can be verified. */
export interface SpiffePlan {
  /** `spiffe://domain/path`; empty: they don't count. */
  readonly ids: readonly string[]
  /** Its name alone; empty: any. */
  readonly trustDomain: string
}

/** An identity, https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md */
export interface SpiffeId {
  readonly trustDomain: string
  /** Empty, or with its slash. */
  readonly path: string
}

const SCHEME = 'spiffe://'

/** @returns what is wrong with it where it is none */
export function parseSpiffeId(text: string): SpiffeId | string {
  if (text === '') return 'it is empty'
  if (!text.startsWith(SCHEME)) return 'its scheme is missing or invalid'
  const rest = text.slice(SCHEME.length)
  const slash = rest.indexOf('/')
  const trustDomain = slash === -1 ? rest : rest.slice(0, slash)
  const path = slash === -1 ? '' : rest.slice(slash)
  const wrong = domainFault(trustDomain) ?? pathFault(path)
  return wrong ?? { trustDomain, path }
}

/** The name of a trust domain, or of that of an identity. @returns what is wrong with it as `fault` where it is none */
export function parseTrustDomain(text: string): { readonly trustDomain: string } | { readonly fault: string } {
  if (text.includes(':/')) {
    const id = parseSpiffeId(text)
    return typeof id === 'string' ? { fault: id } : { trustDomain: id.trustDomain }
  }
  const fault = domainFault(text)
  return fault === null ? { trustDomain: text } : { fault }
}

function domainFault(name: string): string | null {
  if (name === '') return 'its trust domain is missing'
  return /^[-._a-z0-9]+$/.test(name)
    ? null
    : 'names of trust domains have lower-case letters, digits, dots, dashes and underscores alone'
}

function pathFault(path: string): string | null {
  if (path === '') return null
  const segments = path.slice(1).split('/')
  if (segments.at(-1) === '') return 'its path ends with a slash'
  if (segments.includes('')) return 'its path has an empty segment'
  if (segments.some((segment) => segment === '.' || segment === '..')) return 'its path has a dot segment'
  return segments.every((segment) => /^[-._a-zA-Z0-9]+$/.test(segment))
    ? null
    : 'its path has letters, digits, dots, dashes and underscores alone'
}
