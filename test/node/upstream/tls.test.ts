import { connect, createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { NodeContext } from '../../../adapters/node/http/node-context.ts'
import { serveHttp1 } from '../../../adapters/node/http1/server.ts'
import { NodeTransports } from '../../../adapters/node/upstream/transports.ts'
import { UpstreamFailure } from '../../../src/http/failure.ts'
import { Fields } from '../../../src/http/fields.ts'
import { ProxyRequest } from '../../../src/http/request.ts'
import type { RequestContext } from '../../../src/http/request-context.ts'
import { ProxyResponse } from '../../../src/http/response.ts'
import type { ServersTransportPlan } from '../../../src/plan/plan.ts'
import { dateless, defaults, get, plainTransport, Rig, Wire } from '../http1/rig.ts'
import { certificate, key } from './certificate.ts'

const servers: Server[] = []
const sockets: TLSSocket[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
  for (const socket of sockets.splice(0)) socket.destroy()
})

async function tlsServer(accept: (socket: TLSSocket) => void, more: TlsOptions = {}): Promise<number> {
  const server = createServer(
    { cert: certificate, key, ALPNProtocols: ['http/1.1'], allowHalfOpen: true, ...more },
    (socket) => {
      sockets.push(socket)
      socket.on('error', () => undefined)
      accept(socket)
    },
  )
  servers.push(server)
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

const context = (): RequestContext => new NodeContext('web', { address: '127.0.0.1', port: 1, tls: null }, 0)
const request = () => new ProxyRequest('GET', 'http', 'h', '/', new Fields(), null, null, 'HTTP/1.1')

async function ask(port: number, tls: Partial<ServersTransportPlan['tls']>, host = '127.0.0.1', http2 = true) {
  const transport = new NodeTransports({ log() {} }).open({
    scheme: 'https',
    host,
    port,
    options: { ...plainTransport, http2, tls: { ...plainTransport.tls, ...tls } },
  })
  const answer = await transport.send(request(), context())
  transport.close()
  if (answer instanceof UpstreamFailure) return answer.kind
  const { content } = answer
  return content === null || typeof content === 'string' ? '' : Buffer.from(await content.bytes(1e7)).toString()
}

describe('https servers', () => {
  const serve = (names: (string | false | null)[] = []) =>
    tlsServer((socket) => {
      names.push((socket as TLSSocket & { servername: string | false | null }).servername)
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'))
    })

  test.each([
    [{}, 'tls'],
    [{ insecureSkipVerify: true }, 'hello'],
    [{ rootCAs: [certificate] }, 'hello'],
    [{ rootCAs: ['/nowhere/ca.pem'] }, 'tls'],
    [{ rootCAs: [certificate], serverName: 'backend.test' }, 'hello'],
    [{ rootCAs: [certificate], serverName: 'other.test' }, 'tls'],
  ])('with %j: %s', async (tls, outcome) => {
    expect(await ask(await serve(), tls)).toBe(outcome)
  })

  test('the server name is sent, an address is not', async () => {
    const names: (string | false | null)[] = []
    const port = await serve(names)
    await ask(port, { insecureSkipVerify: true })
    await ask(port, { insecureSkipVerify: true }, 'localhost')
    await ask(port, { insecureSkipVerify: true, serverName: 'x.test' })
    expect(names).toEqual([false, 'localhost', 'x.test'])
  })

  test.each([
    [true, 'http/1.1'],
    [false, false],
  ])('HTTP/2 allowed: %s; by ALPN it comes to %s', async (http2, alpn) => {
    const seen: unknown[] = []
    const port = await tlsServer((socket) => {
      seen.push(socket.alpnProtocol)
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'))
    })
    expect(await ask(port, { insecureSkipVerify: true }, '127.0.0.1', http2)).toBe('hello')
    expect(seen).toEqual([alpn])
  })

  test('a server that knows old versions alone, where the transport lets it', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    const port = await tlsServer((socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'))
    }, old)
    expect(await ask(port, { insecureSkipVerify: true })).toBe('connect')
    expect(await ask(port, { insecureSkipVerify: true, minVersion: 'TLSv1' })).toBe('hello')
  })

  test('a server without TLS fails as TLS', async () => {
    const rig = await new Rig().start()
    const outcome = ask(rig.upstreamPort, { insecureSkipVerify: true })
    const server = await rig.connection()
    server.send('HTTP/1.1 400 Bad Request\r\n\r\n')
    expect(await outcome).toBe('tls')
    rig.close()
  })

  test('large content', async () => {
    const port = await tlsServer((socket) => {
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n`)
        for (let i = 0; i < 30; i++) socket.write(Buffer.alloc(100000, 65 + (i % 26)))
      })
    })
    const content = await ask(port, { insecureSkipVerify: true })
    expect(content).toBe(
      Array.from({ length: 30 }, (_, i) => String.fromCharCode(65 + (i % 26)).repeat(100000)).join(''),
    )
  })
})

describe('a client over TLS', () => {
  test('is served, and its TLS is known', async () => {
    const seen: unknown[] = []
    const port = await tlsServer((socket) =>
      serveHttp1(socket, null, defaults, (asked, cx) => {
        seen.push([asked.scheme, cx.client.tls?.version, cx.client.tls?.serverName])
        return new ProxyResponse(200, new Fields(), asked.target.repeat(100_000))
      }),
    )
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, servername: 'a.test' })
    sockets.push(socket)
    const wire = new Wire(socket)
    wire.send(get('/ab') + get('/c'))
    await wire.until(() => wire.text.endsWith('/c/c'))
    await wire.until(() => wire.text.length > 500_000)
    expect(dateless(wire.text)).toContain('HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n')
    expect(seen).toEqual([
      ['https', 'TLSv1.3', 'a.test'],
      ['https', 'TLSv1.3', 'a.test'],
    ])
  })
})
