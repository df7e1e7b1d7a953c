// Random routing configurations, with what can be wrong in them, and random install options that the API tells of.
import { routing } from '../requests/routing.mjs'

/**
 * HTTP, TCP and UDP.
 * @param {import('../random.mjs').Random} random
 * @param {{ certFile: string, keyFile: string }} certificate
 */
export function configuration(random, certificate) {
  const { http } = routing(random, { main: 1, pages: 2, gone: 3, auth: 4 })
  for (const router of Object.values(http.routers)) spoil(random, router)
  if (random.chance(0.3)) http.middlewares.loop = { chain: { middlewares: [random.pick(['loop', 'chain', 'absent'])] } }
  if (random.chance(0.3)) http.services.looped = { weighted: { services: [{ name: 'looped' }, { name: 's0' }] } }
  if (random.chance(0.3)) http.services.broken = random.pick(BROKEN_SERVICES)
  if (random.chance(0.3)) http.middlewares.broken = random.pick(BROKEN_MIDDLEWARES)
  if (random.chance(0.3)) http.services['a/b c'] = { loadBalancer: { servers: [{ url: 'http://127.0.0.1:5' }] } }
  if (random.chance(0.3)) http.routers['ä/b%c'] = { rule: 'Host(`ä.test`)', service: 'a/b c', entryPoints: ['front'] }
  if (random.chance(0.2)) http.serversTransports = { t: { insecureSkipVerify: true } }
  return {
    http,
    ...(random.chance(0.8) ? { tcp: tcp(random) } : {}),
    ...(random.chance(0.6) ? { udp: udp(random) } : {}),
    ...(random.chance(0.6) ? { tls: tls(random, certificate) } : {}),
  }
}

const BROKEN_SERVICES = [
  { loadBalancer: { servers: [{ url: 'http://127.0.0.1:5' }], serversTransport: 'absent' } },
  { loadBalancer: { servers: [{ url: ':' }] } },
  { weighted: { services: [{ name: 'absent' }] } },
  { mirroring: { service: 'absent' } },
  { failover: { service: 's0', fallback: 'absent' } },
  { weighted: { services: [{ name: 's0' }], healthCheck: {} } },
  { loadBalancer: { servers: [{ url: 'http://127.0.0.1:5' }], healthCheck: { path: '/h', interval: '1h', timeout: '1ms' } } },
] // biome-ignore format: a list

const BROKEN_MIDDLEWARES = [
  { redirectRegex: { regex: '(', replacement: 'x' } },
  { ipAllowList: { sourceRange: ['x'] } },
  { stripPrefixRegex: { regex: ['['] } },
  { rateLimit: { average: -1 } },
  { errors: { status: ['x'], service: 's0', query: '/' } },
  { forwardAuth: { address: '' } },
  { basicAuth: { users: ['x'] } },
  { circuitBreaker: { expression: 'Nonsense()' } },
]

/** Gives a router what may disable it, or what is only told. */
function spoil(random, router) {
  if (random.chance(0.2)) router.entryPoints = random.pick([['front', 'absent'], ['absent'], [], ['secure', 'front']])
  if (random.chance(0.1)) router.service = random.pick(['absent', 'absent@docker', 's0@file', 'api@internal', 'broken'])
  if (random.chance(0.15)) router.middlewares = random.pick([['absent'], ['loop'], ['broken'], ['m0', 'm0@file'], []])
  if (random.chance(0.1)) router.rule = random.pick(['Host(', 'Nonsense(`x`)', '', 'Host(`a`) &&', 'Host(`a`, `b`)'])
  if (router.parentRefs === undefined && random.chance(0.3)) router.tls = random.pick(TLS)
  if (random.chance(0.1))
    router.observability = random.pick([{ accessLogs: false }, { metrics: true, traceVerbosity: 'detailed' }])
}

const TLS = [
  {},
  { options: 'absent' },
  { options: 'old' },
  { options: 'default' },
  { certResolver: 'absent' },
  { domains: [{ main: 'a.test', sans: ['b.test'] }] },
  { options: 'old@file', domains: [] },
]

