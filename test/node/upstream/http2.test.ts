import { createServer as createHttp2, createSecureServer, type Http2Session, type ServerHttp2Stream } from 'node:http2'
import { createServer as createHttps } from 'node:https'
import { createServer, type Server, type Socket } from 'node:net'
import type { TLSSocket, TlsOptions } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { NodeContext } from '../../../adapters/node/http/node-context.ts'
import { NodeTransports } from '../../../adapters/node/upstream/transports.ts'
import type { Transport } from '../../../src/contracts/ports.ts'
import { type Body, StreamBody } from '../../../src/http/body.ts'
import { UpstreamFailure } from '../../../src/http/failure.ts'
import { Fields } from '../../../src/http/fields.ts'
import { ProxyRequest } from '../../../src/http/request.ts'
import type { ServersTransportPlan } from '../../../src/plan/plan.ts'
import { DEFAULT_SERVER_TLS } from '../../../src/plan/tls.ts'
import { cn, makeCertificate } from '../../support/certificates.ts'
import { plainTransport } from '../http1/rig.ts'
import {
  DATA,
  END_HEADERS,
  END_STREAM,
  error,
  FrameWire,
  frame,
  GOAWAY,
  HEADERS,
  PING,
  RST_STREAM,
  SETTINGS,
  section,
} from '../http2/frames.ts'

const ca = makeCertificate({ subject: cn('ca'), isAuthority: true })
const own = makeCertificate({ subject: cn('server'), dns: ['localhost'], uri: ['spiffe://x/Server'] }, ca)
const client = makeCertificate({ subject: cn('client') }, ca)

const open: { close(): void }[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.close()
})

