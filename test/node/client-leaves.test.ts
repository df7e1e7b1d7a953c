import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startProxy, startServer, type TestProxy } from '../support/node-proxy.ts'
import { until } from '../support/until.ts'
import { turns } from './http1/rig.ts'

/** Everything that reads the content of a request before, or while, it is sent on. */
const READERS = [
  'none',
  'buffering',
  'forwardAuth',
  'retry',
  'errors',
  'compress',
  'grpcWeb',
  'mirroring',
  'failover',
] as const

let proxy: TestProxy
let server: Awaited<ReturnType<typeof startServer>>
const dir = mkdtempSync(path.join(os.tmpdir(), 'signalbox-leaves-'))
const log = path.join(dir, 'access.log')

beforeAll(async () => {
  server = await startServer((request, response) => {
    request.on('error', () => undefined)
    request.on('end', () => response.end('ok')).resume()
  })
  const middlewares = {
    buffering: { buffering: { maxRequestBodyBytes: 2_000_000 } },
    forwardAuth: { forwardAuth: { address: server.url, forwardBody: true } },
    retry: { retry: { attempts: 3, initialInterval: '1ms', status: ['500-599'], retryNonIdempotentMethod: true } },
    errors: { errors: { status: ['500-599'], service: 's', query: '/page' } },
    compress: { compress: {} },
    grpcWeb: { grpcWeb: { allowOrigins: ['*'] } },
    // Counts whatever looks like a failure of ours, with nothing to make it up.
    breaker: { circuitBreaker: { expression: 'ResponseCodeRatio(500, 600, 0, 600) > 0.0', checkPeriod: '1ms' } },
  }
  const s = {
    loadBalancer: {
      servers: [{ url: server.url }],
      passiveHealthCheck: { failureWindow: '1m', maxFailedAttempts: 1 },
    },
  }
  const routers = Object.fromEntries(
    READERS.map((name) => [
      name,
      {
        rule: `Path(\`/${name}\`)`,
        service: ['mirroring', 'failover'].includes(name) ? name : 's',
        middlewares: ['breaker', ...(Object.hasOwn(middlewares, name) ? [name] : [])],
      },
    ]),
  )
  const services = {
    s,
    mirroring: { mirroring: { service: 's', mirrors: [{ name: 's', percent: 100 }] } },
    failover: {
      failover: { service: 's', fallback: 's', errors: { status: ['500-599'], maxRequestBodyBytes: 2_000_000 } },
    },
  }
  proxy = await startProxy(JSON.stringify({ http: { routers, services, middlewares } }), [
    '--accessLog=true',
    `--accessLog.filePath=${log}`,
  ])
})

afterAll(async () => {
  await proxy.stop()
  await server.close()
  rmSync(dir, { recursive: true, force: true })
})

let seen = 0
/** The status of the exchange that is logged next. */
async function logged(): Promise<number> {
  const lines = await until(
    () => readFileSync(log, 'utf8').split('\n').slice(0, -1),
    ({ length }) => length > seen,
  )
  const line = lines[seen++]!
  return Number(/" (\d+) /.exec(line)?.[1])
}

const head = (name: string, length: number) =>
  `POST /${name} HTTP/1.1\r\nHost: h\r\nContent-Type: application/grpc-web\r\nContent-Length: ${length}\r\n\r\n`

/** What was written has left, and the proxy, which is in this process, has had turns to read it. */
async function passed(written: { readonly writableLength: number }): Promise<void> {
  await until(
    () => written.writableLength,
    (length) => length === 0,
  )
  await turns(10)
}

const ENDINGS: Readonly<Record<string, (socket: Socket) => void>> = {
  reset: (socket) => void socket.resetAndDestroy(),
  close: (socket) => void socket.destroy(),
  'half-close': (socket) => void socket.end(),
}

describe.each(READERS)('%s', (name) => {
  test.each(Object.keys(ENDINGS))('%s in the middle of the content is logged as 499', async (ending) => {
    const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true })
    socket.on('error', () => undefined)
    socket.write(head(name, 100_000) + 'x'.repeat(30_000))
    await passed(socket)
    ENDINGS[ending]!(socket)
    expect(await logged()).toBe(499)
    socket.destroy()
  })

  test.each(['stream', 'session', 'socket'])('a lost HTTP/2 %s is logged as 499', async (lost) => {
    const session = connectHttp2(proxy.url)
    session.on('error', () => undefined)
    const stream = session.request({ ':method': 'POST', ':path': `/${name}`, 'content-type': 'application/grpc-web' })
    stream.on('error', () => undefined)
    stream.write('x'.repeat(30_000))
    await passed(stream)
    if (lost === 'stream') stream.close(8)
    else if (lost === 'session') session.destroy()
    else session.socket.destroy()
    expect(await logged()).toBe(499)
    session.destroy()
  })

  test('and is no failure for who counts them', async () => {
    const response = await fetch(`${proxy.url}/${name}`, { method: 'POST', body: 'x' })
    expect([response.status, await response.text()]).toEqual([200, 'ok'])
    expect(await logged()).toBe(200)
  })
})
