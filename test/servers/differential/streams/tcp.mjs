// Random TCP routers, middlewares, services and transports, and connections with all that may come before their words.
import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeHello } from '../../../support/client-hello.ts'
import { freePort } from '../../../support/free-port.ts'
import { converse } from './client.mjs'
import { proxyHeader } from './proxy-headers.mjs'
import { DEEDS, startServer } from './servers.mjs'

const HOSTS = ['a.test', 'b.test', 'x.a.test', 'y.x.a.test', 'A.test']
const NETWORKS = ['127.0.0.0/8', '10.0.0.0/8', '127.0.0.1', '::1', '192.0.2.1', '2001:db8::/32', '0.0.0.0/0']
const OFFERS = [undefined, ['h2', 'http/1.1'], ['http/1.1'], ['foo'], ['foo', 'h2'], ['h2']]

/** Whose PROXY headers count. */
const ENTRY_POINTS = {
  front: null,
  proxied: 'trustedIPs=127.0.0.0/8',
  distrusting: 'trustedIPs=10.0.0.0/8',
  insecure: 'insecure=true',
}

/** Where servers of HTTP may be told that clients are. */
const FORWARDED = /^x-(?:forwarded-(?:for|port|proto)|real-ip)$/
const ODD_ADDRESSES = [
  'localhost:PORT',
  '127.0.0.1',
  ':PORT',
  '127.0.0.1:0',
  '127.0.0.1:99999',
  '[::1]:PORT',
  'PORT',
  '',
  '[127.0.0.1]:PORT',
  '127.0.0.1:PORT:1',
  '::1:PORT',
  '127.0.0.1:x',
  'tcp://127.0.0.1:PORT',
]

const quoted = (random, list) => `\`${random.pick(list)}\``

function matcher(random) {
  switch (random.below(9)) {
    case 0:
    case 1:
      return 'HostSNI(`*`)'
    case 2:
      return `HostSNIRegexp(${quoted(random, ['^.+\\.a\\.test$', 'a', '^(a|b)\\.test$', '.*', '^$', 'A\\.TEST'])})`
    case 3:
      return `ALPN(${quoted(random, ['h2', 'http/1.1', 'foo', 'FOO'])})`
    case 4:
      return `ClientIP(${quoted(random, NETWORKS)})`
    default:
      return `HostSNI(${quoted(random, [...HOSTS, '*.a.test', 'a.test.'])})`
  }
}

function oldMatcher(random) {
  const several = (list) => Array.from({ length: 1 + random.below(2) }, () => quoted(random, list)).join(', ')
  switch (random.below(6)) {
    case 0:
      return 'HostSNI(`*`)'
    case 1:
      return `HostSNIRegexp(${several(['{sub:[a-z]+}.a.test', 'a.test', '{any:.+}', '{x}.test', 'A.test'])})`
    case 2:
      return `ALPN(${several(['h2', 'http/1.1', 'foo'])})`
    case 3:
      return `ClientIP(${several(NETWORKS)})`
    default:
      return `HostSNI(${several(HOSTS)})`
  }
}

function rule(random, one, depth = 0) {
  const not = random.chance(0.1) ? '!' : ''
  if (depth > 1 || random.chance(0.6)) return `${not}${one(random)}`
  const both = `${rule(random, one, depth + 1)} ${random.pick(['&&', '||'])} ${rule(random, one, depth + 1)}`
  return depth > 0 || not !== '' ? `${not}(${both})` : both
}

const middleware = (random) =>
  random.chance(0.5)
    ? { ipAllowList: { sourceRange: random.some(NETWORKS, 0.4) } }
    : random.chance(0.6)
      ? { ipWhiteList: { sourceRange: [random.pick(NETWORKS)] } }
      : { inFlightConn: { amount: random.pick([0, 100]) } }

