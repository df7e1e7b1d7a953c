import { createIpMatcher } from '../../http/ip.ts'
import type {
  TcpHealthCheckPlan,
  TcpLoadBalancerPlan,
  TcpMiddlewarePlan,
  TcpPlan,
  TcpServerPlan,
  TcpServicePlan,
  TcpTransportPlan,
  TcpWeightedPlan,
} from '../../plan/tcp.ts'
import { DEFAULT_SERVER_TLS } from '../../plan/tls.ts'
import { durationMs } from '../../schema/duration.ts'
import { providerOf, qualify } from '../dynamic/names.ts'
import type { TcpConfig } from '../dynamic/tcp.ts'
import { alternativeNamesFault, planAlternativeNames } from './alternative-names.ts'
import { visible } from './definition.ts'
import { splitHostPort } from './host-port.ts'
import type { ProblemList } from './problems.ts'
import { planSpiffe, spiffeFault } from './spiffe.ts'
import { planTcpRouter, type TcpRouterPlanning } from './tcp-routers.ts'

type Named<K extends keyof TcpConfig> = NonNullable<TcpConfig[K]>[string]
type TcpService = Named<'services'>
type TcpMiddleware = Named<'middlewares'>

/** The section `tcp` (Traefik v3.7 `pkg/server/service/tcp`). */
export function planTcp(config: TcpConfig, planning: Omit<TcpRouterPlanning, 'services' | 'middlewares'>): TcpPlan {
  const { problems, hasIdentity } = planning
  const services = mapNamed(config.services, (name, service) => planService(name, service, problems))
  const middlewares = mapNamed(config.middlewares, (name, options) => planMiddleware(name, options, problems))
  const known = {
    ...planning,
    services: new Set(Object.keys(services)),
    middlewares: new Set(Object.keys(middlewares)),
  }
  return {
    routers: mapNamed(config.routers, (name, router) => planTcpRouter(name, router, known)),
    services,
    middlewares,
    serversTransports: mapNamed(config.serversTransports, (_, options) => planTransport(options, hasIdentity)),
  }
}

/** The same for every element of a section, which may be absent. */
export function mapNamed<T, P>(
  section: Readonly<Record<string, T>> | undefined,
  plan: (name: string, element: T) => P,
): Record<string, P> {
  const plans: Record<string, P> = Object.create(null)
  for (const [name, element] of Object.entries(section ?? {})) plans[name] = plan(name, element)
  return plans
}

/** Traefik's words for a service of two kinds, of TCP and of UDP. */
export const MULTI_TYPES =
  'cannot create service: multi-types service not supported, consider declaring two different pieces of service instead'

function planService(name: string, service: TcpService, problems: ProblemList): TcpServicePlan {
  const provider = providerOf(name)
  const { loadBalancer, weighted } = service
  const common = { provider, definition: visible(service), warnings: [] }
  const refuse = (reason: string): TcpServicePlan => {
    problems.addStream('error', ['tcp', 'services', name], reason)
    return { ...common, errors: [reason], config: null }
  }
  if (loadBalancer !== undefined && weighted !== undefined) return refuse(MULTI_TYPES)
  if (weighted !== undefined) return { ...common, errors: [], config: planWeighted(weighted, provider) }
  if (loadBalancer === undefined) return refuse(`the service "${name}" does not have any type defined`)
  return { ...common, errors: [], config: planLoadBalancer(name, loadBalancer, problems) }
}

const versionError = (version: number | undefined): string | null =>
  version === undefined || versionOf(version) !== null ? null : `unknown proxyProtocol version: ${version}`

function planWeighted(weighted: NonNullable<TcpService['weighted']>, provider: string): TcpWeightedPlan {
  const members = (weighted.services ?? []).map(({ name: id = '', weight }) => ({
    id,
    service: qualify(id, provider),
    weight: Math.max(0, weight),
  }))
  return { kind: 'weighted', members, healthCheck: weighted.healthCheck !== undefined }
}

type LoadBalancer = NonNullable<TcpService['loadBalancer']>

function planLoadBalancer(name: string, options: LoadBalancer, problems: ProblemList): TcpLoadBalancerPlan {
  const servers: TcpServerPlan[] = []
  for (const [at, { address = '', tls = false }] of (options.servers ?? []).entries()) {
    try {
      servers.push({ address, ...splitHostPort(address), tls })
    } catch (error) {
      const place = ['tcp', 'services', name, 'loadBalancer', 'servers', at] as const
      problems.addStream('warning', place, (error as Error).message, 'the server is left out')
    }
  }
  const { serversTransport = '', healthCheck } = options
  const named = serversTransport !== ''
  const error = named ? null : versionError(options.proxyProtocol?.version)
  if (error !== null) problems.addStream('error', ['tcp', 'services', name, 'loadBalancer', 'proxyProtocol'], error)
  return {
    kind: 'loadBalancer',
    servers,
    serversTransport: named ? qualify(serversTransport, providerOf(name)) : 'default@internal',
    override: named
      ? null
      : {
          // Traefik takes the number for nanoseconds, and no number for 0: answers that are not there yet when a client
          // ends its side would be lost. Here it is what its documentation says.
          terminationDelayMs: options.terminationDelay ?? DEFAULT_TERMINATION_DELAY_MS,
          proxyProtocol: versionOf(options.proxyProtocol?.version),
        },
    healthCheck: healthCheck === undefined ? null : planHealthCheck(healthCheck),
    error,
  }
}

