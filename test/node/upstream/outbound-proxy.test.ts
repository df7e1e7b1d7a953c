import { createServer, type IncomingMessage, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { NodeContext } from '../../../adapters/node/http/node-context.ts'
import { type OutboundProxy, proxyFromEnvironment } from '../../../adapters/node/upstream/outbound-proxy.ts'
import { NodeTransports } from '../../../adapters/node/upstream/transports.ts'
import { UpstreamFailure } from '../../../src/http/failure.ts'
import { Fields } from '../../../src/http/fields.ts'
import { ProxyRequest } from '../../../src/http/request.ts'
import { plainTransport } from '../http1/rig.ts'
import { certificate, key } from './certificate.ts'

const env = {
  HTTP_PROXY: 'http://joe:p%40ss@proxy.test:3128',
  https_proxy: '[::9]',
  NO_PROXY: 'skip.test, .below.test, *.star.test, port.test:81, 10.0.0.0/8, 192.0.2.7, [2001:db8::1]:82, , 1/2',
}
const plain: OutboundProxy = { host: 'proxy.test', port: 3128, secure: false, authorization: 'Basic am9lOnBAc3M=' }
const secure: OutboundProxy = { host: '::9', port: 80, secure: false, authorization: null }

describe('proxies of the environment', () => {
  test.each<[scheme: 'http' | 'https', host: string, port: number, proxy: OutboundProxy | null]>([
    ['http', 'a.test', 80, plain],
    ['https', 'a.test', 443, secure],
    ['http', 'localhost', 80, null],
    ['http', 'LOCALHOST', 80, null],
    ['http', '127.1.2.3', 80, null],
    ['http', '::1', 80, null],
    ['http', 'skip.test', 80, null],
    ['https', 'A.Skip.Test', 443, null],
    ['http', 'noskip.test', 80, plain],
    ['http', 'below.test', 80, plain],
    ['http', 'a.below.test', 80, null],
    ['http', 'star.test', 80, plain],
    ['http', 'a.b.star.test', 80, null],
    ['http', 'port.test', 80, plain],
    ['http', 'port.test', 81, null],
    ['http', '10.9.8.7', 80, null],
    ['http', '192.0.2.7', 8080, null],
    ['http', '192.0.2.8', 8080, plain],
    ['http', '2001:db8::1', 82, null],
    ['http', '2001:db8::1', 83, plain],
  ])('%s://%s:%i', (scheme, host, port, proxy) => {
    expect(proxyFromEnvironment(env)(scheme, host, port)).toEqual(proxy)
  })

  test.each<[variables: Record<string, string>, proxy: unknown]>([
    [{}, null],
    [{ HTTP_PROXY: 'p:1', NO_PROXY: '*' }, null],
    [{ HTTP_PROXY: 'p:1', NO_PROXY: ' a.test ' }, null],
    [{ HTTP_PROXY: 'p:1', REQUEST_METHOD: 'GET' }, null],
    [{ HTTP_PROXY: 'https://p' }, { host: 'p', port: 443, secure: true, authorization: null }],
    [
      { HTTP_PROXY: '', http_proxy: 'p' },
      { host: 'p', port: 80, secure: false, authorization: null },
    ],
    [{ HTTP_PROXY: 'socks5://joe:secret@p' }, 'HTTP_PROXY: proxies of scheme socks5 are not supported'],
    [{ HTTP_PROXY: 'http://joe:secret@:x' }, 'HTTP_PROXY is no URL of a proxy'],
  ])('%j', (variables, proxy) => {
    expect(proxyFromEnvironment(variables)('http', 'a.test', 80)).toEqual(proxy)
  })
})

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

async function listening(server: Server | ReturnType<typeof createTlsServer>): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)))
  closing.push(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return (server.address() as { port: number }).port
}

/** A forward proxy: answers plain requests itself, tunnels lead to one port. */
async function startForwardProxy(tunnelTo: number | string) {
  const asked: string[] = []
  const note = ({ method, url, headers }: IncomingMessage) => {
    asked.push(`${method} ${url} ${headers.host} ${headers['proxy-authorization'] ?? '-'}`)
  }
  const server = createServer((request, response) => {
    note(request)
    response.end('by proxy')
  })
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    note(request)
    if (typeof tunnelTo === 'string') return client.end(tunnelTo)
    const onwards = connect(tunnelTo, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      client.pipe(onwards).pipe(client)
    })
    onwards.on('error', () => client.destroy())
  })
  return { asked, port: await listening(server) }
}