/** Starts a server; it and its connections close after the test. */
async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  open.push({
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

type OnStream = (stream: ServerHttp2Stream, fields: Record<string, unknown>, session: Http2Session) => void

function h2c(onStream: OnStream, sessions: Http2Session[] = []): Promise<number> {
  const server = createHttp2({ settings: { maxConcurrentStreams: 2 } })
  server.on('session', (session) => sessions.push(session))
  server.on('stream', (stream, fields) => {
    stream.on('error', () => undefined)
    onStream(stream, fields, stream.session!)
  })
  return listen(server as unknown as Server)
}

/** A server that only speaks frames. */
function raw(onConnection: (wire: FrameWire) => void): Promise<number> {
  return listen(
    createServer((socket) => {
      const wire = new FrameWire(socket)
      wire.send(frame(SETTINGS, 0, 0))
      onConnection(wire)
    }),
  )
}

function transport(scheme: 'h2c' | 'https', port: number, options: Partial<ServersTransportPlan> = {}): Transport {
  const opened = new NodeTransports({ log() {} }).open({
    scheme,
    host: scheme === 'https' ? 'localhost' : '127.0.0.1',
    port,
    options: { ...plainTransport, http2: true, ...options },
  })
  open.push(opened)
  return opened
}

interface Asked {
  readonly method?: string
  readonly target?: string
  readonly lines?: string[]
  readonly content?: Body | null
  readonly upgrade?: string | null
  readonly context?: NodeContext
}

const context = () => new NodeContext('web', { address: '127.0.0.1', port: 1, tls: null }, 0)
const requestOf = ({ method = 'GET', target = '/', lines = [], content = null, upgrade = null }: Asked) =>
  new ProxyRequest(method, 'http', 'h.test', target, new Fields(lines), content, upgrade, 'HTTP/1.1')

/** The answer in one line: status and content, or the kind of failure. */
async function ask(to: Transport, asked: Asked = {}): Promise<string> {
  const answer = await to.send(requestOf(asked), asked.context ?? context())
  if (answer instanceof UpstreamFailure) return `${answer.kind} ${answer.progress}`
  const { status, content } = answer
  if (content === null || typeof content === 'string') return `${status} ${content ?? ''}`
  try {
    return `${status} ${Buffer.from(await content.bytes(1e9)).toString()}`
  } catch {
    return `${status} cut`
  }
}

const text = (value: string, length: number | null = value.length): Body =>
  new StreamBody(new Blob([value]).stream(), length)

describe('by prior knowledge', () => {
  test('an answer whose content is empty after all, read late', async () => {
    const port = await h2c((stream) => {
      stream.respond({ ':status': 200 }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '5' }))
      stream.end()
    })
    const answer = await transport('h2c', port).send(requestOf({}), context())
    if (answer instanceof UpstreamFailure) throw answer.cause
    await new Promise((wake) => setTimeout(wake, 20))
    const content = answer.content as Body
    expect((await content.bytes(100)).length).toBe(0)
    expect(content.trailers?.first('grpc-status')).toBe('5')
  })

  test('head, content and trailers', async () => {
    const seen: unknown[] = []
    const port = await h2c((stream, fields) => {
      seen.push(fields)
      stream.additionalHeaders({ ':status': 103, link: '</a>' })
      stream.respond({ ':status': 201, 'x-a': ['1', '2'] }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.pipe(stream)
    })
    const cx = context()
    const informed: unknown[] = []
    cx.handling.informational = (status, fields) => informed.push(status, fields.lines)
    const lines = ['X-B', '1', 'x-b', '2', 'Te', 'trailers', 'Content-Length', '9', 'Expect', 'x']
    const to = transport('h2c', port)
    const answer = await to.send(requestOf({ method: 'POST', target: '/p?q', lines, content: text('data') }), cx)
    if (answer instanceof UpstreamFailure || answer.content === null || typeof answer.content === 'string') throw answer
    expect(Buffer.from(await answer.content.bytes(100)).toString()).toBe('data')
    expect(answer.status).toBe(201)
    expect(answer.headers.getAll('x-a')).toEqual(['1', '2'])
    expect(answer.content.trailers?.lines).toEqual(['Grpc-Status', '0'])
    expect(informed).toEqual([103, ['Link', '</a>']])
    expect(seen[0]).toMatchObject({
      ':method': 'POST',
      ':path': '/p?q',
      ':authority': 'h.test',
      ':scheme': 'http',
      'x-b': '1, 2',
      te: 'trailers',
      'content-length': '4',
    })
    expect(seen[0]).not.toHaveProperty('expect')
  })

  test('large content both ways', async () => {
    const port = await h2c((stream) => {
      stream.respond({ ':status': 200 })
      stream.pipe(stream)
    })
    const large = 'x'.repeat(3_000_000)
    expect(await ask(transport('h2c', port), { method: 'POST', content: text(large, null) })).toBe(`200 ${large}`)
  })

  test('requests share a connection up to the limit of the server, and then open another', async () => {
    const sessions: Http2Session[] = []
    const waiting: ServerHttp2Stream[] = []
    const port = await h2c((stream) => {
      waiting.push(stream)
      if (waiting.length === 5) for (const one of waiting) one.respond({ ':status': 204 }, { endStream: true })
    }, sessions)
    const to = transport('h2c', port)
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask(to)))
    expect(answers).toEqual(Array(5).fill('204 '))
    expect(sessions.length).toBeLessThanOrEqual(3)
  })

  test('an answer while the content is still being sent', async () => {
    const port = await h2c((stream) => {
      stream.respond({ ':status': 200 })
      stream.once('data', () => stream.end('seen'))
    })
    let cancelled = false
    const endless = new StreamBody(
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode('x')),
        cancel() {
          cancelled = true
        },
      }),
      null,
    )
    expect(await ask(transport('h2c', port), { method: 'POST', content: endless })).toBe('200 seen')
    await new Promise((resolve) => setImmediate(resolve))
    expect(cancelled).toBe(true)
  })

  test('upgrades go by HTTP/1.1', async () => {
    const heads: string[] = []
    const port = await listen(
      createServer((socket) => {
        socket.once('data', (chunk: Buffer) => {
          heads.push(chunk.toString('latin1'))
          socket.end('HTTP/1.1 204 No Content\r\n\r\n')
        })
      }),
    )
    const lines = ['Connection', 'Upgrade', 'Upgrade', 'websocket']
    expect(await ask(transport('h2c', port), { lines, upgrade: 'websocket' })).toBe('204 ')
    expect(heads[0]).toMatch(/^GET \/ HTTP\/1\.1\r\n/)
  })
})

