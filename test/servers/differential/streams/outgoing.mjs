// Random transports to HTTPS servers of all kinds, good and bad, and what clients get of requests.
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import net from 'node:net'
import { freePort } from '../../../support/free-port.ts'
import { ask } from '../requests/asking.mjs'
import { VERSIONS } from './tls.mjs'

const SUITES = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA',
]
const SERVICES = 8

function transport(random, pki) {
  const file = (name) => ({ certFile: pki[name].certFile, keyFile: pki[name].keyFile })
  const [least, most] = [random.below(4), random.below(4)].sort()
  const versions = random.chance(0.25)
    ? { minVersion: VERSIONS[least], ...(random.chance(0.6) ? { maxVersion: VERSIONS[most] } : {}) }
    : {}
  const timeouts = {
    ...(random.chance(0.5) ? { dialTimeout: '1s' } : {}),
    ...(random.chance(0.7) ? { responseHeaderTimeout: '300ms' } : {}),
    ...(random.chance(0.3) ? { idleConnTimeout: '50ms' } : {}),
  }
  return {
    ...(random.chance(0.4)
      ? { serverName: random.pick(['a.test', 'x.a.test', 'uri.test', '127.0.0.1', 'expired.test', 'address.test']) }
      : {}),
    ...(random.chance(0.35) ? { insecureSkipVerify: true } : {}),
    ...(random.chance(0.7)
      ? {
          rootCAs: [
            random.pick([
              pki.authority.certFile,
              pki.authority.certFile,
              pki.authority.cert,
              pki.foreign.certFile,
              '/none.crt',
            ]),
          ],
        }
      : {}),
    ...(random.chance(0.4)
      ? { certificates: [file(random.pick(['client', 'client', 'expiredClient', 'foreignClient']))] }
      : {}),
    ...(random.chance(0.15)
      ? { peerCertURI: random.pick(['spiffe://a.test/one', 'spiffe://a.test/two', 'SPIFFE://A.TEST/ONE']) }
      : {}),
    ...(random.chance(0.25) ? { disableHTTP2: true } : {}),
    ...versions,
    // Suites that none of the versions has are another matter.
    ...(versions.maxVersion === undefined && random.chance(0.15) ? { cipherSuites: [random.pick(SUITES)] } : {}),
    ...(random.chance(0.2) ? { maxIdleConnsPerHost: random.pick([1, -1]) } : {}),
    ...(random.chance(0.4) && Object.keys(timeouts).length > 0 ? { forwardingTimeouts: timeouts } : {}),
  }
}