async function ask(proxyPort: number, scheme: 'http' | 'https', port: number, authorization: string | null = null) {
  const proxy = { host: '127.0.0.1', port: proxyPort, secure: false, authorization }
  const transport = new NodeTransports({ log() {} }, () => proxy).open({
    scheme,
    host: 'backend.test',
    port,
    options: { ...plainTransport, tls: { ...plainTransport.tls, rootCAs: [certificate] } },
  })
  closing.push(() => transport.close())
  const request = new ProxyRequest(
    'GET',
    'http',
    'client.test',
    '/a?b',
    new Fields(['X-A', '1']),
    null,
    null,
    'HTTP/1.1',
  )
  const cx = new NodeContext('web', { address: '127.0.0.1', port: 1, tls: null }, 0)
  const answer = await transport.send(request, cx)
  if (answer instanceof UpstreamFailure) return `${answer.kind}: ${(answer.cause as Error).message}`
  const { content } = answer
  return content === null || typeof content === 'string' ? '' : Buffer.from(await content.bytes(1e6)).toString()
}

describe('servers behind a proxy', () => {
  test('http: the target names the server, whatever host the client sent', async () => {
    const { asked, port } = await startForwardProxy(0)
    expect(await ask(port, 'http', 8080, 'Basic eA==')).toBe('by proxy')
    expect(await ask(port, 'http', 80)).toBe('by proxy')
    expect(asked).toEqual([
      'GET http://backend.test:8080/a?b backend.test:8080 Basic eA==',
      'GET http://backend.test/a?b backend.test -',
    ])
  })

  test('https: through a tunnel, and the certificate is that of the server', async () => {
    const hosts: string[] = []
    const server = createTlsServer({ cert: certificate, key }, (socket) => {
      socket.once('data', (head: Buffer) => {
        hosts.push(/Host: (\S+)/.exec(head.toString())![1]!)
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret')
      })
      socket.on('error', () => undefined)
    })
    const { asked, port } = await startForwardProxy(await listening(server))
    expect(await ask(port, 'https', 443, 'Basic eA==')).toBe('secret')
    expect(asked).toEqual(['CONNECT backend.test:443 backend.test:443 Basic eA=='])
    expect(hosts).toEqual(['client.test'])
  })

  test.each([
    ['HTTP/1.1 403 Forbidden\r\n\r\n', 'tls: the proxy answers CONNECT with 403'],
    ['SSH-2.0-x\r\n\r\n', 'tls: the proxy speaks no HTTP'],
    ['HTTP/1.1 200 OK\r\n\r\nand more', 'tls: the proxy answers CONNECT with 200'],
    ['HTTP/1.1 200 OK\r\n', 'tls: the proxy closed the connection'],
    [`HTTP/1.1 200 OK\r\nA: ${'a'.repeat(20_000)}`, 'tls: the proxy answers CONNECT with 200'],
  ])('a proxy that answers %j', async (answer, failure) => {
    const { port } = await startForwardProxy(answer)
    expect(await ask(port, 'https', 443)).toBe(failure)
  })

  test('a proxy that is not there', async () => {
    expect(await ask(1, 'https', 443)).toMatch(/^connect: /)
  })

  test('a proxy of an unknown kind is not gone around', async () => {
    const transports = new NodeTransports({ log() {} }, proxyFromEnvironment({ HTTP_PROXY: 'socks5://p' }))
    const transport = transports.open({ scheme: 'http', host: 'a.test', port: 80, options: plainTransport })
    const request = new ProxyRequest('GET', 'http', 'h', '/', new Fields(), null, null, 'HTTP/1.1')
    const answer = await transport.send(request, new NodeContext('web', { address: '', port: 1, tls: null }, 0))
    expect(answer).toMatchObject({ kind: 'protocol', progress: 'unsent' })
  })
})
