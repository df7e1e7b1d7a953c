import { connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { startProxy, startServer, type TestProxy } from '../support/node-proxy.ts'
import { startRawServer, talk } from '../support/raw-server.ts'
import { until } from '../support/until.ts'

let proxy: TestProxy
let server: { readonly url: string; close(): Promise<void> }
afterEach(async () => {
  await proxy.stop()
  await server.close()
})

const MIB = 1024 * 1024

describe('content that is kept', () => {
  async function start(): Promise<void> {
    server = await startServer((request, response) => {
      if (request.url === '/large') response.end(Buffer.alloc(6 * MIB))
      else request.on('end', () => response.end('ok')).resume()
    })
    const middlewares = {
      buffering: { buffering: { memRequestBodyBytes: 1000 } },
      forwardAuth: { forwardAuth: { address: server.url, forwardBody: true } },
      retry: { retry: { attempts: 2, status: ['503'], retryNonIdempotentMethod: true } },
      replace: { replacePath: { path: '/large' } },
    }
    const services = {
      s: { loadBalancer: { servers: [{ url: server.url }] } },
      mirroring: { mirroring: { service: 's', mirrors: [{ name: 's', percent: 100 }] } },
      failover: { failover: { service: 's', fallback: 's', errors: { status: ['500'] } } },
    }
    const routers = Object.fromEntries(
      ['buffering', 'forwardAuth', 'retry', 'mirroring', 'failover'].map((name) => [
        name,
        {
          rule: `Path(\`/${name}\`)`,
          service: Object.hasOwn(services, name) ? name : 's',
          middlewares: Object.hasOwn(middlewares, name) ? [name] : [],
        },
      ]),
    )
    const answer = { rule: 'Path(`/answer`)', service: 's', middlewares: ['buffering', 'replace'] }
    proxy = await startProxy(JSON.stringify({ http: { routers: { ...routers, answer }, services, middlewares } }), [
      `--core.maxBufferedBytes=${4 * MIB}`,
    ])
  }

  /** A client that has sent so much and does not go on. */
  async function stuck(name: string, bytes: number): Promise<Socket> {
    const socket = connect(proxy.port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(`POST /${name} HTTP/1.1\r\nHost: h\r\nContent-Length: ${bytes + 1}\r\n\r\n`)
    socket.write(Buffer.alloc(bytes))
    await until(
      () => socket.writableLength,
      (length) => length === 0,
    )
    return socket
  }

  const post = async (name: string, bytes: number): Promise<[number, string | null]> => {
    const response = await fetch(`${proxy.url}/${name}`, { method: 'POST', body: Buffer.alloc(bytes) })
    await response.arrayBuffer()
    return [response.status, response.headers.get('retry-after')]
  }

  test.each(['buffering', 'forwardAuth', 'retry', 'mirroring', 'failover'])(
    'has one memory for all: %s is refused beyond it, and served when others have left',
    async (name) => {
      await start()
      expect(await post(name, 3 * MIB)).toEqual([200, null])
      const clients: Socket[] = []
      await until(
        async () => {
          clients.push(await stuck(clients.length % 2 === 0 ? 'buffering' : name, MIB))
          return post(name, 2 * MIB)
        },
        ([status, after]) => status === 503 && after === '1',
      )
      for (const client of clients) client.resetAndDestroy()
      // All of it can be had again: nothing of the clients that left, nor of the refusals, is still counted.
      await until(
        () => post(name, 3.5 * MIB),
        ([status]) => status === 200,
      )
    },
  )

  test('counts answers, too', async () => {
    await start()
    const response = await fetch(`${proxy.url}/answer`)
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
    await response.arrayBuffer()
    await until(
      () => post('buffering', 3.5 * MIB),
      ([status]) => status === 200,
    )
  })
})

describe('1xx answers', () => {
  const hint = `HTTP/1.1 103 Early Hints\r\nLink: ${'x'.repeat(10_000)}\r\n\r\n`

  async function start(): Promise<void> {
    server = await startRawServer((socket) => {
      socket.write(hint.repeat(60))
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
    proxy = await startProxy(
      JSON.stringify({
        http: {
          routers: { r: { rule: 'PathPrefix(`/`)', service: 's' } },
          services: { s: { loadBalancer: { servers: [{ url: server.url }] } } },
        },
      }),
    )
  }

  test('beyond 64 KiB are left out', async () => {
    await start()
    const text = await talk(proxy.port, 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n')
    expect(text.split('HTTP/1.1 103').length - 1).toBe(6)
    expect(text).toMatch(/HTTP\/1\.1 200 OK\r\n[\s\S]*ok$/)
  })

  test('beyond 64 KiB are left out over HTTP/2', async () => {
    await start()
    const session = connectHttp2(proxy.url)
    const stream = session.request({ ':path': '/' })
    let hints = 0
    stream.on('headers', () => hints++)
    const status = await new Promise((resolve) => stream.on('response', (fields) => resolve(fields[':status'])))
    session.destroy()
    expect([status, hints]).toEqual([200, 6])
  })
})