/** Starts the servers; `draw` makes a configuration and what is tried with it. */
export async function startOutgoing(pki) {
  const of = (name) => ({ cert: pki[name].cert, key: pki[name].key })
  const authenticated = { requestCert: true, ca: [pki.authority.cert] }
  const servers = []
  const urls = {}
  const listen = async (name, scheme, server) => {
    server.on('error', () => undefined)
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    servers.push(server)
    urls[name] = `${scheme}://127.0.0.1:${server.address().port}`
  }
  for (const name of ['a', 'wild', 'address', 'expired', 'uri', 'stranger', 'nameless'])
    await listen(name, 'https', https.createServer(of(name), answer))
  const both = { allowHTTP1: true }
  await listen('both', 'https', http2.createSecureServer({ ...of('address'), ...both }, answer))
  await listen('only2', 'https', http2.createSecureServer(of('address'), answer))
  await listen(
    'asking',
    'https',
    https.createServer({ ...of('address'), ...authenticated, rejectUnauthorized: false }, answer),
  )
  await listen('demanding', 'https', https.createServer({ ...of('address'), ...authenticated }, answer))
  await listen(
    'demanding12',
    'https',
    https.createServer({ ...of('address'), ...authenticated, maxVersion: 'TLSv1.2' }, answer),
  )
  await listen(
    'old',
    'https',
    https.createServer(
      { ...of('address'), minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' },
      answer,
    ),
  )
  await listen('newest', 'https', https.createServer({ ...of('address'), minVersion: 'TLSv1.3' }, answer))
  await listen('plain', 'http', http.createServer(answer))
  await listen('h2c', 'h2c', http2.createServer(answer))
  await listen('h1c', 'h2c', http.createServer(answer))
  await listen('tlsAsHttp', 'http', https.createServer(of('a'), answer))
  await listen('httpAsTls', 'https', http.createServer(answer))
  for (const [name, greet] of Object.entries({
    closing: (socket) => socket.end(),
    resetting: (socket) => socket.resetAndDestroy(),
    babbling: (socket) => socket.end('this is no TLS at all\r\n\r\n'),
    alerting: (socket) => socket.end(Buffer.from([21, 3, 3, 0, 2, 2, 40])),
    hearing: (socket) => socket.once('data', () => socket.end()),
  })) {
    await listen(
      name,
      'https',
      net.createServer((socket) => {
        socket.on('error', () => undefined)
        greet(socket)
      }),
    )
  }
  urls.gone = `https://127.0.0.1:${await freePort()}`
  urls.gone1 = `http://127.0.0.1:${await freePort()}`

  /** @param {import('../random.mjs').Random} random */
  function draw(random) {
    const transports = { out0: transport(random, pki), out1: transport(random, pki), out2: transport(random, pki) }
    const [routers, services, used] = [{}, {}, []]
    for (let i = 0; i < SERVICES; i++) {
      const name = random.pick(Object.keys(urls))
      const chosen = random.chance(0.9) ? random.pick([...Object.keys(transports), 'out3']) : undefined
      used.push(`${name} by ${chosen === undefined ? 'default' : JSON.stringify(transports[chosen] ?? null)}`)
      const named =
        chosen === undefined || (chosen === 'out3' && random.chance(0.7)) ? {} : { serversTransport: chosen }
      services[`out${i}`] = {
        loadBalancer: { servers: [{ url: urls[name] }], passHostHeader: random.chance(0.7), ...named },
      }
      routers[`out${i}`] = { entryPoints: ['out'], rule: `Path(\`/${i}\`)`, service: `out${i}` }
    }
    const attempts = used.flatMap((server, i) => {
      const texts = random.some(
        [
          `GET /${i} HTTP/1.1\r\nHost: host.test\r\nConnection: close\r\n\r\n`,
          `POST /${i} HTTP/1.1\r\nHost: host.test\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello`,
          `GET /${i} HTTP/1.1\r\nHost: host.test\r\nConnection: close\r\nX-Silent: 1\r\n\r\n`,
        ],
        0.6,
      )
      return texts.map((text) => ({ what: { server, text }, ask: (ports) => exchange(ports.out, text) }))
    })
    return { configuration: { http: { routers, services, serversTransports: transports } }, attempts }
  }

  const stop = () => {
    for (const server of servers) server.close()
  }
  return { entryPoints: ['out'], flags: [], draw, stop }
}

async function exchange(port, text) {
  const answer = await ask(port, text, 1500)
  if (answer === null) return null
  delete answer.fields.date
  delete answer.fields['content-length']
  delete answer.fields['transfer-encoding']
  return answer
}

function answer(request, response) {
  if (request.headers['x-silent'] !== undefined) {
    const timer = setTimeout(() => response.end('late'), 700)
    response.on('close', () => clearTimeout(timer))
    return
  }
  const socket = request.stream?.session?.socket ?? request.socket
  let content = ''
  request.on('data', (piece) => (content += piece))
  request.on('error', () => undefined)
  request.on('end', () => {
    response.sendDate = false
    const peer = socket.getPeerCertificate?.()?.subject?.CN ?? null
    response.setHeader('Content-Type', 'application/json')
    const host = (request.headers.host ?? request.authority ?? '').replace(/\d+$/, 'PORT')
    response.end(
      JSON.stringify([
        request.httpVersion,
        socket.servername || null,
        socket.alpnProtocol || null,
        peer,
        host,
        content,
      ]),
    )
  })
}