describe('failures', () => {
  test.each<[string, (wire: FrameWire, stream: number) => void, string]>([
    ['nothing and a reset', (wire) => wire.send(frame(RST_STREAM, 0, 1, error(0))), 'protocol body-sent'],
    ['an error', (wire) => wire.send(frame(RST_STREAM, 0, 1, error(2))), 'protocol body-sent'],
    ['the end of the connection', (wire) => wire.socket.destroy(), 'reset body-sent'],
    [
      'GOAWAY',
      (wire) => {
        wire.send(frame(GOAWAY, 0, 0, Buffer.concat([error(1), error(2)])))
        wire.socket.end()
      },
      'protocol body-sent',
    ],
    ['101', (wire) => wire.send(frame(HEADERS, END_HEADERS, 1, section([[':status', '101']]))), 'protocol body-sent'],
    ['no status', (wire) => wire.send(frame(HEADERS, END_HEADERS, 1, section([['x', '1']]))), 'protocol body-sent'],
    ['no HTTP/2', (wire) => wire.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'), 'protocol body-sent'],
    [
      'half an answer, reset without an error',
      (wire) => {
        const head = frame(HEADERS, END_HEADERS, 1, section([[':status', '200']]))
        wire.send(head, frame(DATA, 0, 1, Buffer.from('half')), frame(RST_STREAM, 0, 1, error(0)))
      },
      '200 cut',
    ],
    [
      'half an answer, then nothing',
      (wire) => {
        wire.send(frame(HEADERS, END_HEADERS, 1, section([[':status', '200']])), frame(DATA, 0, 1, Buffer.from('half')))
        wire.socket.end()
      },
      '200 cut',
    ],
    [
      'less than it says',
      (wire) => {
        const head = section([
          [':status', '200'],
          ['content-length', '9'],
        ])
        wire.send(frame(HEADERS, END_HEADERS, 1, head), frame(DATA, END_STREAM, 1, Buffer.from('half')))
      },
      '200 cut',
    ],
  ])('%s', async (_, act, outcome) => {
    const port = await raw((wire) => void wire.frame(HEADERS, 1).then(() => act(wire, 1)))
    expect(await ask(transport('h2c', port))).toBe(outcome)
  })

  test('nobody listens', async () => {
    const gone = createServer()
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve))
    const address = gone.address()
    await new Promise((resolve) => gone.close(resolve))
    const to = transport('h2c', typeof address === 'object' && address !== null ? address.port : 0)
    expect(await Promise.all([ask(to), ask(to)])).toEqual(['connect unsent', 'connect unsent'])
  })

  test('the head does not come in time', async () => {
    const port = await h2c(() => undefined)
    expect(await ask(transport('h2c', port, { responseHeaderTimeoutMs: 100 }))).toBe('timeout body-sent')
  })

  test('a client that leaves: what it began to send never looks complete', async () => {
    const wires: FrameWire[] = []
    const port = await raw((wire) => wires.push(wire))
    const cx = context()
    const endless = new StreamBody(
      new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('half')) }),
      null,
    )
    const outcome = ask(transport('h2c', port), { method: 'POST', content: endless, context: cx })
    while (wires.length === 0) await new Promise((resolve) => setImmediate(resolve))
    const [wire] = wires
    await wire!.frame(DATA, 1)
    cx.abort()
    expect(await outcome).toBe('aborted head-sent')
    expect(await wire!.frame(RST_STREAM, 1)).not.toBeNull()
    expect(wire!.frames.some(({ type, flags }) => type === DATA && (flags & END_STREAM) !== 0)).toBe(false)
  })

  test('a client that leaves while the connection is made', async () => {
    const port = await h2c((stream) => stream.respond({ ':status': 204 }, { endStream: true }))
    const to = transport('h2c', port)
    const cx = context()
    const left = ask(to, { context: cx })
    const stays = ask(to)
    cx.abort()
    expect(await left).toBe('aborted unsent')
    expect(await stays).toBe('204 ')
  })
})

