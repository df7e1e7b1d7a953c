// Random TCP routers beside HTTP routers on one entry point, and who takes a connection.
import net from 'node:net'
import tls from 'node:tls'

const HOSTS = ['a.test', 'b.test', 'x.a.test', 'y.x.a.test', 'A.test']

/** Protocols that a client offers; null: none. */
const OFFERS = [null, ['h2', 'http/1.1'], ['http/1.1'], ['foo'], ['h2'], ['acme-tls/1']]
const WORDS = [
  'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n',
  'GET /x HTTP/1.1\r\nHost: b.test\r\nConnection: close\r\n\r\n',
  'hello there friend\r\n',
]

const quoted = (random, list) => `\`${random.pick(list)}\``

function matcher(random) {
  switch (random.below(9)) {
    case 0:
      return 'HostSNI(`*`)'
    case 1:
      return `HostSNIRegexp(${quoted(random, ['^.+\\.a\\.test$', 'a', '^(a|b)\\.test$', '.*'])})`
    case 2:
      return `ALPN(${quoted(random, ['h2', 'http/1.1', 'foo', 'acme-tls/1'])})`
    case 3:
      return `ClientIP(${quoted(random, ['127.0.0.0/8', '10.0.0.0/8', '127.0.0.1'])})`
    default:
      return `HostSNI(${quoted(random, HOSTS)})`
  }
}

function rule(random, depth = 0) {
  const not = random.chance(0.1) ? '!' : ''
  if (depth > 1 || random.chance(0.55)) return `${not}${matcher(random)}`
  const both = `${rule(random, depth + 1)} ${random.pick(['&&', '||'])} ${rule(random, depth + 1)}`
  return depth > 0 || not !== '' ? `${not}(${both})` : both
}

/**
 * A configuration.
 * @param {import('../random.mjs').Random} random
 * @param {Record<string, number>} ports of the servers, by name; those that speak TLS begin with `tls`
 * @param {readonly { certFile: string, keyFile: string }[]} certificates
 */
export function streamRouting(random, ports, certificates) {
  const names = (isTls) => Object.keys(ports).filter((name) => name.startsWith('tls') === isTls)
  const routers = {}
  const priorities = new Set()
  for (let i = 0; i <= random.below(6); i++) {
    const text = rule(random)
    const kind = random.pick(['plain', 'ended', 'ended', 'passed on', 'passed on'])
    const priority = random.chance(0.3) ? random.pick([1, 5, 100]) : 0
    // Of several with one priority Traefik takes any.
    const effective = priority === 0 ? text.length : priority
    if (priorities.has(effective)) continue
    priorities.add(effective)
    routers[`r${i}`] = {
      entryPoints: ['front'],
      rule: text,
      service: random.pick(names(kind === 'passed on')),
      ...(priority === 0 ? {} : { priority }),
      ...(kind === 'passed on' ? { tls: { passthrough: true } } : {}),
      ...(kind === 'ended' ? { tls: random.chance(0.3) ? { options: random.pick(['old', 'strict']) } : {} } : {}),
    }
  }
  const http = {}
  for (let i = 0; i < random.below(4); i++) {
    http[`h${i}`] = {
      entryPoints: ['front'],
      rule: random.pick(['Host(`a.test`)', 'Host(`b.test`)', 'PathPrefix(`/`)', 'HostRegexp(`^.+\\.a\\.test$`)']),
      service: 'http',
      priority: 1000 + i,
      ...(random.chance(0.6) ? { tls: random.chance(0.3) ? { options: 'old' } : {} } : {}),
    }
  }
  const services = Object.fromEntries(
    Object.entries(ports).map(([name, port]) => [
      name,
      { loadBalancer: { servers: [{ address: `127.0.0.1:${port}` }] } },
    ]),
  )
  const url = `http://127.0.0.1:${ports[names(false)[0]]}`
  return {
    tcp: { routers, services },
    tls: { certificates, options: { old: { alpnProtocols: ['http/1.1'] }, strict: { sniStrict: true } } },
    ...(Object.keys(http).length === 0
      ? {}
      : { http: { routers: http, services: { http: { loadBalancer: { servers: [{ url }] } } } } }),
  }
}

/** A connection: by TLS or not, the name and the protocols that are asked for, what the client says first. */
export const connection = (random) =>
  random.chance(0.25)
    ? { isTls: false, words: random.pick(WORDS) }
    : {
        isTls: true,
        name: random.pick([...HOSTS.slice(0, 4), 'other.test', '']),
        offers: random.pick(OFFERS),
        words: random.pick(WORDS),
      }

/** Starts servers that say who they are: `plain0` …, and by TLS `tls0` … */
export async function startNamed(count, key, cert) {
  const servers = []
  const ports = {}
  for (const [kind, create] of [
    ['plain', (answer) => net.createServer(answer)],
    ['tls', (answer) => tls.createServer({ key, cert, ALPNProtocols: ['h2', 'http/1.1', 'foo'] }, answer)],
  ]) {
    for (let i = 0; i < count; i++) {
      const server = create((socket) => {
        socket.on('error', () => undefined)
        const seen = kind === 'tls' ? ` for ${socket.servername} by ${socket.alpnProtocol}` : ''
        socket.once('data', () => socket.end(`${kind}${i}${seen}\n`))
      })
      server.on('tlsClientError', () => undefined)
      server.listen(0, '127.0.0.1')
      await new Promise((resolve) => server.once('listening', resolve))
      ports[`${kind}${i}`] = server.address().port
      servers.push(server)
    }
  }
  const stop = () => {
    for (const server of servers) server.close()
  }
  return { ports, stop }
}

/** Who answers: whose certificate it is, the protocol that was agreed on, and what is said; or that it is refused. */
export function connect(port, { isTls, name, offers, words }, limitMs = 2_500) {
  return new Promise((resolve) => {
    const socket = isTls
      ? tls.connect({
          port,
          host: '127.0.0.1',
          servername: name,
          rejectUnauthorized: false,
          ...(offers === null ? {} : { ALPNProtocols: offers }),
        })
      : net.connect(port, '127.0.0.1')
    let greeting = ''
    let text = ''
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      if (isTls) greeting = `${certificateOf(socket)} ${socket.alpnProtocol} `
      socket.write(words)
    })
    socket.on('data', (piece) => (text += piece.toString('latin1')))
    socket.on('error', () => (text += text === '' ? 'refused' : ''))
    socket.setTimeout(limitMs, () => socket.destroy())
    socket.on('close', () => {
      // How far HTTP/2 gets with such words is another matter.
      const isHttp2 = isTls && socket.alpnProtocol === 'h2' && !/^(plain|tls)\d/.test(text)
      resolve(greeting + (isHttp2 ? 'HTTP/2' : text.replace(/^date: .*\r\n/im, '')))
    })
  })
}

function certificateOf(socket) {
  const { subject } = socket.getPeerCertificate()
  return /TRAEFIK|Signalbox/i.test(subject?.CN ?? 'TRAEFIK') ? 'default' : subject.CN
}
