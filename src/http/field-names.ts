import { lowerName, ownText } from './fields.ts'

/** What a field name means to a gateway: bits of `classOf`. */
export const HOP = 1 << 0
/** One of the forwarding headers that only trusted peers may bring. */
export const MANAGED = 1 << 1
/** Has a character other than letters, digits and dash: many servers read it as the dashed name. */
export const ALIAS = 1 << 2
export const UNDERSCORE = 1 << 3
/** An alias of a forwarding header (`X_Forwarded_For`). */
export const MANAGED_ALIAS = 1 << 4
export const CONNECTION = 1 << 5
export const FORWARDED_FOR = 1 << 6
export const FORWARDED_PROTO = 1 << 7
export const FORWARDED_HOST = 1 << 8
export const FORWARDED_PORT = 1 << 9
export const REAL_IP = 1 << 10
export const FORWARDED_SERVER = 1 << 11
export const TE = 1 << 12
export const ACCEPT_ENCODING = 1 << 13
export const RANGE = 1 << 14
/** Framing and other fields that a transport writes itself. */
export const FRAMING = 1 << 15
export const DATE = 1 << 16
export const USER_AGENT = 1 << 17
export const TRAILER = 1 << 18

/** RFC 9110 §7.6.1 and what Go's reverse proxy drops. */
const known = new Map<string, number>([
  ['connection', HOP | CONNECTION],
  ['proxy-connection', HOP],
  ['keep-alive', HOP],
  ['proxy-authenticate', HOP],
  ['proxy-authorization', HOP],
  ['te', HOP | TE],
  ['trailer', HOP | TRAILER],
  ['transfer-encoding', HOP | FRAMING],
  ['upgrade', HOP],
  ['http2-settings', HOP],
  ['content-length', FRAMING],
  ['x-forwarded-for', MANAGED | FORWARDED_FOR],
  ['x-forwarded-proto', MANAGED | FORWARDED_PROTO],
  ['x-forwarded-host', MANAGED | FORWARDED_HOST],
  ['x-forwarded-port', MANAGED | FORWARDED_PORT],
  ['x-forwarded-server', MANAGED | FORWARDED_SERVER],
  ['x-forwarded-uri', MANAGED],
  ['x-forwarded-method', MANAGED],
  ['x-forwarded-prefix', MANAGED],
  ['x-forwarded-tls-client-cert', MANAGED],
  ['x-forwarded-tls-client-cert-info', MANAGED],
  ['x-real-ip', MANAGED | REAL_IP],
  ['accept-encoding', ACCEPT_ENCODING],
  ['range', RANGE],
  ['date', DATE],
  ['user-agent', USER_AGENT],
])

const classes = new Map<string, number>()

/** Characters of a name that may mean something, or is worth being remembered. */
const LONGEST = 64

/** The class of a name as it stands on a line; bounded cache, as a peer chooses names. */
export function classOf(name: string): number {
  const cached = classes.get(name)
  if (cached !== undefined) return cached
  if (name.length > LONGEST) return !/[^A-Za-z0-9-]/.test(name) ? 0 : name.includes('_') ? ALIAS | UNDERSCORE : ALIAS
  const lower = lowerName(name)
  let bits = known.get(lower) ?? 0
  if (/[^a-z0-9-]/.test(lower)) {
    bits |= ALIAS
    if (lower.includes('_')) bits |= UNDERSCORE
    const meant = known.get(dashed(lower)) ?? 0
    if ((meant & MANAGED) !== 0) bits |= MANAGED_ALIAS
    // `Transfer_Encoding`, `HTTP2_Settings`: whoever folds names would go by it.
    if ((meant & (FRAMING | HOP)) !== 0) bits |= HOP
  }
  if (classes.size < 2048) classes.set(ownText(name), bits)
  return bits
}

/** A name with every character that servers may fold into a dash made one: `X_Auth.User` → `x-auth-user`. */
export const dashed = (lower: string): string => lower.replace(/[^a-z0-9-]/g, '-')
