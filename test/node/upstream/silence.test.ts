import { createServer, type Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { NodeTransports } from '../../../adapters/node/upstream/transports.ts'
import { UpstreamFailure } from '../../../src/http/failure.ts'
import { requestOf, TestContext } from '../../support/middleware.ts'
import { get, plainTransport, Rig, type Wire } from '../http1/rig.ts'

/** How long a server may do nothing: `proxy-read-timeout` and `proxy-send-timeout` of ingress-nginx. */

let rig: Rig
let server: Http2Server | null = null
afterEach(() => {
  rig?.close()
  server?.close()
  server = null
})

const READ = { readTimeoutMs: 300 }

async function exchange(octets: string): Promise<[Wire, Wire]> {
  const client = await rig.client(octets)
  const upstream = await rig.connection(rig.server.length)
  await upstream.seen('\r\n\r\n')
  return [client, upstream]
}

describe('a server that is silent', () => {
  test('before its answer is 504', async () => {
    rig = await new Rig().start(null, {}, READ)
    const [client, upstream] = await exchange(get())
    await client.seen('Gateway Timeout')
    await upstream.over()
  })

  test('within its answer is cut off, and so is the answer', async () => {
    rig = await new Rig().start(null, {}, READ)
    const [client, upstream] = await exchange(get())
    upstream.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc')
    await client.seen('abc')
    await upstream.over()
    await client.over()
    expect(client.text).not.toContain('Gateway Timeout')
  })

  test('for less than the time, again and again, is waited for', async () => {
    rig = await new Rig().start(null, {}, READ)
    const [client, upstream] = await exchange(get())
    upstream.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n')
    let sent = 0
    await new Promise<void>((done) => {
      const timer = setInterval(() => {
        upstream.send('x')
        if (++sent < 10) return
        clearInterval(timer)
        done()
      }, 60)
    })
    await client.seen('x'.repeat(10))
  })

  test('after an upgrade is cut off', async () => {
    rig = await new Rig().start(null, {}, READ)
    const [client, upstream] = await exchange(get('/', 'Connection: Upgrade\r\nUpgrade: x\r\n'))
    upstream.send('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nhello')
    await client.seen('hello')
    await upstream.over()
    await client.over()
  })

  test('between two requests is kept', async () => {
    rig = await new Rig().start(null, {}, READ)
    const [client, upstream] = await exchange(get())
    upstream.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    await client.seen('ok')
    await new Promise((resolve) => setTimeout(resolve, 700))
    client.take()
    upstream.take()
    client.send(get())
    await upstream.seen('\r\n\r\n')
    upstream.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    await client.seen('ok')
    expect(rig.server).toHaveLength(1)
  })

  test('is not to blame for a client that sends slowly', async () => {
    rig = await new Rig().start(null, {}, { readTimeoutMs: 300, writeTimeoutMs: 300 })
    const [client, upstream] = await exchange('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na')
    await new Promise((resolve) => setTimeout(resolve, 900))
    client.send('b')
    await upstream.seen('ab')
    upstream.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    await client.seen('ok')
  })

  test('and takes nothing of a request is given up', async () => {
    rig = await new Rig().start(null, {}, { writeTimeoutMs: 300 })
    const client = await rig.client('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n')
    const upstream = await rig.connection()
    upstream.socket.pause()
    const piece = 'x'.repeat(64 * 1024)
    const more = (): void => {
      if (client.socket.destroyed || client.text !== '') return
      if (client.socket.write(piece)) setImmediate(more)
      else client.socket.once('drain', more)
    }
    more()
    await client.seen('Gateway Timeout')
  })

  test('is a timeout over HTTP/2 too, before its answer and within', async () => {
    server = createServer()
    server.on('stream', (stream, headers) => {
      stream.on('error', () => undefined)
      if (headers[':path'] === '/none') return
      stream.respond({ ':status': 200 })
      stream.write('abc')
    })
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
    const transports = new NodeTransports({ log() {} })
    const { port } = server.address() as AddressInfo
    const options = { ...plainTransport, ...READ, http2: true }
    const transport = transports.open({ scheme: 'h2c', host: '127.0.0.1', port, options })
    try {
      const none = await transport.send(requestOf({ target: '/none' }), new TestContext())
      expect(none).toBeInstanceOf(UpstreamFailure)
      expect((none as UpstreamFailure).kind).toBe('timeout')
      const half = await transport.send(requestOf({ target: '/half' }), new TestContext())
      expect(half).not.toBeInstanceOf(UpstreamFailure)
      const { content } = half as Exclude<typeof half, UpstreamFailure>
      await expect((content as { bytes(limit: number): Promise<Uint8Array> }).bytes(100)).rejects.toThrow()
    } finally {
      transport.close()
    }
  })
})