function transport(random, pki) {
  const file = (name) => ({ certFile: pki[name].certFile, keyFile: pki[name].keyFile })
  return {
    ...(random.chance(0.3) ? { terminationDelay: random.pick(['0s', '200ms', '-1ms', '10ms']) } : {}),
    ...(random.chance(0.35)
      ? { proxyProtocol: random.pick([{}, { version: 1 }, { version: 2 }, { version: 1 }, { version: 3 }]) }
      : {}),
    ...(random.chance(0.1) ? { dialTimeout: random.pick(['1s', '0s']) } : {}),
    ...(random.chance(0.75)
      ? {
          tls: {
            ...(random.chance(0.5)
              ? { serverName: random.pick(['a.test', 'x.a.test', 'uri.test', '127.0.0.1', 'address.test', 'A.test']) }
              : {}),
            ...(random.chance(0.4) ? { insecureSkipVerify: true } : {}),
            ...(random.chance(0.6)
              ? {
                  rootCAs: [
                    random.pick([pki.authority.certFile, pki.authority.cert, pki.foreign.certFile, '/none.crt']),
                  ],
                }
              : {}),
            ...(random.chance(0.4)
              ? { certificates: [file(random.pick(['client', 'client', 'expiredClient', 'foreignClient']))] }
              : {}),
            ...(random.chance(0.15)
              ? { peerCertURI: random.pick(['spiffe://a.test/one', 'spiffe://a.test/two', 'SPIFFE://A.TEST/ONE']) }
              : {}),
          },
        }
      : {}),
  }
}

