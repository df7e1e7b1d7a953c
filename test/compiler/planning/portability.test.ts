import { describe, expect, test } from 'vitest'
import { decode } from '../../../src/compiler/decode/decode.ts'
import { dynamicSchema } from '../../../src/compiler/dynamic/dynamic.ts'
import { emptyInstall, installDefaults } from '../../../src/compiler/install/defaults.ts'
import { mergeConfigurations } from '../../../src/compiler/merge/merge.ts'
import { capabilities } from '../../../src/compiler/planning/capabilities.ts'
import { portabilityProblems } from '../../../src/compiler/planning/portability/portability.ts'
import { edgeCases } from '../../support/edge-cases.ts'

const install = installDefaults(emptyInstall())
const withWeb = { ...install, entryPoints: { web: Object.values(install.entryPoints ?? {})[0]! } }

const SCHEMES = { http: 'web', https: ['websecure', 'web'] }

function problemsOf(tree: unknown) {
  const { value, problems } = decode(dynamicSchema, tree, 'file')
  if (value === null) throw new Error(problems.map(({ message }) => message).join('\n'))
  return portabilityProblems(mergeConfigurations({ file: value }, withWeb), SCHEMES)
}

const server = (url = 'http://shop.test') => ({ servers: [{ url }], passHostHeader: false })
const service = (options: object) => ({ http: { services: { s: { loadBalancer: { ...server(), ...options } } } } })
const middleware = (options: object) => ({ http: { middlewares: { m: options } } })
const router = (options: object) => ({ http: { routers: { r: { rule: 'Host(`a.test`)', service: 's', ...options } } } })
const transport = (options: object) => ({ http: { serversTransports: { t: options } } })
const bcrypt = (cost: string) => `joe:$2y$${cost}$Yh86m62tP5hFTLL5j33RhulJN1CIqRKT.PgcQoXJuoY2I5/xji5Hi`

