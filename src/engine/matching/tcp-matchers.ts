import type { ConnectionInfo } from '../../contracts/connection.ts'
import { createIpMatcher } from '../../http/ip.ts'
import type { RegexpPlan } from '../../plan/regexp.ts'
import type { RuleNode } from '../../plan/rule.ts'
import { compileRegexp } from './regexp/regexp.ts'

/** Whether a connection is one that a rule is about. */
export type TcpPredicate = (connection: ConnectionInfo) => boolean

/** Makes a predicate of a matcher's checked arguments. */
export type TcpMatcherKind = (args: readonly string[], regexps: readonly RegexpPlan[]) => TcpPredicate

/** The matchers that TCP rules of a plan may name. */
export const tcpMatcherKinds = {
  Any: () => () => true,
  AnyHost:
    () =>
    ({ serverName }) =>
      serverName !== '',
  ALPN: (wanted) => (connection) => wanted.some((protocol) => connection.protocols.includes(protocol)),
  ClientIP: (ranges) => {
    const clients = createIpMatcher(ranges)
    return ({ clientAddress }) => clients.contains(clientAddress)
  },
  HostSNI: (hosts) => {
    const known = new Set(hosts)
    const hasWildcard = hosts.some((host) => host.startsWith('*.'))
    return ({ serverName }) => {
      // A name that is itself written with a star stands for no host.
      if (serverName === '' || serverName.startsWith('*')) return false
      if (known.has(serverName)) return true
      const dot = hasWildcard ? serverName.indexOf('.') : -1
      return dot > 0 && known.has(`*${serverName.slice(dot)}`)
    }
  },
  HostSNIRegexp: (_, plans) => {
    const regexps = plans.map(compileRegexp)
    return ({ serverName }) => regexps.some((regexp) => regexp.test(serverName))
  },
} as const satisfies Record<string, TcpMatcherKind>

const kinds: Readonly<Record<string, TcpMatcherKind>> = tcpMatcherKinds

/** Compiles a TCP rule to one predicate; throws `Error` for a matcher this version does not know. */
export function compileTcpRule(node: RuleNode): TcpPredicate {
  switch (node.op) {
    case 'not': {
      const inner = compileTcpRule(node.node)
      return (connection) => !inner(connection)
    }
    case 'and': {
      const [left, right] = [compileTcpRule(node.left), compileTcpRule(node.right)]
      return (connection) => left(connection) && right(connection)
    }
    case 'or': {
      const [left, right] = [compileTcpRule(node.left), compileTcpRule(node.right)]
      return (connection) => left(connection) || right(connection)
    }
    case 'match': {
      if (!Object.hasOwn(kinds, node.matcher)) throw new Error(`unknown matcher ${node.matcher}`)
      return kinds[node.matcher]!(node.args, node.regexps)
    }
  }
}