describe('once more', () => {
  /** Answers the first request of the first connection, then breaks every other one there. */
  async function flaky(
    breakIt: (wire: FrameWire, stream: number) => void,
  ): Promise<{ port: number; heads: () => number }> {
    const wires: FrameWire[] = []
    const answer = (wire: FrameWire, stream: number) =>
      wire.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, section([[':status', '204']])))
    const port = await raw((wire) => {
      const isFirst = wires.push(wire) === 1
      void (async () => {
        for (let stream = 1; !wire.closed; stream += 2) {
          if ((await wire.frame(HEADERS, stream)) === null) return
          if (!isFirst || stream === 1) answer(wire, stream)
          else {
            breakIt(wire, stream)
            return
          }
        }
      })()
    })
    const heads = () => wires.flatMap((wire) => wire.frames).filter(({ type }) => type === HEADERS).length
    return { port, heads }
  }

  test.each<[string, string, (wire: FrameWire, stream: number) => void, string]>([
    ['GET, the connection breaks', 'GET', (wire) => wire.socket.destroy(), '204 '],
    ['POST, the connection breaks', 'POST', (wire) => wire.socket.destroy(), 'reset body-sent'],
    [
      'POST, refused before it was looked at',
      'POST',
      (wire, stream) =>
        wire.send(frame(RST_STREAM, 0, stream, error(7)), frame(GOAWAY, 0, 0, Buffer.concat([error(1), error(0)]))),
      '204 ',
    ],
    [
      'GET, refused by an error',
      'GET',
      (wire, stream) => wire.send(frame(RST_STREAM, 0, stream, error(2))),
      'protocol body-sent',
    ],
  ])('%s', async (_, method, breakIt, outcome) => {
    const { port, heads } = await flaky(breakIt)
    const to = transport('h2c', port)
    expect(await ask(to)).toBe('204 ')
    expect(await ask(to, { method })).toBe(outcome)
    expect(heads()).toBe(outcome === '204 ' ? 3 : 2)
  })
})