function tcp(random) {
  const routers = {}
  for (let i = 0; i < 1 + random.below(4); i++) {
    routers[`t${i}`] = {
      entryPoints: random.pick([['front'], ['secure'], ['front', 'absent'], ['absent'], []]),
      rule: random.pick(['HostSNI(`*`)', 'HostSNI(`a.test`)', 'HostSNI(`x`) || ALPN(`h2`)', 'HostSNI(', 'Host(`a`)', 'ClientIP(`x`)']),
      service: random.pick(['ts', 'ts', 'tw', 'absent', 'empty']),
      ...(random.chance(0.4) ? { priority: random.pick([5, -1, 1000, 0]) } : {}),
      ...(random.chance(0.4) ? { middlewares: random.pick([['ti'], ['absent'], ['tc', 'ti'], ['ti@file']]) } : {}),
      ...(random.chance(0.5) ? { tls: random.pick([...TLS, { passthrough: true }, { passthrough: true, options: 'old' }]) } : {}),
    } // biome-ignore format: a list
  }
  return {
    routers,
    services: {
      ts: { loadBalancer: { servers: [{ address: '127.0.0.1:5' }, { address: '127.0.0.1:6' }] } },
      tw: { weighted: { services: [{ name: 'ts', weight: 2 }, { name: random.pick(['empty', 'absent']) }] } },
      empty: { loadBalancer: { servers: [] } },
      ...(random.chance(0.3) ? { unused: { loadBalancer: { servers: [{ address: 'x' }] } } } : {}),
    },
    middlewares: {
      ti: { ipAllowList: { sourceRange: random.pick([['127.0.0.0/8'], ['x'], []]) } },
      tc: { inFlightConn: { amount: 3 } },
    },
  }
}

function udp(random) {
  const routers = {}
  for (let i = 0; i < 1 + random.below(3); i++) {
    routers[`u${i}`] = {
      entryPoints: random.pick([['datagrams'], ['front'], ['absent'], ['datagrams', 'absent'], []]),
      service: random.pick(['us', 'uw', 'absent']),
    }
  }
  return {
    routers,
    services: {
      us: { loadBalancer: { servers: [{ address: '127.0.0.1:5' }] } },
      uw: { weighted: { services: [{ name: 'us' }, { name: 'us', weight: 0 }] } },
    },
  }
}

/** Never empty: such a block is refused with its file. */
const tls = (random, certificate) => ({
  options: { old: random.pick([{ maxVersion: 'VersionTLS12' }, { minVersion: 'x' }]) },
  ...(random.chance(0.6) ? { certificates: [certificate] } : {}),
})

/**
 * Flags that the API tells of.
 * @param {import('../random.mjs').Random} random
 */
export const install = (random) =>
  random.some(
    [
      `--api.dashboard=${random.chance(0.7)}`,
      '--api.debug=true',
      '--api.disableDashboardAd=true',
      `--api.dashboardName=${random.pick(['Shop', 'ä "x"', ' '])}`,
      '--accessLog=true',
      `--metrics.${random.pick(['prometheus=true', 'statsD.address=127.0.0.1:9', 'otlp.http.endpoint=http://127.0.0.1:9'])}`,
      '--tracing.otlp.http.endpoint=http://127.0.0.1:9',
      '--ping=true',
      '--providers.rest.insecure=true',
      '--providers.http.endpoint=http://127.0.0.1:9',
      `--entryPoints.front.http.redirections.entryPoint.to=${random.pick(['secure', ':8443'])}`,
      '--entryPoints.secure.http.middlewares=m0@file',
      '--entryPoints.secure.asDefault=true',
      '--entryPoints.front.forwardedHeaders.trustedIPs=127.0.0.1,10.0.0.0/8',
      '--entryPoints.front.observability.accessLogs=false',
      '--entryPoints.front.reusePort=true',
      '--entryPoints.front.transport.keepAliveMaxTime=5m',
      '--entryPoints.front.proxyProtocol.insecure=true',
      '--entryPoints.front.http.sanitizePath=false',
      '--entryPoints.secure.http2.maxConcurrentStreams=33',
    ],
    0.3,
  )
