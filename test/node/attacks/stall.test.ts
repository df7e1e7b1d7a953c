import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startProxy, type TestProxy } from '../../support/node-proxy.ts'

/**
 * What one message may cost everybody else: milliseconds of computing on the thread that all share. It is 50 by itself; a
 * core that other tests use too is slower.
 */
const LIMIT_MS = 100

const MEGABYTE = 1_000_000
const big = (unit: string, length = MEGABYTE): string => unit.repeat(Math.floor(length / unit.length))
const numbered = (count: number, of: (at: number) => string): string =>
  Array.from({ length: count }, (_, i) => of(i)).join('')
const target = (unit: string): string => `/${big(unit, 65_000)}`

interface Case {
  readonly target?: string
  readonly fields?: string
  readonly method?: string
  readonly rule?: string
  readonly middlewares?: readonly Record<string, unknown>[]
  readonly service?: 'sticky' | 'hashed'
}

const field = (name: string, value: string): string => `${name}: ${value}\r\n`
const counted = 'HeaderRegexp(`X-A`, `(a|b|ab){500,1000}c`) || PathPrefix(`/`)'
const user = 'a:$apr1$abcdefgh$1234567890123456789012'
const path = '%C3%A4'

const cases: Readonly<Record<string, Case>> = {
  'a long field': { fields: field('X-A', big('a')) },
  'a long field beyond ASCII': { fields: field('X-A', big('ä')), rule: 'HeaderRegexp(`X-A`, `ö$`) || PathPrefix(`/`)' },
  'many fields': { fields: numbered(950, (i) => field(`X-${i}`, big('a', 900))) },
  'more fields than there may be': { fields: numbered(100_000, (i) => field(`X${i}`, '')) },
  'fields of one name': { fields: big('X-A: a\r\n', 7500), rule: 'Header(`X-A`, `b`) || PathPrefix(`/`)' },
  'a long name': { fields: field(big('a'), 'a') },
  'a path of escapes': { target: target(path) },
  'a path of broken UTF-8': { target: target('%C3%28') },
  'a path of slashes': { target: target('/') },
  'a path of dot segments': { target: target('a/../') },
  'a path beyond the limit': { target: `/${big(path)}` },
  'a query beyond the limit': { target: `/?${big('%61=%61&')}` },
  'a query of pairs': {
    target: `/?${big('a&', 65_000)}`,
    rule: 'Query(`q`, `1`) || Query(`r`, `1`) || PathPrefix(`/`)',
  },
  'a query of escapes': {
    target: `/?${big('%61=%61&', 65_000)}`,
    rule: 'QueryRegexp(`a`, `^(1|2)+$`) || QueryRegexp(`r`, `x`) || PathPrefix(`/`)',
  },
  'a query of semicolons': { target: `/?${big('a;', 65_000)}` },
  stripPrefix: { target: target(path), middlewares: [{ stripPrefix: { prefixes: ['/x', '/'] } }] },
  addPrefix: { target: target(path), middlewares: [{ addPrefix: { prefix: '/ä' } }] },
  replacePath: { target: target(path), middlewares: [{ replacePath: { path: '/x' } }] },
  replacePathRegex: {
    target: target(path),
    middlewares: [{ replacePathRegex: { regex: '(%C3)', replacement: 'x$1' } }],
  },
  stripPrefixRegex: { target: target(path), middlewares: [{ stripPrefixRegex: { regex: ['/(ä|ö)*'] } }] },
  redirectRegex: { target: target(path), middlewares: [{ redirectRegex: { regex: '%', replacement: '/%25$0' } }] },
  'several of them': {
    target: target(path),
    middlewares: [
      { addPrefix: { prefix: '/p' } },
      { stripPrefix: { prefixes: ['/p'] } },
      { addPrefix: { prefix: '/q' } },
    ],
  },
  'a counted expression': { fields: field('X-A', big('ab')), rule: counted },
  'an expression with counted states': {
    fields: field('X-A', big('abbabaab')),
    rule: 'HeaderRegexp(`X-A`, `(a|b)*a(a|b){900}c`) || PathPrefix(`/`)',
  },
  'an expression about words': {
    fields: field('X-A', big('ab ')),
    rule: 'HeaderRegexp(`X-A`, `\\b(a|b){2,100}\\bc`) || PathPrefix(`/`)',
  },
  'an expression for addresses': {
    fields: field('X-A', big('a.b-')),
    rule: 'HeaderRegexp(`X-A`, `[\\w.-]{1,64}@[\\w.-]{1,255}`) || PathPrefix(`/`)',
  },
  cookies: { fields: field('Cookie', big('a=1;')), service: 'sticky' },
  'cookies of nearly that name': { fields: field('Cookie', big('Xs; ')), service: 'sticky' },
  'many lines of cookies': { fields: big(field('Cookie', big('s="', 1200)), 900_000), service: 'sticky' },
  'a hashed field': { fields: field('X-A', big('a')), service: 'hashed' },
  Connection: {
    fields: field(
      'Connection',
      numbered(140_000, (i) => `x${i},`),
    ),
  },
  'short tokens of Connection': { fields: `X: 1\r\n${field('Connection', big('x,'))}` },
  'blank tokens of Connection': { fields: field('Connection', big(', ')) },
  TE: { fields: field('TE', big('a;q=1,')) },
  'Accept-Encoding': { fields: field('Accept-Encoding', big('gzip;q=0.1,')), middlewares: [{ compress: {} }] },
  'Accept-Encoding of one item': { fields: field('Accept-Encoding', big('gzip;')), middlewares: [{ compress: {} }] },
  'Accept, Range, If-None-Match, Forwarded and Referer': {
    fields: ['Accept', 'Range', 'If-None-Match', 'Forwarded', 'Referer']
      .map((name) => field(name, big('a,', 190_000)))
      .join(''),
    middlewares: [{ compress: {} }, { headers: { sslRedirect: false, frameDeny: true } }],
  },
  Origin: {
    fields: field('Origin', big('http://a.')),
    middlewares: [{ headers: { accessControlAllowOriginListRegex: ['^https?://([a-z]+\\.)*example\\.com$', 'a+b'] } }],
  },
  'a preflight': {
    method: 'OPTIONS',
    fields:
      field('Origin', 'http://a.test') +
      field('Access-Control-Request-Method', 'GET') +
      field('Access-Control-Request-Headers', big('a,')),
    middlewares: [{ headers: { accessControlAllowOriginList: ['*'], accessControlAllowHeaders: ['*'] } }],
  },
  'X-Forwarded-For': { fields: field('X-Forwarded-For', big('1.2.3.4,')) },
  'X-Forwarded-For by depth': {
    fields: field('X-Forwarded-For', big('1.2.3.4, ')),
    middlewares: [{ ipAllowList: { sourceRange: ['0.0.0.0/0'], ipStrategy: { depth: 100_000 } } }],
  },
  'X-Forwarded-For without excluded addresses': {
    fields: field('X-Forwarded-For', big('10.0.0.1,')),
    middlewares: [{ ipAllowList: { sourceRange: ['0.0.0.0/0'], ipStrategy: { excludedIPs: ['10.0.0.0/8'] } } }],
  },
  'X-Forwarded-For of IPv6': {
    fields: field('X-Forwarded-For', big('fe80:1:2:3:4:5:6:7,')),
    middlewares: [{ rateLimit: { average: 1000, sourceCriterion: { ipStrategy: { excludedIPs: ['fe80::/10'] } } } }],
  },
  'a limit by a field': {
    fields: field('X-A', big('a')),
    middlewares: [
      { rateLimit: { average: 1000, burst: 1000, sourceCriterion: { requestHeaderName: 'X-A' } } },
      { inFlightReq: { amount: 100, sourceCriterion: { requestHeaderName: 'X-A' } } },
    ],
  },
  Basic: { fields: field('Authorization', `Basic ${big('YTpi')}`), middlewares: [{ basicAuth: { users: [user] } }] },
  'Basic with a colon at the end': {
    fields: field('Authorization', `Basic ${big('YWFh')}Og==`),
    middlewares: [{ basicAuth: { users: [user] } }],
  },
  Digest: {
    fields: field('Authorization', `Digest ${big('a="b\\"",')}`),
    middlewares: [{ digestAuth: { users: ['a:traefik:a2688e031edb4be6a3797f3882655c05'] } }],
  },
  'Digest in one quotation': {
    fields: field('Authorization', `Digest username="${big('\\a')}"`),
    middlewares: [{ digestAuth: { users: ['a:traefik:a2688e031edb4be6a3797f3882655c05'] } }],
  },
  'X-Forwarded-Tls-Client-Cert': {
    fields: field('X-Forwarded-Tls-Client-Cert', big('a,')),
    middlewares: [{ passTLSClientCert: { pem: true } }],
  },
  'an error page with the URL': {
    target: target(path),
    middlewares: [{ errors: { status: ['200-599'], service: 's', query: '/{status}?u={url}' } }],
  },
  'a circuit breaker and retries': {
    fields: field('X-A', big('a')),
    middlewares: [{ circuitBreaker: { expression: 'NetworkErrorRatio() > 0.5' } }, { retry: { attempts: 2 } }],
  },
  grpcWeb: {
    fields: field('Content-Type', `application/grpc-web${big('+')}`),
    middlewares: [{ grpcWeb: { allowOrigins: ['*'] } }],
  },
  'contentType and encodedCharacters': { target: target('%2F'), middlewares: [{ contentType: {} }] },
  'a server asked for leave': {
    fields: field('X-A', big('a,')),
    middlewares: [{ forwardAuth: { address: 'SERVER' } }],
  },
  'leave that names fields': {
    fields: numbered(900, (i) => field(`X-${big('ab', 900)}${i}`, '1')),
    middlewares: [{ forwardAuth: { address: 'SERVER', authResponseHeadersRegex: '^X-(a|ab)*c' } }],
  },
}

