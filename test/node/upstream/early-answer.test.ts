import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { startProxy, type TestProxy } from '../../support/node-proxy.ts'
import {
  DATA,
  END_HEADERS,
  END_STREAM,
  FrameWire,
  frame,
  HEADERS,
  SETTINGS,
  section,
  WINDOW_UPDATE,
} from '../http2/frames.ts'
import { service, TcpRig } from '../tcp/rig.ts'

let proxy: TestProxy | null = null
let server: Server | null = null
const rig = new TcpRig()
afterEach(async () => {
  await proxy?.stop()
  proxy = null
  server?.close()
  await rig.close()
})

/** A server on a free port that does so with each connection; the address. */
async function listen(accept: (socket: Socket) => void): Promise<string> {
  server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined)
    accept(socket)
  })
  await new Promise<void>((listening) => server!.listen(0, '127.0.0.1', listening))
  const address = server.address()
  return typeof address === 'object' && address !== null ? `127.0.0.1:${address.port}` : ''
}

async function front(url: string): Promise<number> {
  proxy = await startProxy(
    JSON.stringify({
      http: {
        routers: { r: { rule: 'PathPrefix(`/`)', service: 's' } },
        services: { s: { loadBalancer: { servers: [{ url }] } } },
      },
    }),
  )
  return proxy.port
}

/** Uploads without end until the answer is there; what came. */
const upload = (port: number): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const piece = Buffer.alloc(64 * 1024)
    let text = ''
    const more = () => {
      if (socket.destroyed || text !== '') return
      if (socket.write(piece)) setImmediate(more)
      else socket.once('drain', more)
    }
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (text.endsWith('big')) socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(text))
    socket.write('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 300000000\r\n\r\n')
    more()
  })

const ROUNDS = 25

describe('a server that answers an upload at once and closes with content unread', () => {
  const answered = /^HTTP\/1\.1 413 Request Entity Too Large\r\n[\s\S]*\r\n\r\nbig$/

  test('over HTTP/1.1', async () => {
    let requests = 0
    const address = await listen((socket) => {
      requests++
      socket.once('data', () => {
        socket.pause()
        socket.write('HTTP/1.1 413 Request Entity Too Large\r\nContent-Length: 3\r\n\r\nbig')
        socket.destroy()
      })
    })
    const port = await front(`http://${address}`)
    for (let round = 0; round < ROUNDS; round++) expect(await upload(port)).toMatch(answered)
    // A connection for each: none is used again, and nothing is sent twice.
    expect(requests).toBe(ROUNDS)
  })

  test('over HTTP/2', async () => {
    let requests = 0
    const address = await listen((socket) => {
      const wire = new FrameWire(socket)
      // Windows so large that the upload never waits for them.
      wire.send(frame(SETTINGS, 0, 0, Buffer.from([0, 4, 0x7f, 0xff, 0xff, 0xff])))
      wire.send(frame(WINDOW_UPDATE, 0, 0, Buffer.from([0x70, 0, 0, 0])))
      void wire.frame(DATA).then((first) => {
        if (first === null) return
        requests++
        socket.pause()
        wire.send(
          frame(HEADERS, END_HEADERS, first.stream, section([[':status', '413']])),
          frame(DATA, END_STREAM, first.stream, Buffer.from('big')),
        )
        socket.destroy()
      })
    })
    const port = await front(`h2c://${address}`)
    for (let round = 0; round < ROUNDS; round++) expect(await upload(port)).toMatch(/^HTTP\/1\.1 413 [\s\S]*big/)
    expect(requests).toBe(ROUNDS)
  })

  test('and without an answer: 502, and the upload is not sent again', async () => {
    let requests = 0
    const address = await listen((socket) => {
      requests++
      socket.once('data', () => socket.destroy())
    })
    const port = await front(`http://${address}`)
    expect(await upload(port)).toMatch(/^HTTP\/1\.1 502 /)
    expect(requests).toBe(1)
  })
})

/** Sends without end; what came until the connection closed. */
const flood = (port: number, head: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const piece = Buffer.alloc(64 * 1024)
    let text = ''
    const more = () => {
      if (socket.destroyed) return
      if (socket.write(piece)) setImmediate(more)
      else socket.once('drain', more)
    }
    socket.on('data', (chunk: Buffer) => {
      if (text === '') more()
      text += chunk.toString('latin1')
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(text))
    socket.write(head)
  })

describe('last words of a server that closes with octets unread', () => {
  const LAST = 'x'.repeat(20_000)
  /** Says something when it has heard something and, when it hears more, its last words. */
  const curt = (first: string) => (socket: Socket) => {
    socket.once('data', () => {
      socket.write(first)
      socket.once('data', () => {
        socket.pause()
        socket.write(`${LAST}over`)
        socket.destroy()
      })
    })
  }

  test('of a WebSocket', async () => {
    const switched = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
    const port = await front(`http://${await listen(curt(switched))}`)
    const head = 'GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
    for (let round = 0; round < ROUNDS; round++) expect(await flood(port, head)).toMatch(/over$/)
  })

  test('of a TCP service', async () => {
    const address = await listen(curt('hi'))
    const { e } = await rig.proxy({
      tcp: { routers: { r: { rule: 'HostSNI(`*`)', service: 's' } }, services: { s: service([address]) } },
    })
    for (let round = 0; round < ROUNDS; round++) expect(await flood(e, 'hello')).toMatch(/over$/)
  })
})