/** Configurations, and where each difference is found: severity and path. */
const different: [string, object, ...string[]][] = [
  ['an IPv4 server', service(server('http://10.0.0.1:80')), 'error http.services.s.loadBalancer.servers.0.url'],
  ['an IPv6 server', service(server('http://[::1]:80')), 'error http.services.s.loadBalancer.servers.0.url'],
  ['h2c', service(server('h2c://shop.test')), 'error http.services.s.loadBalancer.servers.0.url'],
  ['the host of the client', service({ passHostHeader: true }), 'warning http.services.s.loadBalancer'],
  [
    'short checks',
    service({ healthCheck: { path: '/h', interval: '5s' } }),
    'warning http.services.s.loadBalancer.healthCheck.interval',
  ],
  ['default checks', service({ healthCheck: { path: '/h' } }), 'warning http.services.s.loadBalancer.healthCheck.path'],
  [
    'gRPC checks',
    service({ healthCheck: { mode: 'grpc', interval: '2m' } }),
    'error http.services.s.loadBalancer.healthCheck.mode',
  ],
  [
    'checks that name a host',
    service({ healthCheck: { path: '/h', interval: '2m', hostname: 'shop.test' } }),
    'warning http.services.s.loadBalancer.healthCheck.hostname',
  ],
  [
    'checks that name a host in a field',
    service({ healthCheck: { path: '/h', interval: '2m', headers: { host: 'shop.test' } } }),
    'warning http.services.s.loadBalancer.healthCheck.headers',
  ],
  [
    'many mirrors',
    {
      http: {
        services: {
          s: { mirroring: { service: 'a', mirrors: Array.from({ length: 6 }, () => ({ name: 'b', percent: 1 })) } },
        },
      },
    },
    'warning http.services.s.mirroring.mirrors',
  ],
  ['retry', middleware({ retry: { attempts: 2 } }), 'warning http.middlewares.m.retry'],
  [
    'retry of any body',
    middleware({ retry: { attempts: 2, maxRequestBodyBytes: -1 } }),
    'warning http.middlewares.m.retry',
  ],
  ['serverName', transport({ serverName: 'x' }), 'error http.serversTransports.t.serverName'],
  ['insecureSkipVerify', transport({ insecureSkipVerify: true }), 'error http.serversTransports.t.insecureSkipVerify'],
  ['rootCAs', transport({ rootCAs: ['ca.pem'] }), 'error http.serversTransports.t.rootCAs'],
  [
    'cipherSuites',
    transport({ cipherSuites: ['TLS_AES_128_GCM_SHA256'] }),
    'error http.serversTransports.t.cipherSuites',
  ],
  ['minVersion', transport({ minVersion: 'VersionTLS12' }), 'error http.serversTransports.t.minVersion'],
  ['maxVersion', transport({ maxVersion: 'VersionTLS12' }), 'error http.serversTransports.t.maxVersion'],
  ['peerCertURI', transport({ peerCertURI: 'spiffe://x' }), 'error http.serversTransports.t.peerCertURI'],
  [
    'client certificates',
    transport({ certificates: [{ certFile: 'a', keyFile: 'b' }] }),
    'error http.serversTransports.t.certificates',
  ],
  [
    'dialTimeout',
    transport({ forwardingTimeouts: { dialTimeout: '2s' } }),
    'warning http.serversTransports.t.forwardingTimeouts.dialTimeout',
  ],
  [
    'idleConnTimeout',
    transport({ forwardingTimeouts: { idleConnTimeout: '2s' } }),
    'warning http.serversTransports.t.forwardingTimeouts.idleConnTimeout',
  ],
  [
    'maxIdleConnsPerHost',
    transport({ maxIdleConnsPerHost: 7 }),
    'warning http.serversTransports.t.maxIdleConnsPerHost',
  ],
  [
    'maxResponseHeaderBytes',
    transport({ maxResponseHeaderBytes: 7 }),
    'warning http.serversTransports.t.maxResponseHeaderBytes',
  ],
  ['an entry point of its own', router({ entryPoints: ['web', 'internal'] }), 'warning http.routers.r.entryPoints.1'],
  ['TLS options', router({ tls: { options: 'modern' } }), 'warning http.routers.r.tls.options'],
  ['a resolver', router({ tls: { certResolver: 'le' } }), 'warning http.routers.r.tls.certResolver'],
  [
    'expensive bcrypt',
    middleware({ basicAuth: { users: [bcrypt('10')] } }),
    'warning http.middlewares.m.basicAuth.users.0',
    'warning http.middlewares.m.basicAuth.users.0',
  ],
  [
    'a hash in the clear',
    middleware({ basicAuth: { users: [bcrypt('05')] } }),
    'warning http.middlewares.m.basicAuth.users.0',
  ],
  [
    'digestAuth',
    middleware({ digestAuth: { users: [`a:b:\${secret:HASH}`] } }),
    'warning http.middlewares.m.digestAuth',
  ],
  ...['http://10.0.0.1:9000/verify?x=y', 'https://[2001:db8::1]/verify'].map(
    (address): [string, object, ...string[]] => [
      `forwardAuth at ${address}`,
      middleware({ forwardAuth: { address } }),
      'error http.middlewares.m.forwardAuth.address',
    ],
  ),
  [
    'forwardAuth that gets the content by GET',
    middleware({ forwardAuth: { address: 'https://auth.test', forwardBody: true } }),
    'error http.middlewares.m.forwardAuth.forwardBody',
  ],
  [
    'forwardAuth with TLS',
    middleware({ forwardAuth: { address: 'https://auth.test', tls: { ca: 'ca.pem' } } }),
    'error http.middlewares.m.forwardAuth.tls',
  ],
  ['rateLimit', middleware({ rateLimit: { average: 1 } }), 'warning http.middlewares.m.rateLimit'],
  [
    'rateLimit in Redis',
    middleware({ rateLimit: { average: 1, redis: { endpoints: ['r:6379'] } } }),
    'error http.middlewares.m.rateLimit.redis',
  ],
  ['inFlightReq', middleware({ inFlightReq: { amount: 1 } }), 'warning http.middlewares.m.inFlightReq'],
  [
    'circuitBreaker',
    middleware({ circuitBreaker: { expression: 'NetworkErrorRatio() > 0.5' } }),
    'warning http.middlewares.m.circuitBreaker',
  ],
  [
    'unbounded buffering',
    middleware({ buffering: { memRequestBodyBytes: 1 } }),
    'warning http.middlewares.m.buffering',
  ],
  ['zstd alone', middleware({ compress: { encodings: ['zstd'] } }), 'error http.middlewares.m.compress.encodings'],
  ['grpcWeb', middleware({ grpcWeb: { allowOrigins: ['*'] } }), 'error http.middlewares.m.grpcWeb'],
  [
    'Host by a middleware',
    middleware({ headers: { customRequestHeaders: { host: 'x' } } }),
    'error http.middlewares.m.headers.customRequestHeaders.host',
  ],
  ['plug-ins', middleware({ plugin: { x: { a: 'b' } } }), 'warning http.middlewares.m.plugin'],
  ['TCP', { tcp: { routers: { t: { rule: 'HostSNI(`*`)', service: 's' } } } }, 'warning tcp.routers.t'],
  ['UDP', { udp: { routers: { u: { service: 's' } } } }, 'warning udp.routers.u'],
  ['certificates', { tls: { certificates: [{ certFile: 'a', keyFile: 'b' }] } }, 'warning tls.certificates'],
]