const DEFAULT_TERMINATION_DELAY_MS = 100

const versionOf = (version: number | undefined): 1 | 2 | null => (version === 1 || version === 2 ? version : null)

const DEFAULT_INTERVAL_MS = 30_000
const DEFAULT_TIMEOUT_MS = 5_000
/** Octets; longer texts are left out, as in Traefik. */
const MAX_PAYLOAD = 65_535

const positive = (ms: number, otherwise: number): number => (ms > 0 ? ms : otherwise)

function planHealthCheck(options: NonNullable<LoadBalancer['healthCheck']>): TcpHealthCheckPlan {
  const intervalMs = positive(durationMs(options.interval), DEFAULT_INTERVAL_MS)
  const { unhealthyInterval } = options
  return {
    port: options.port ?? 0,
    send: payload(options.send),
    expect: payload(options.expect),
    intervalMs,
    unhealthyIntervalMs:
      unhealthyInterval === undefined ? intervalMs : positive(durationMs(unhealthyInterval), DEFAULT_INTERVAL_MS),
    timeoutMs: positive(durationMs(options.timeout), DEFAULT_TIMEOUT_MS),
  }
}

const payload = (text = ''): string => (new TextEncoder().encode(text).length > MAX_PAYLOAD ? '' : text)

/** Of several kinds in one middleware the last of these counts, as in Traefik. */
function planMiddleware(name: string, options: TcpMiddleware, problems: ProblemList): TcpMiddlewarePlan {
  const { inFlightConn, ipAllowList, ipWhiteList } = options
  const definition: Record<string, unknown> = {}
  for (const [kind, given] of Object.entries(options)) if (given !== undefined) definition[kind] = visible(given)
  const common = { provider: providerOf(name), definition, warnings: [] }
  const refuse = (reason: string): TcpMiddlewarePlan => {
    problems.addStream('error', ['tcp', 'middlewares', name], reason)
    return { ...common, errors: [reason], config: null }
  }
  const list = ipAllowList ?? ipWhiteList
  if (list !== undefined) {
    const sourceRange = list.sourceRange ?? []
    if (sourceRange.length === 0) {
      const kind = ipAllowList === undefined ? 'IPWhiteLister' : 'IPAllowLister'
      return refuse(`sourceRange is empty, ${kind} not created`)
    }
    try {
      createIpMatcher(sourceRange)
    } catch (error) {
      const reason = (error as Error).message
      return refuse(`cannot parse CIDRs [${sourceRange.join(' ')}]: parsing CIDR trusted IPs <nil>: ${reason}`)
    }
    return { ...common, errors: [], config: { kind: 'ipAllowList', sourceRange } }
  }
  if (inFlightConn !== undefined) {
    return { ...common, errors: [], config: { kind: 'inFlightConn', amount: inFlightConn.amount ?? 0 } }
  }
  return refuse(`invalid middleware "${name}" configuration: invalid middleware type or middleware does not exist`)
}

function planTransport(options: Named<'serversTransports'>, hasIdentity: boolean): TcpTransportPlan {
  const { tls } = options
  const version = options.proxyProtocol?.version
  return {
    error: transportError(options, hasIdentity),
    dialTimeoutMs: durationMs(options.dialTimeout ?? '30s'),
    dialKeepAliveMs: durationMs(options.dialKeepAlive ?? '15s'),
    terminationDelayMs:
      options.terminationDelay === undefined ? DEFAULT_TERMINATION_DELAY_MS : durationMs(options.terminationDelay),
    proxyProtocol: versionOf(version),
    tls: {
      ...DEFAULT_SERVER_TLS,
      serverName: tls?.serverName ?? '',
      insecureSkipVerify: tls?.insecureSkipVerify ?? false,
      rootCAs: tls?.rootCAs ?? [],
      certificates: (tls?.certificates ?? []).map(({ certFile = '', keyFile = '' }) => ({ certFile, keyFile })),
      peerCertURI: tls?.peerCertURI ?? '',
      ...planAlternativeNames(tls?.peerCertSANs),
      ...planSpiffe(tls?.spiffe),
    },
  }
}

function transportError({ proxyProtocol, tls }: Named<'serversTransports'>, hasIdentity: boolean): string | null {
  const spiffe = spiffeFault(tls?.spiffe, tls ?? {}, hasIdentity)
  return versionError(proxyProtocol?.version) ?? spiffe ?? alternativeNamesFault(tls?.peerCertSANs)
}