/** Starts the servers; `draw` makes a configuration and what is tried with it. */
export async function startTcp(pki) {
  const authenticated = { requestCert: true, ca: [pki.authority.cert] }
  const credentials = pki.a
  const kinds = {
    named: { credentials },
    other: { credentials },
    greeting: { credentials, greets: true },
    wild: { credentials: pki.wild },
    uri: { credentials: pki.uri },
    address: { credentials: pki.address },
    expired: { credentials: pki.expired },
    stranger: { credentials: pki.stranger },
    asking: { credentials, tls: authenticated },
    demanding: { credentials, tls: { ...authenticated, rejectUnauthorized: true } },
    refusing: { credentials, postgres: 'N' },
    verbose: { credentials, postgres: 'SX' },
    old: { credentials, tls: { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL@SECLEVEL=0' } },
  }
  const servers = {}
  for (const [name, options] of Object.entries(kinds)) servers[name] = await startServer(name, options)
  const gone = await freePort()
  const told = http.createServer((request, response) => {
    response.sendDate = false
    response.end(
      JSON.stringify(
        Object.entries(request.headers)
          .filter(([name]) => FORWARDED.test(name))
          .sort(),
      ),
    )
  })
  await new Promise((resolve) => told.listen(0, '127.0.0.1', resolve))
  const entryPoints = Object.keys(ENTRY_POINTS)
  const flags = Object.entries(ENTRY_POINTS).flatMap(([name, option]) =>
    option === null ? [] : [`--entryPoints.${name}.proxyProtocol.${option}`],
  )
  let tokens = 0

  const addressOf = (name, random) => {
    const port = name === 'gone' ? gone : servers[name].port
    return random.chance(0.93) ? `127.0.0.1:${port}` : random.pick(ODD_ADDRESSES).replace('PORT', port)
  }

  /** @param {import('../random.mjs').Random} random */
  function draw(random) {
    // Without a transport the delay at the end is another one, on purpose: then nobody looks at ends.
    const isBare = random.chance(0.15)
    const transports = { tr0: transport(random, pki), tr1: transport(random, pki) }
    const services = {}
    for (let i = 0; i < 5; i++) {
      const name = random.chance(0.4) ? 'named' : random.pick([...Object.keys(servers), 'gone'])
      const server = { address: addressOf(name, random), ...(random.chance(isBare ? 0.1 : 0.5) ? { tls: true } : {}) }
      services[`s${i}`] = {
        loadBalancer: {
          servers: [server],
          ...(isBare ? {} : { serversTransport: random.pick(['tr0', 'tr1']) }),
          ...(random.chance(isBare ? 0.5 : 0.1)
            ? { proxyProtocol: random.pick([{ version: 1 }, { version: 2 }, {}]) }
            : {}),
        },
      }
    }
    const [first, second] = [random.pick(['s0', 's1']), random.pick(['s2', 's3', 'none'])]
    services.w = {
      weighted: {
        services: [
          { name: first, weight: random.pick([0, 1, 3]) },
          ...(random.chance(0.5) ? [{ name: second, weight: 0 }] : []),
        ],
      },
    }
    const middlewares = { m0: middleware(random), m1: middleware(random) }
    const routers = {}
    const priorities = new Set()
    for (let i = 0; i < 3 + random.below(7); i++) {
      const isOld = random.chance(0.15)
      const text = rule(random, isOld ? oldMatcher : matcher)
      const priority = random.chance(0.3) ? random.pick([1, 5, 100, -1]) : 0
      // Of several with one priority Traefik takes any.
      const effective = priority !== 0 ? priority : text === 'HostSNI(`*`)' ? -1 : text.length
      if (priorities.has(effective)) continue
      priorities.add(effective)
      const tls = random.pick([
        undefined,
        undefined,
        {},
        { options: random.pick(['tcp-old', 'tcp-strict', 'tcp-foo', 'none']) },
        { passthrough: true },
      ])
      routers[`r${i}`] = {
        entryPoints: random.chance(0.8) ? entryPoints : random.some(entryPoints, 0.6),
        rule: text,
        service: random.chance(0.15) ? 'w' : `s${random.below(5)}`,
        ...(isOld ? { ruleSyntax: 'v2' } : {}),
        ...(priority === 0 ? {} : { priority }),
        ...(tls === undefined ? {} : { tls }),
        ...(random.chance(0.2) ? { middlewares: random.some(['m0', 'm1'], 0.6) } : {}),
      }
      if (routers[`r${i}`].entryPoints.length === 0) delete routers[`r${i}`]
    }
    const url = `http://127.0.0.1:${told.address().port}`
    const seen = {
      entryPoints,
      rule: random.pick([
        'PathPrefix(`/`)',
        'Host(`a.test`)',
        'ClientIP(`10.0.0.0/8`)',
        'ClientIP(`127.0.0.1`)',
        'ClientIP(`2001:db8::/32`)',
      ]),
      service: 'told',
      priority: 500,
      ...(random.chance(0.4) ? { tls: {} } : {}),
    }
    const configuration = {
      ...(random.chance(0.5)
        ? { http: { routers: { told: seen }, services: { told: { loadBalancer: { servers: [{ url }] } } } } }
        : {}),
      tcp: { routers, services, middlewares, serversTransports: transports },
      tls: {
        options: {
          'tcp-old': { maxVersion: 'VersionTLS12' },
          'tcp-strict': { sniStrict: true },
          'tcp-foo': { alpnProtocols: ['foo', 'http/1.1'] },
        },
      },
    }
    return { configuration, attempts: Array.from({ length: 24 }, () => attempt(random, isBare)) }
  }

  function attempt(random, isBare) {
    const asked = connection(random, isBare)
    const entryPoint = asked.prefix === undefined && random.chance(0.7) ? 'front' : random.pick(entryPoints)
    return {
      what: { entryPoint, ...asked },
      async ask(ports) {
        const token = `t${tokens++}`
        const got = await converse(ports[entryPoint], { ...asked, words: asked.words.replace('TOKEN', token) })
        const seen = Object.values(servers)
          .map(({ ends }) => ends.get(token))
          .find((end) => end !== undefined)
        // The end of one side is not that of the other at once.
        for (let left = 20; seen?.how === 'open' && left > 0; left--) await sleep(20)
        got.text = got.text
          .replaceAll(token, 'TOKEN')
          .replace(/\x15\x03[\s\S]*$/, '')
          .replace(/^\0\0.\x04[\s\S]*$/, 'HTTP/2')
        // A head that is none is refused at once, or once it is whole.
        if (got.text.startsWith('HTTP/1.1 400') && asked.words.startsWith('\0'))
          Object.assign(got, { text: '', how: 'open' })
        // It comes before another field or after it.
        got.text = got.text.replace('Transfer-Encoding: chunked\r\n', '')
        if (got.greeting.includes(' h2 ') && seen === undefined) got.text = 'HTTP/2'
        // How far HTTP/2 gets with such words is another matter.
        if (got.text === 'HTTP/2') got.how = 'over'
        // Who is refused may be told why, or not; so may who goes on talking after the end.
        if (got.how !== 'open' && (seen === undefined || asked.ending === 'more')) got.how = 'over'
        if (seen !== undefined && asked.ending === 'more') return { ...got, server: seen.how }
        return { ...got, server: seen === undefined ? null : isBare ? 'seen' : { ...seen } }
      },
    }
  }

  const stop = () => {
    for (const server of Object.values(servers)) server.stop()
    told.close()
  }
  return { entryPoints, flags, draw, stop }
}

/** First octets that are no whole beginning of anything, or a strange one. */
function strangeBeginning(random) {
  const hello = (options) => Buffer.from(makeHello(options)).toString('latin1')
  const long = (length) => [[21, new Array(length).fill(0)]]
  return random.pick([
    () => `\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10\x01\x00\x80\x02\x00\x80${'x'.repeat(40)}`,
    () => `\x16\x03\x01\x00\x00${hello({ serverName: 'a.test' })}`,
    () => `\x16\x03\x01\x00\x05hello${'x'.repeat(20)}`,
    () => '\x16\x02\x01\x00\x05\x01\x00\x00\x01x',
    () => '\x16GET / HTTP/1.1\r\n\r\n',
    () => hello({ serverName: 'a.test', recordSize: 20 }),
    () => hello({ serverName: 'a.test', extensions: long(30_000) }),
    () => hello({ serverName: 'a.test', extensions: long(60_000) }),
    () => hello({ serverName: 'a..test' }),
    () => hello({ serverName: '127.0.0.1' }),
    () => hello({ serverName: 'a_b.test' }),
    () => hello({ serverName: '*.a.test' }),
    () => hello({ serverName: 'x'.repeat(250) }),
    () => hello({ serverName: 'a.test', extensions: [[0, [0, 9, 0, 0, 6, 98, 46, 116, 101, 115, 116]]] }),
    () => hello({ protocols: [''] }),
    () => hello({ serverName: '' }),
    () => '\x16\x03\x01',
    () => `\x00\x00\x00\x08\x04\xd2\x16\x2f${hello({ serverName: 'a.test' })}`,
    () => '\x00\x00\x00\x08\x04\xd2\x16\x2e answer TOKEN\n',
    () => '\x00\x00\x00\x08',
    () => '\x00 answer TOKEN\n',
    () => '\x15\x03\x01\x00\x02\x01\x00',
    () => '',
    () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    () => 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n',
  ])()
}

function connection(random, isBare) {
  const deed = isBare ? 'answer' : random.pick(DEEDS)
  const ending = isBare
    ? 'none'
    : deed === 'keep' || deed === 'late'
      ? 'end'
      : random.pick(['none', 'none', 'end', 'reset', 'more'])
  // Where no server of TCP takes it, it is a request.
  const words = `GET / HTTP/1.1\r\nHost: ${random.pick(HOSTS)}\r\nConnection: close\r\nX-Deed: ${deed} TOKEN\r\n\r\n`
  const prefix = random.chance(0.35) ? { prefix: proxyHeader(random) } : {}
  const kind = random.below(10)
  if (kind < 3) return { ...prefix, words, ending, waitsMs: random.pick([0, 60]) }
  if (kind === 3) return { ...prefix, words: strangeBeginning(random), ending: 'none', limitMs: 700 }
  const name = random.pick([...HOSTS.slice(0, 4), 'other.test', ''])
  const tls = {
    servername: name,
    ...(random.chance(0.7) ? { ALPNProtocols: random.pick(OFFERS) } : {}),
    ...(random.chance(0.2) ? { maxVersion: 'TLSv1.2' } : {}),
  }
  const cut = random.chance(0.2) ? { record: random.pick([1, 3, 100, 16_000]), piece: random.pick([1, 10, 200]) } : null
  // A client without an address is closed before its SSLRequest is answered, or afterwards.
  if (kind === 4 && prefix.prefix?.includes('!1')) delete prefix.prefix
  const isWhole = prefix.prefix !== undefined || random.chance(0.6)
  const postgres =
    kind === 4 ? { postgres: isWhole ? 'postgres' : random.pick(['\x00\x00\x00\x08\x04\xd2\x16\x2e', 'x']) } : {}
  return { ...prefix, ...postgres, tls, cut, words, ending, waitsMs: 60 }
}
