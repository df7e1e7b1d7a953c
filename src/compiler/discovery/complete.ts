import type { ConfigProblem } from '../../plan/problem.ts'
import { serviceSchemas } from '../../services/schemas.ts'
import { defaultsOf, shapeOf } from '../decode/shape.ts'
import type { DynamicConfig } from '../dynamic/dynamic.ts'
import type { HttpConfig, HttpRouter, HttpService } from '../dynamic/http.ts'
import { nameMap } from '../dynamic/names.ts'
import type { TcpConfig } from '../dynamic/tcp.ts'
import type { UdpConfig } from '../dynamic/udp.ts'
import { ItemFault, itemProblem } from './item.ts'

/** Where a server is. */
export interface ServerAddress {
  /** An IPv6 address has no brackets. */
  readonly host: string
  readonly port: string
}

/** What the completion needs to know of an item. */
export interface CompletedItem {
  /** What it is called in messages. */
  readonly title: string
  /** Of services and routers that no label names; normalized. */
  readonly name: string
  /**
   * Where it is reached. Throws `ItemFault` where it can't be.
   * @param port as a label says it; empty: none does
   */
  readonly address: (port: string) => ServerAddress
  /** False: it is no server now, and its services stay empty. */
  readonly serves: boolean
  /**
   * It has been told to stop. Its HTTP servers take nobody new; connections of other protocols are bound to nothing, so
   * it is no server of them any more.
   */
  readonly isLeaving?: boolean
  /** The rule of routers without one; throws an Error with the words of Go's templates. */
  readonly defaultRule: () => string
  /** In a mesh: the transport that its servers are reached by over TLS, whatever labels say. */
  readonly meshTransport?: string
}

interface Completed {
  readonly config: DynamicConfig | null
  readonly problems: readonly ConfigProblem[]
}

/**
 * Adds to what labels say what they leave out: a service, its server, a router, its rule, its service (Traefik
 * `pkg/provider/configuration.go` and each provider's `config.go`). A fault leaves the item out as a whole.
 */
export const complete = (config: DynamicConfig, item: CompletedItem): Completed => {
  const problems: ConfigProblem[] = []
  try {
    return { config: completed(config, item, problems), problems }
  } catch (error) {
    if (!(error instanceof ItemFault)) throw error
    return {
      config: null,
      problems: [...problems, itemProblem('error', item.title, error.message, { hint: error.hint })],
    }
  }
}

const completed = (config: DynamicConfig, item: CompletedItem, problems: ConfigProblem[]): DynamicConfig => {
  const { http = {}, tcp = {}, udp = {}, tls } = config
  const done: DynamicConfig = tls === undefined ? {} : { tls }
  const hasTcp = hasAny(tcp.routers) || hasAny(tcp.services)
  const hasUdp = hasAny(udp.routers) || hasAny(udp.services)
  if (hasTcp) done.tcp = completedTcp(tcp, item, problems)
  else if (hasAny(tcp.middlewares)) done.tcp = tcp
  if (hasUdp) done.udp = completedUdp(udp, item, problems)
  const hasHttp = hasAny(http.routers) || hasAny(http.middlewares) || hasAny(http.services)
  if ((!hasTcp && !hasUdp) || hasHttp) done.http = completedHttp(http, item, problems)
  return done
}

const hasAny = (map: object | undefined): boolean => map !== undefined && Object.keys(map).length > 0

const loadBalancerShape = shapeOf(serviceSchemas.loadBalancer)

const completedHttp = (http: HttpConfig, item: CompletedItem, problems: ConfigProblem[]): HttpConfig => {
  const written = hasAny(http.services)
    ? http.services!
    : named(item.name, { loadBalancer: defaultsOf(loadBalancerShape) as HttpService['loadBalancer'] })
  const services = mapped(written, (service, name) => withHttpServer(service, name, item))
  let routers = http.routers ?? {}
  if (!hasAny(routers)) {
    const names = Object.keys(services)
    if (names.length > 1) {
      const hint = `its services: ${names.join(', ')}; add a router for each of them`
      problems.push(
        itemProblem('warning', item.title, 'Could not create a router for the container: too many services', { hint }),
      )
    } else routers = named(item.name, {})
  }
  const linked = nameMap<HttpRouter>()
  for (const [name, router] of Object.entries(routers)) {
    const ruled = withRule(router, name, item, problems)
    const done = ruled === null ? null : withService(ruled, name, services, ['http', 'routers', name], item, problems)
    if (done !== null) linked[name] = done
  }
  return { ...http, routers: linked, services }
}

const withHttpServer = (service: HttpService, name: string, item: CompletedItem): HttpService => {
  const { loadBalancer } = service
  if (!item.serves) {
    return loadBalancer === undefined ? service : { ...service, loadBalancer: withPlacedServers(loadBalancer) }
  }
  return inService(name, () => {
    if (loadBalancer === undefined) throw new ItemFault('load-balancer is not defined', NO_LOAD_BALANCER)
    const { port = '', scheme = '', ...server } = loadBalancer.servers?.[0] ?? {}
    if ((server.url ?? '') !== '') {
      if (scheme !== '' || port !== '') {
        throw new ItemFault('defining scheme or port is not allowed when URL is defined')
      }
      return { ...service, loadBalancer: { ...loadBalancer, servers: [server] } }
    }
    const address = item.address(port)
    const fenced = item.isLeaving === true ? { fenced: true } : {}
    const mesh = item.meshTransport
    const transport = mesh === undefined ? {} : { serversTransport: mesh }
    const url = `${mesh === undefined ? scheme || 'http' : 'https'}://${hostAndPort(address)}`
    return { ...service, loadBalancer: { ...loadBalancer, ...transport, servers: [{ ...server, url, ...fenced }] } }
  })
}