/** A server, and a client that tells when it has an answer, on a thread of their own. */
const OTHERS = `
const net = require('node:net')
const { parentPort } = require('node:worker_threads')
const server = net.createServer((socket) => {
  let last = ''
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    const text = last + chunk.latin1Slice()
    last = text.slice(-3)
    if (text.includes('\\r\\n\\r\\n')) socket.end('HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok')
  })
})
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
parentPort.on('message', ({ port, message }) => {
  const socket = net.connect(port, '127.0.0.1', () => socket.write(message, 'latin1'))
  socket.on('error', () => {})
  socket.resume()
  socket.on('close', () => parentPort.postMessage('closed'))
})
`

/** What a request costs this thread, which is that of the proxy. */
async function cost(others: Worker, port: number, message: string): Promise<number> {
  const closed = once(others, 'message')
  const before = process.threadCpuUsage()
  others.postMessage({ port, message })
  await closed
  const { user: inUser, system } = process.threadCpuUsage(before)
  return (inUser + system) / 1000
}

describe('one message costs others little', () => {
  let others: Worker
  let proxy: TestProxy
  beforeAll(async () => {
    others = new Worker(OTHERS, { eval: true })
    const [own] = (await once(others, 'message')) as [number]
    const url = `http://127.0.0.1:${own}`
    const routers: Record<string, unknown> = {}
    const middlewares: Record<string, unknown> = {}
    Object.values(cases).forEach(({ rule = 'PathPrefix(`/`)', middlewares: own = [], service = 's' }, at) => {
      const names = own.map((_, i) => `m${at}-${i}`)
      routers[`r${at}`] = { rule: `Host(\`h${at}.test\`) && (${rule})`, service, middlewares: names }
      own.forEach((options, i) => {
        middlewares[names[i]!] = JSON.parse(JSON.stringify(options).replace('SERVER', url))
      })
    })
    const servers = [{ url: url }]
    const services = {
      s: { loadBalancer: { servers } },
      sticky: { loadBalancer: { servers, sticky: { cookie: { name: 's' } } } },
      hashed: { loadBalancer: { servers, sticky: { header: { name: 'X-A' } } } },
    }
    proxy = await startProxy(JSON.stringify({ http: { routers, middlewares, services } }), [
      '--entryPoints.web.forwardedHeaders.insecure=true',
    ])
    expect(proxy.logged.filter(({ level }) => level === 'error')).toEqual([])
  })
  afterAll(async () => {
    await proxy.stop()
    await others.terminate()
  })

  test.each(Object.keys(cases))('%s', async (name) => {
    const { method = 'GET', target: to = '/', fields = '' } = cases[name]!
    const host = `h${Object.keys(cases).indexOf(name)}.test`
    const message = `${method} ${to} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${fields}\r\n`
    // The first ones are compiled while they run; what disturbs all of them is not the machine's load.
    let least = Number.POSITIVE_INFINITY
    for (let i = 0; i < 6 && least > LIMIT_MS / 3; i++) least = Math.min(least, await cost(others, proxy.port, message))
    if (process.env.SHOW_COSTS) console.log(`${name}: ${least.toFixed(0)} ms`)
    expect(least).toBeLessThan(LIMIT_MS)
  })
})