describe('idle connections', () => {
  test('close after their time', async () => {
    const sessions: Http2Session[] = []
    const port = await h2c((stream) => stream.respond({ ':status': 204 }, { endStream: true }), sessions)
    await ask(transport('h2c', port, { idleConnTimeoutMs: 100 }))
    await new Promise<void>((resolve) => sessions[0]!.on('close', () => resolve()))
  })

  test('that are silent are pinged, and given up without an answer', async () => {
    const wires: FrameWire[] = []
    const port = await raw((wire) => wires.push(wire))
    const outcome = ask(transport('h2c', port, { readIdleTimeoutMs: 100, pingTimeoutMs: 100 }))
    while (wires.length === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(await wires[0]!.frame(PING)).not.toBeNull()
    expect(await outcome).toBe('reset body-sent')
  })

  test('go with the transport', async () => {
    const sessions: Http2Session[] = []
    const port = await h2c((stream) => stream.respond({ ':status': 204 }, { endStream: true }), sessions)
    const to = transport('h2c', port)
    await ask(to)
    to.close()
    await new Promise<void>((resolve) => sessions[0]!.on('close', () => resolve()))
  })
})

describe('over TLS', () => {
  function https(
    options: TlsOptions & { allowHTTP1?: boolean } = {},
    onSocket: (socket: TLSSocket) => void = () => {},
  ) {
    const server = createSecureServer(
      { cert: own.cert, key: own.key, allowHTTP1: true, ...options },
      (asked, answer) => {
        onSocket(asked.socket as TLSSocket)
        answer.end(asked.httpVersion)
      },
    )
    server.on('tlsClientError', () => undefined)
    return listen(server as unknown as Server)
  }
  const trusting = (more: object = {}) => ({ tls: { ...DEFAULT_SERVER_TLS, rootCAs: [ca.cert], ...more } })

  test('HTTP/2 where the server has it, unless it is off', async () => {
    const port = await https()
    expect(await ask(transport('https', port, trusting()))).toBe('200 2.0')
    expect(await ask(transport('https', port, { ...trusting(), http2: false }))).toBe('200 1.1')
  })

  test('a server without it, asked many times at once', async () => {
    const server = createHttps({ cert: own.cert, key: own.key }, (asked, answer) => answer.end(asked.httpVersion))
    const port = await listen(server)
    const to = transport('https', port, trusting())
    expect(await Promise.all(Array.from({ length: 10 }, () => ask(to)))).toEqual(Array(10).fill('200 1.1'))
    expect(await ask(to)).toBe('200 1.1')
  })

  test('an upgrade offers HTTP/1.1 alone', async () => {
    const offered: unknown[] = []
    const port = await https({}, (socket) => offered.push(socket.alpnProtocol))
    await ask(transport('https', port, trusting()), { upgrade: 'x', lines: ['Connection', 'Upgrade', 'Upgrade', 'x'] })
    expect(offered).not.toContain('h2')
  })

  test.each<[string, object, TlsOptions, string]>([
    ['an authority that is not trusted', { rootCAs: [] }, {}, 'tls unsent'],
    ['nothing is verified', { rootCAs: [], insecureSkipVerify: true }, {}, '200 2.0'],
    ['the wrong name', { serverName: 'other.test' }, {}, 'tls unsent'],
    ['the wanted URI, in any case', { peerCertURI: 'SPIFFE://x/server' }, {}, '200 2.0'],
    [
      'the wanted URI, whatever the name',
      { peerCertURI: 'spiffe://x/Server', insecureSkipVerify: true, serverName: 'o' },
      {},
      '200 2.0',
    ],
    ['another URI', { peerCertURI: 'spiffe://x/other', insecureSkipVerify: true }, {}, 'tls unsent'],
    [
      'a URI, but no trust',
      { peerCertURI: 'spiffe://x/Server', insecureSkipVerify: true, rootCAs: [] },
      {},
      'tls unsent',
    ],
    ...([
      ['localhost', '200 2.0'],
      ['other.test', 'tls unsent'],
    ].map(([value, result]) => [
      `a certificate for ${value}`,
      { peerCertSANs: [{ type: 'DNSName', value }], insecureSkipVerify: true, serverName: 'o' },
      {},
      result,
    ]) as [string, object, TlsOptions, string][]),
    // What the server says against the connection is a bad gateway, as in Traefik.
    ['a version that is too low', { maxVersion: 'TLSv1.2' }, { minVersion: 'TLSv1.3' }, 'connect unsent'],
    [
      'a version that is too high',
      { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' },
      { maxVersion: 'TLSv1.2' },
      'connect unsent',
    ],
    ['a common suite', { maxVersion: 'TLSv1.2', cipherSuites: ['ECDHE-ECDSA-AES256-GCM-SHA384'] }, {}, '200 2.0'],
    [
      'no common suite',
      { maxVersion: 'TLSv1.2', cipherSuites: ['ECDHE-ECDSA-AES256-GCM-SHA384'] },
      { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' },
      'connect unsent',
    ],
    [
      'a client certificate that is wanted',
      { certificates: [{ certFile: client.cert, keyFile: client.key }] },
      { requestCert: true, rejectUnauthorized: true, ca: ca.cert, maxVersion: 'TLSv1.2' },
      '200 2.0',
    ],
    [
      'no client certificate',
      {},
      { requestCert: true, rejectUnauthorized: true, ca: ca.cert, maxVersion: 'TLSv1.2' },
      'connect unsent',
    ],
  ])('%s', async (_, tls, server, outcome) => {
    expect(await ask(transport('https', await https(server), trusting(tls)))).toBe(outcome)
  })
})