/** Configurations that are on Workers what they are on Node. */
const same: [string, object][] = [
  ['a plain service', service({})],
  ['sticky sessions', service({ sticky: { cookie: { name: 'x' } } })],
  ['slow checks', service({ healthCheck: { path: '/h', interval: '2m' } })],
  ['router with tls', router({ tls: {} })],
  ['web and websecure', router({ entryPoints: ['web', 'websecure'] })],
  ['addPrefix', middleware({ addPrefix: { prefix: '/a' } })],
  ['passTLSClientCert', middleware({ passTLSClientCert: { pem: true, info: { sans: true } } })],
  ['headers', middleware({ headers: { customRequestHeaders: { 'X-A': 'b' }, frameDeny: true } })],
  ['redirectScheme', middleware({ redirectScheme: { scheme: 'https' } })],
  ['ipAllowList', middleware({ ipAllowList: { sourceRange: ['10.0.0.0/8'] } })],
  ['a secret', middleware({ basicAuth: { users: [`a:\${secret:HASH}`] } })],
  ['retry that never repeats', middleware({ retry: { attempts: 1 } })],
  ['retry by status', middleware({ retry: { attempts: 2, status: ['503'], disableRetryOnNetworkError: true } })],
  ['compress', middleware({ compress: {} })],
  ['response timeout', transport({ forwardingTimeouts: { responseHeaderTimeout: '2s' } })],
]

describe('check --target edge', () => {
  test.each(different)('%s', (_, tree, ...expected) => {
    const found = problemsOf(tree)
    expect(found.map(({ severity, path }) => `${severity} ${path.join('.')}`)).toEqual(expected)
    for (const { hint, message } of found) {
      expect(message).toMatch(/^edge: /)
      expect(hint).toBeTruthy()
    }
  })

  test.each(same)('%s has nothing to complain about', (_, tree) => expect(problemsOf(tree)).toEqual([]))

  // test/edge/portability.test.ts has workerd serve them.
  test.each(edgeCases)('lets pass: $name', ({ http }) => {
    const found = problemsOf({ http: http('http://shop.test', 'http://other.test') })
    expect(found.filter(({ severity }) => severity === 'error')).toEqual([])
  })

  test('tells of more than forty configurations', () => expect(different.length + same.length).toBeGreaterThan(50))

  test('every capability says something about both runtimes', () => {
    for (const { node, edge } of Object.values(capabilities)) expect([node.state, edge.state]).not.toContain(undefined)
  })
})
