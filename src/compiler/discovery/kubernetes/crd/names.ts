import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { normalize } from '../../normalize.ts'

/** The object that something is named after. */
export interface Place {
  readonly namespace: string
  readonly name: string
}

/** A route of an object: its place in the list, and its rule. */
export interface RoutePlace extends Place {
  readonly index: number
  readonly match: string
}

/** A member of a service: what it is there, its place in the list, and the port that it is reached by. */
export interface MemberPlace extends Place {
  readonly role: 'wrr' | 'hrw' | 'mirror' | 'mirroring' | 'failover' | 'fallback'
  /** Empty: there is one only. */
  readonly index: number | ''
  /** Empty: it is a TraefikService. */
  readonly port: string
}

/** How what is derived is called. */
export interface Names {
  /** Middlewares, TraefikServices, transports. */
  object(place: Place): string
  /** TLS options and stores; `default` stays. */
  tlsObject(place: Place): string
  httpRouter(route: RoutePlace): string
  tcpRouter(route: RoutePlace): string
  udpRouter(route: RoutePlace): string
  /** The service of a route that has one. */
  single(router: string): string
  /** The service of a route that has several. */
  group(router: string): string
  /** A service of the cluster in a group. @param parent router or TraefikService */
  httpMember(parent: string, member: MemberPlace): string
  streamMember(router: string, member: MemberPlace): string
}

const DEFAULT = 'default'

/** As ever: names of different objects may be the same (`a-b/c` and `a/b-c`). */
export const legacyNames: Names = {
  object: ({ namespace, name }) => normalize(`${namespace}-${name}`),
  tlsObject: ({ namespace, name }) => (name === DEFAULT ? name : `${namespace}-${name}`),
  httpRouter: (route) => normalize(byRule(route)),
  tcpRouter: (route) => byRule(route),
  udpRouter: ({ namespace, name, index }) => `${namespace}-${name}-${index}`,
  single: (router) => router,
  group: (router) => router,
  httpMember: (_parent, { namespace, name, port }) => normalize(`${namespace}-${name}-${port}`),
  streamMember: (router, { name, port }) => `${router}-${name}-${port}`,
}

/** First 20 hex digits of the SHA-256 of the rule. */
const byRule = ({ namespace, name, match }: RoutePlace): string =>
  `${namespace}-${name}-${bytesToHex(sha256(utf8ToBytes(match)).subarray(0, 10))}`

/** With the option `safeNaming`: `_` is in no name of Kubernetes, so that no two are the same. */
export const safeNames: Names = {
  object: ({ namespace, name }) => `${namespace}_${name}`,
  tlsObject: ({ namespace, name }) => (name === DEFAULT ? name : `${namespace}_${name}`),
  httpRouter: (route) => byIndex(route),
  tcpRouter: (route) => byIndex(route),
  udpRouter: (route) => byIndex(route),
  single: (router) => `${router}_lb`,
  group: (router) => `${router}_wrr`,
  httpMember: (parent, member) => byRole(parent, member),
  streamMember: (router, member) => byRole(router, member),
}

const byIndex = ({ namespace, name, index }: RoutePlace): string => `${namespace}_${name}_${index}`

const byRole = (parent: string, { role, index, namespace, name, port }: MemberPlace): string =>
  [parent, role, ...(index === '' ? [] : [index]), namespace, name, port].join('_')