const NO_LOAD_BALANCER = 'labels describe load balancers only: `…services.NAME.loadbalancer.server.port`'

/** While it is no server, only what labels give the address of is one; a port beside that says nothing. */
const withPlacedServers = (loadBalancer: NonNullable<HttpService['loadBalancer']>): HttpService['loadBalancer'] => {
  const { servers, ...rest } = loadBalancer
  const placed = (servers ?? [])
    .filter(({ url = '' }) => url !== '')
    .map(({ port: _, scheme: __, ...server }) => server)
  return placed.length === 0 ? rest : { ...rest, servers: placed }
}

/** `host:port`, IPv6 addresses in brackets (Go's `net.JoinHostPort`). */
const hostAndPort = ({ host, port }: ServerAddress): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

const inService = <T>(name: string, make: () => T): T => {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof ItemFault)) throw error
    throw new ItemFault(`service "${name}" error: ${error.message}`, error.hint)
  }
}

const withRule = (
  router: HttpRouter,
  name: string,
  item: CompletedItem,
  problems: ConfigProblem[],
): HttpRouter | null => {
  if ((router.rule ?? '') !== '') return router
  const path = ['http', 'routers', name]
  try {
    const rule = item.defaultRule()
    if (rule !== '') return { ...router, rule, defaultRule: true }
    problems.push(
      itemProblem('error', item.title, `router "${name}": Undefined rule`, {
        path,
        hint: 'the default rule gives nothing here',
      }),
    )
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    problems.push(
      itemProblem('error', item.title, `router "${name}": Error while parsing default rule: ${reason}`, { path }),
    )
  }
  return null
}

/** A router without a service takes the only one there is. */
const withService = <R extends { service?: string | undefined }>(
  router: R,
  name: string,
  services: object,
  path: readonly string[],
  item: CompletedItem,
  problems: ConfigProblem[],
): R | null => {
  if ((router.service ?? '') !== '') return router
  const names = Object.keys(services)
  if (names.length === 1) return { ...router, service: names[0] }
  const list = names.map((service) => JSON.stringify(service)).join(' ')
  const message = `Router ${name} cannot be linked automatically with multiple Services: [${list}]`
  problems.push(
    itemProblem('error', item.title, message, {
      path,
      hint: `say which: traefik.${path.join('.')}.service=${names[0]}`,
    }),
  )
  return null
}

type StreamService = {
  loadBalancer?: { servers?: { address?: string | undefined; port?: string | undefined }[] | undefined } | undefined
}

const completedTcp = (tcp: TcpConfig, item: CompletedItem, problems: ConfigProblem[]): TcpConfig => {
  const mesh = item.meshTransport
  const services = completedStreams(tcp.services, item, (loadBalancer, server) =>
    mesh === undefined
      ? { ...loadBalancer, servers: [server] }
      : { ...loadBalancer, serversTransport: mesh, servers: [{ ...server, tls: true }] },
  )
  const routers = nameMap<NonNullable<TcpConfig['routers']>[string]>()
  for (const [name, router] of Object.entries(tcp.routers ?? {})) {
    const path = ['tcp', 'routers', name]
    if ((router.rule ?? '') === '') {
      problems.push(
        itemProblem('error', item.title, `router "${name}": Empty rule`, {
          path,
          hint: 'TCP routers need one: HostSNI(`*`)',
        }),
      )
      continue
    }
    const done = withService(router, name, services, path, item, problems)
    if (done !== null) routers[name] = done
  }
  return { ...tcp, routers, services }
}

const completedUdp = (udp: UdpConfig, item: CompletedItem, problems: ConfigProblem[]): UdpConfig => {
  const services = completedStreams(udp.services, item)
  const routers = nameMap<NonNullable<UdpConfig['routers']>[string]>()
  for (const [name, router] of Object.entries(udp.routers ?? {})) {
    const done = withService(router, name, services, ['udp', 'routers', name], item, problems)
    if (done !== null) routers[name] = done
  }
  return { ...udp, routers, services }
}

const completedStreams = <S extends StreamService>(
  written: Record<string, S> | undefined,
  item: CompletedItem,
  withServer = (loadBalancer: object, server: object): object => ({ ...loadBalancer, servers: [server] }),
): Record<string, S> =>
  mapped(hasAny(written) ? written! : named(item.name, { loadBalancer: {} } as S), (service, name) => {
    const { loadBalancer } = service
    if (!item.serves || item.isLeaving === true) {
      if (loadBalancer === undefined) return service
      const { servers: _, ...rest } = loadBalancer
      return { ...service, loadBalancer: rest }
    }
    return inService(name, () => {
      if (loadBalancer === undefined) throw new ItemFault('load-balancer is not defined', NO_LOAD_BALANCER)
      const { port = '', ...server } = loadBalancer.servers?.[0] ?? {}
      const address = hostAndPort(item.address(port))
      return { ...service, loadBalancer: withServer(loadBalancer, { ...server, address }) }
    })
  })

const named = <T>(name: string, value: T): Record<string, T> => {
  const map = nameMap<T>()
  map[name] = value
  return map
}

const mapped = <T>(map: Readonly<Record<string, T>>, change: (value: T, name: string) => T): Record<string, T> => {
  const result = nameMap<T>()
  for (const [name, value] of Object.entries(map)) result[name] = change(value, name)
  return result
}
