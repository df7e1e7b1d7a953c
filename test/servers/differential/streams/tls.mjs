// Random TLS options, certificates and HTTPS routers, and clients with all that they may ask for in a handshake.
import http from 'node:http'
import http2 from 'node:http2'
import net from 'node:net'
import tls from 'node:tls'
import { SERVER_CERTIFICATES } from './certificates.mjs'
import { kindOf } from './client.mjs'

// A name of one letter below a wildcard has no longer rule than the wildcard, so that Traefik takes any of both.
const HOSTS = ['a.test', 'b.test', 'xx.a.test', 'yy.a.test', 'expired.test', 'uri.test', 'other.test']
export const VERSIONS = ['VersionTLS10', 'VersionTLS11', 'VersionTLS12', 'VersionTLS13']
const SUITES = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA',
  'TLS_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'TLS_CHACHA20_POLY1305_SHA256',
]
const CURVES = ['CurveP256', 'secp384r1', 'CurveP521', 'X25519', 'x25519', 'X25519MLKEM768']
const AUTH = [
  'NoClientCert',
  'RequestClientCert',
  'RequireAnyClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
  'Odd',
]
const CLIENT_SUITES = [
  'ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-SHA', 'ECDHE-ECDSA-AES256-SHA', 'AES128-GCM-SHA256', 'AES128-SHA', 'ECDHE-ECDSA-AES128-SHA256',
] // biome-ignore format: a list
/** What a client likes best decides how Go orders its own. */
const FIRST_SUITES = ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305']
/** And P-256, which all certificates are on. */
const CLIENT_GROUPS = ['P-384', 'P-521', 'X25519', 'X25519MLKEM768']
const OFFERS = [['h2', 'http/1.1'], ['http/1.1'], ['foo'], ['foo', 'http/1.1'], ['h2'], ['http/1.0']]
/** Of a subject or an issuer. */
const ATTRIBUTES = ['country', 'province', 'locality', 'organization', 'serialNumber', 'domainComponent']
const OPTIONS = ['o0', 'o1', 'o2', 'default', 'missing']

function optionsOf(random, pki) {
  // Up to TLS 1.2 OpenSSL takes certificates of clients on these curves alone.
  const certified = random.chance(0.35)
  const [least, most] = [random.below(4), random.below(4)]
  const clientAuth = {
    ...(random.chance(0.6)
      ? { caFiles: [random.pick([pki.authority.certFile, pki.authority.cert, pki.foreign.certFile])] }
      : {}),
    ...(random.chance(0.75) ? { clientAuthType: random.pick(AUTH) } : {}),
  }
  return {
    ...(random.chance(0.3) ? { minVersion: random.pick([VERSIONS[least], 'VersionTLS9']) } : {}),
    ...(random.chance(0.3) ? { maxVersion: VERSIONS[most] } : {}),
    ...(random.chance(0.3) ? { cipherSuites: random.some(SUITES, 0.3) } : {}),
    ...(random.chance(0.25)
      ? { curvePreferences: [...random.some(CURVES, 0.4), ...(certified ? ['CurveP256'] : [])] }
      : {}),
    ...(certified && Object.keys(clientAuth).length > 0 ? { clientAuth } : {}),
    ...(random.chance(0.25) ? { sniStrict: random.chance(0.8) } : {}),
    ...(random.chance(0.25)
      ? { alpnProtocols: random.pick([['h2'], ['http/1.1'], ['foo', 'http/1.1'], ['http/1.1', 'h2'], ['foo']]) }
      : {}),
    ...(random.chance(0.15) ? { disableSessionTickets: true } : {}),
    ...(random.chance(0.1) ? { preferServerCipherSuites: random.chance(0.5) } : {}),
  }
}

const flags = (random, names) => Object.fromEntries(random.some(names, 0.5).map((name) => [name, true]))

