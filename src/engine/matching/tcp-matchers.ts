import type { ConnectionInfo } from '../../contracts/connection.ts'
import type { CompileRegexp, Regexp } from '../../contracts/regexp.ts'
import type { Effort } from '../../http/effort.ts'
import { createIpMatcher } from '../../http/ip.ts'
import type { RuleNode } from '../../plan/rule.ts'

/** Whether a connection is one that a rule is about; throws `TooCostly` where that can't be decided. */
export type TcpPredicate = (connection: ConnectionInfo, effort: Effort) => boolean

/** Makes a predicate of a matcher's checked arguments. */
export type TcpMatcherKind = (args: readonly string[], regexps: readonly Regexp[]) => TcpPredicate

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
  HostSNIRegexp:
    (_, regexps) =>
    ({ serverName }, effort) =>
      regexps.some((regexp) => regexp.test(serverName, effort)),
} as const satisfies Record<string, TcpMatcherKind>

const kinds: Readonly<Record<string, TcpMatcherKind>> = tcpMatcherKinds

/** Compiles a TCP rule to one predicate; throws `Error` for a matcher this version does not know. */
export function compileTcpRule(node: RuleNode, compileRegexp: CompileRegexp): TcpPredicate {
  switch (node.op) {
    case 'not': {
      const inner = compileTcpRule(node.node, compileRegexp)
      return (connection, effort) => !inner(connection, effort)
    }
    case 'and': {
      const [left, right] = [compileTcpRule(node.left, compileRegexp), compileTcpRule(node.right, compileRegexp)]
      return (connection, effort) => left(connection, effort) && right(connection, effort)
    }
    case 'or': {
      const [left, right] = [compileTcpRule(node.left, compileRegexp), compileTcpRule(node.right, compileRegexp)]
      return (connection, effort) => left(connection, effort) || right(connection, effort)
    }
    case 'match': {
      if (!Object.hasOwn(kinds, node.matcher)) throw new Error(`unknown matcher ${node.matcher}`)
      return kinds[node.matcher]!(node.args, node.regexps.map(compileRegexp))
    }
  }
}
