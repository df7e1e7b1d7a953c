import type { ConnectionInfo } from '../../../contracts/connection.ts'
import { MAX_STEPS, TooCostly } from '../../../http/effort.ts'
import { byPrecedence, type Ranked } from '../../matching/precedence.ts'
import type { TcpPredicate } from '../../matching/tcp-matchers.ts'
import type { Admission } from './admission.ts'
import type { ConnectionDecision, TcpTarget } from './decision.ts'

/** Decides for each connection of an entry point. */
export interface TcpTable {
  /** False: there are plain TCP routers and nothing else, so that connections are tried before they are read. */
  readonly mustPeek: boolean
  decide(connection: ConnectionInfo): ConnectionDecision
}

/** A TCP router that works. */
export interface TcpRoute extends Ranked {
  readonly matches: TcpPredicate
  readonly isCatchAll: boolean
  /** `plain`: without TLS; `broken`: its TLS options can't be used, what it matches is closed. */
  readonly mode: 'plain' | 'passthrough' | 'terminate' | 'broken'
  /** Qualified name; of `terminate`. */
  readonly tlsOptions: string
  readonly admit: Admission
  readonly pick: () => TcpTarget | null
}

/** TLS options of HTTP routers. */
export interface HttpsHosts {
  /** Those of a host that a router names; null: none does. */
  specific(serverName: string): string | null
  /** Those for every other name; null: no router takes them. */
  readonly catchAll: string | null
  /** There is any router with TLS. */
  readonly any: boolean
  /** Whether a set of options, by qualified name, can be used. */
  isUsable(options: string): boolean
}

const CLOSE: ConnectionDecision = { kind: 'close' }
const HTTP: ConnectionDecision = { kind: 'http' }
const PEEK: ConnectionDecision = { kind: 'peek' }
const DEFAULT = 'default'

/**
 * The order of Traefik's TCP router (`pkg/server/router/tcp/router.go`): without TLS the plain routers, then HTTP; with
 * TLS HTTPS routers of that host, TCP routers, HTTPS routers without a host, the TCP router for everything, and at last
 * the default options.
 * @param precedence providers; decides between equal priorities
 * @param report hears once of each expression for which a connection was closed, as matching took too long
 */
export function createTcpTable(
  routes: readonly TcpRoute[],
  https: HttpsHosts,
  precedence: readonly string[] = [],
  report: (expression: string) => void = () => {},
): TcpTable {
  const sorted = byPrecedence(routes, precedence)
  const plain = sorted.filter((route) => route.mode === 'plain')
  const secure = sorted.filter((route) => route.mode !== 'plain')

  const ended = (tlsOptions: string): ConnectionDecision =>
    https.isUsable(tlsOptions) ? { kind: 'https', tlsOptions } : CLOSE

  const overTls = (connection: ConnectionInfo): ConnectionDecision => {
    const own = https.specific(connection.serverName)
    if (own !== null) return ended(own)
    const route = first(secure, connection)
    if (route !== null && !route.isCatchAll) return serve(route, connection)
    if (https.catchAll !== null) return ended(https.catchAll)
    return route === null ? ended(DEFAULT) : serve(route, connection)
  }

  const told = new Set<string>()
  const decide = (connection: ConnectionInfo): ConnectionDecision => {
    switch (connection.protocol) {
      case 'unread': {
        const route = first(plain, connection)
        return route === null ? PEEK : serve(route, connection)
      }
      case 'plain': {
        const route = first(plain, connection)
        return route === null ? HTTP : serve(route, connection)
      }
      case 'tls':
        return overTls(connection)
      case 'postgres': {
        const route = first(secure, connection)
        return route === null ? CLOSE : serve(route, connection)
      }
    }
  }

  return {
    mustPeek: plain.length === 0 || secure.length > 0 || https.any,
    decide(connection) {
      try {
        return decide(connection)
      } catch (error) {
        if (!(error instanceof TooCostly)) throw error
        if (!told.has(error.what)) report(error.what)
        told.add(error.what)
        return CLOSE
      }
    },
  }
}

function first(routes: readonly TcpRoute[], connection: ConnectionInfo): TcpRoute | null {
  const effort = { stepsLeft: MAX_STEPS }
  for (const route of routes) if (route.matches(connection, effort)) return route
  return null
}

function serve(route: TcpRoute, { clientAddress }: ConnectionInfo): ConnectionDecision {
  if (route.mode === 'broken') return CLOSE
  const end = route.admit(clientAddress)
  if (end === null) return CLOSE
  const target = route.pick()
  if (target === null) {
    end()
    return CLOSE
  }
  const terminateTls = route.mode === 'terminate' ? route.tlsOptions : null
  return { kind: 'forward', router: route.name, target, terminateTls, end }
}