function handshake(random) {
  const [least, most] = [
    random.pick(['TLSv1', 'TLSv1.2', 'TLSv1.2']),
    random.pick(['TLSv1.1', 'TLSv1.2', 'TLSv1.3', 'TLSv1.3']),
  ]
  const isSane = least < most || least === most
  return {
    servername: random.pick([...HOSTS, 'A.test', '']),
    ...(random.chance(0.4) && isSane ? { minVersion: least, maxVersion: most } : {}),
    ...(random.chance(0.25)
      ? {
          ciphers: `TLS_AES_128_GCM_SHA256:${random.pick(FIRST_SUITES)}:${random.some(CLIENT_SUITES, 0.4).concat('AES128-SHA').join(':')}:@SECLEVEL=0`,
        }
      : {}),
    ...(random.chance(0.2) ? { ecdhCurve: [...random.some(CLIENT_GROUPS, 0.4), 'P-256'].join(':') } : {}),
    ...(random.chance(0.7) ? { ALPNProtocols: random.pick(OFFERS) } : {}),
  }
}

/** Starts the server behind; `draw` makes a configuration and what is tried with it. */
export async function startTls(pki) {
  const server = http.createServer((request, response) => {
    response.sendDate = false
    const told = Object.entries(request.headers).filter(([name]) => /tls|proto$/.test(name))
    response.end(JSON.stringify(told.sort()))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const files = (name) => ({ certFile: pki[name].certFile, keyFile: pki[name].keyFile })

  /** @param {import('../random.mjs').Random} random */
  function draw(random) {
    const routers = {}
    const hostless = random.pick([['PathPrefix(`/`)', 'HostRegexp(`^.+\\.test$`)'], ['Host(`*`)']])
    for (let i = 0; i <= random.below(6); i++) {
      const options = random.chance(0.65) ? { options: random.pick(OPTIONS) } : {}
      // Of a router with several hosts that falls back for one of them Traefik takes any options for the others.
      const count = options.options === undefined ? 1 + random.below(2) : 1
      const hosts = Array.from({ length: count }, () => `Host(\`${random.pick([...HOSTS, '*.a.test', 'A.test'])}\`)`)
      routers[`tls${i}`] = {
        entryPoints: ['secure'],
        rule: random.chance(0.8) ? hosts.join(' || ') : random.pick(hostless),
        service: 'behind',
        priority: 100 + i,
        tls: options,
        middlewares: [random.pick(['tls-pem', 'tls-info'])],
      }
    }
    const info = flags(random, ['notAfter', 'notBefore', 'sans', 'serialNumber'])
    const configuration = {
      http: {
        routers,
        services: { behind: { loadBalancer: { servers: [{ url: `http://127.0.0.1:${server.address().port}` }] } } },
        middlewares: {
          'tls-pem': { passTLSClientCert: { pem: true } },
          'tls-info': {
            passTLSClientCert: {
              pem: random.chance(0.3),
              info: {
                ...info,
                subject: { commonName: true, ...flags(random, [...ATTRIBUTES, 'organizationalUnit']) },
                issuer: { commonName: true, ...flags(random, ATTRIBUTES) },
              },
            },
          },
        },
      },
      tls: {
        certificates: random.some(SERVER_CERTIFICATES, 0.5).map(files),
        options: Object.fromEntries(
          OPTIONS.filter((name) => name !== 'missing' && (name !== 'default' || random.chance(0.4))).map((name) => [
            name,
            optionsOf(random, pki),
          ]),
        ),
        ...(random.chance(0.4)
          ? { stores: { default: { defaultCertificate: files(random.pick(SERVER_CERTIFICATES)) } } }
          : {}),
      },
    }
    return { configuration, attempts: Array.from({ length: 24 }, () => attempt(random)) }
  }

  function attempt(random) {
    const hello = handshake(random)
    const own = random.chance(0.6)
      ? random.pick(['client', 'manyNamed', 'manyNamed', 'expiredClient', 'foreignClient', 'a'])
      : null
    const host =
      random.chance(0.6) && hello.servername !== ''
        ? hello.servername
        : random.pick([...HOSTS, '127.0.0.1', 'B.test:443'])
    // What has expired opens no session in Go, which then takes it anew where it only asks for it.
    const resumes = own !== 'expiredClient' && random.chance(0.15)
    // Of one connection: options that hold for one host need not hold for another.
    const hosts = [
      host,
      ...Array.from({ length: random.below(3) }, () => random.pick([...HOSTS, hello.servername || 'a.test'])),
    ]
    const credentials = own === null ? {} : { cert: pki[own].cert, key: pki[own].key }
    return {
      what: { hello, own, hosts, resumes },
      async ask(ports) {
        const first = await shake(ports.secure, { ...hello, ...credentials }, hosts)
        if (!resumes) return told(first)
        // A session that opens nothing is as good as none.
        return [first, await shake(ports.secure, { ...hello, ...credentials, session: first.session }, hosts)].map(told)
      },
    }
  }

  return { entryPoints: ['secure'], flags: [], draw, stop: () => server.close() }
}

/** Who is refused after the handshake has its tickets or not. */
const told = ({ session, ...rest }) =>
  rest.text === '' && rest.agreed !== null ? { ...rest, agreed: rest.agreed.alpn } : rest

/** What a handshake comes to, and requests after it. */
function shake(port, options, hosts) {
  return new Promise((resolve) => {
    const got = { agreed: null, text: '', how: 'open' }
    let socket
    try {
      socket = tls.connect({ socket: net.connect(port, '127.0.0.1'), rejectUnauthorized: false, ...options })
    } catch (error) {
      resolve({ how: error.code })
      return
    }
    const timer = setTimeout(() => socket.destroy(), 1500)
    socket.on('secureConnect', () => {
      const { subject } = socket.getPeerCertificate()
      got.agreed = {
        certificate: /TRAEFIK|Signalbox/i.test(subject?.CN ?? '') ? 'default' : subject?.CN,
        alpn: socket.alpnProtocol,
        version: socket.getProtocol(),
        suite: socket.getCipher().standardName,
        // Before TLS 1.3 Go takes the one that the client likes best.
        group: socket.getProtocol() === 'TLSv1.3' ? (socket.getEphemeralKeyInfo()?.name ?? null) : null,
        resumed: socket.isSessionReused(),
      }
      if (socket.alpnProtocol === 'h2') {
        void askByHttp2(socket, hosts).then((text) => {
          got.text = text
          got.how = text === '' ? got.how : 'end'
          socket.destroy()
        })
        return
      }
      socket.on('data', (piece) => (got.text += piece.toString('latin1')))
      for (const [i, host] of hosts.entries())
        socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n${i + 1 < hosts.length ? '' : 'Connection: close\r\n'}\r\n`)
    })
    socket.on('session', (session) => (got.session ??= session))
    socket.on('error', (error) => (got.how = kindOf(error)))
    socket.on('end', () => (got.how = got.how === 'open' ? 'end' : got.how))
    socket.on('close', () => {
      clearTimeout(timer)
      // Who refuses what, and in which words, is up to the libraries.
      if (got.text === '') got.how = 'refused'
      got.text = got.text.replace(/^date: .*\r\n/gim, '')
      resolve(got)
    })
  })
}

/** Statuses and contents; empty where the session is refused. */
async function askByHttp2(socket, hosts) {
  const session = http2.connect('https://a.test', { createConnection: () => socket })
  session.on('error', () => undefined)
  const answers = []
  for (const host of hosts) {
    const answer = await new Promise((resolve) => {
      const stream = session.request({ ':path': '/', ':authority': host })
      let [status, text] = [0, '']
      stream.on('response', (fields) => {
        status = fields[':status']
      })
      stream.on('data', (piece) => (text += piece.toString('latin1')))
      stream.on('error', () => undefined)
      stream.on('close', () => resolve(status === 0 ? null : `${status} ${text}`))
    })
    if (answer === null) break
    answers.push(answer)
  }
  return answers.join('\n')
}
