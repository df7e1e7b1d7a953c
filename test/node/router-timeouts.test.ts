import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import net, { type AddressInfo, type Socket } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startProxy } from '../support/node-proxy.ts'
import { startRawServer, talk } from '../support/raw-server.ts'
import { until } from '../support/until.ts'

const routing = (url: string, timeouts: string) => `http:
  routers:
    r: {rule: "PathPrefix(\`/\`)", service: s, timeouts: ${timeouts}}
    free: {rule: "Path(\`/free\`)", service: s}
  services:
    s: {loadBalancer: {servers: [{url: "${url}"}]}}
`

/** A proxy in front of a server, and what its access log says of the statuses. */
async function proxyTo(url: string, timeouts: string) {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'signalbox-timeouts-'))
  const log = path.join(dir, 'access.log')
  const proxy = await startProxy(routing(url, timeouts), ['--accessLog=true', `--accessLog.filePath=${log}`])
  onTestFinished(async () => {
    await proxy.stop()
    rmSync(dir, { recursive: true, force: true })
  })
  const statuses = async (count: number) => {
    const lines = await until(
      () => readFileSync(log, 'utf8').split('\n').slice(0, -1),
      ({ length }) => length >= count,
    )
    return lines.map((line) => Number(/" (\d+) /.exec(line)?.[1]))
  }
  return { ...proxy, statuses }
}

/** A server that answers heads as told, by path, and knows its connections. */
async function server(answer: (socket: Socket, target: string) => void) {
  const sockets = new Set<Socket>()
  const raw = await startRawServer((socket, head) => {
    sockets.add(socket)
    answer(socket, head.split(' ')[1] ?? '')
  })
  onTestFinished(() => raw.close())
  return { url: raw.url, made: () => sockets.size, open: () => [...sockets].filter((socket) => !socket.closed).length }
}

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const get = (target: string) => `GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`
const lastGet = (target: string) => `GET ${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`

test('no head in time: 504; the server is let go, the client may go on', async () => {
  const { url, open } = await server((socket, target) => {
    if (target !== '/silent') socket.write(ok)
  })
  const proxy = await proxyTo(url, '{responseHeader: 60ms}')
  const text = await talk(proxy.port, get('/silent') + get('/fast') + lastGet('/free'))
  expect(text.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 504', 'HTTP/1.1 200', 'HTTP/1.1 200'])
  expect(text).toContain('Gateway Timeout')
  await until(open, (count) => count <= 1)
  expect(await proxy.statuses(3)).toEqual([504, 200, 200])
})

test.each([
  ['of known length', ok],
  ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'],
])('a server that answers in time, %s, keeps its connection', async (_how, answer) => {
  const { url, made } = await server((socket) => socket.write(answer))
  const proxy = await proxyTo(url, '{responseHeader: 5s, total: 10s}')
  const post = 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc'
  const text = await talk(proxy.port, get('/') + post + get('/') + lastGet('/'))
  expect(text.match(/HTTP\/1.1 \d+/g)).toEqual(Array(4).fill('HTTP/1.1 200'))
  expect(made()).toBe(1)
})

test.each([
  ['of known length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart'],
  ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n'],
])('content %s that stalls breaks off', async (_how, start) => {
  const { url, open } = await server((socket) => socket.write(start))
  const proxy = await proxyTo(url, '{total: 80ms}')
  const text = await talk(proxy.port, get('/') + get('/never'))
  expect(text).toMatch(/^HTTP\/1.1 200 /)
  expect(text).toContain('part')
  expect(text).not.toContain('\r\n0\r\n')
  await until(open, (count) => count === 0)
})

test('an upload that the server does not take', async () => {
  const { url, open } = await server(() => {})
  const proxy = await proxyTo(url, '{responseHeader: 80ms}')
  const head = 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n'
  expect(await talk(proxy.port, head + 'x'.repeat(100_000))).toMatch(/^HTTP\/1.1 504 /)
  await until(open, (count) => count === 0)
  expect(await proxy.statuses(1)).toEqual([504])
})

test('a small upload that stalls leaves the connection usable', async () => {
  const { url } = await server((socket, target) => {
    if (target !== '/up') socket.write(ok)
  })
  const proxy = await proxyTo(url, '{responseHeader: 60ms}')
  const socket = net.connect(proxy.port, '127.0.0.1')
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  socket.write('POST /up HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf')
  await until(
    () => text,
    (got) => got.includes('Gateway Timeout'),
  )
  socket.write(`-again${lastGet('/fast')}`)
  await once(socket, 'close')
  expect(text.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 504', 'HTTP/1.1 200'])
})

test('an HTTP/2 client gets a 504, and a reset within the content', async () => {
  const { url, open } = await server((socket, target) => {
    if (target === '/stall') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart')
    if (target === '/fast') socket.write(ok)
  })
  const proxy = await proxyTo(url, '{responseHeader: 60ms, total: 100ms}')
  const client = connectHttp2(proxy.url)
  onTestFinished(() => client.destroy())
  const ask = async (target: string) => {
    const stream = client.request({ ':path': target })
    const answered = new Promise<number>((resolve) =>
      stream.on('response', (fields) => resolve(Number(fields[':status']))),
    )
    let size = 0
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length
    })
    stream.on('error', () => {
      // The code of the reset is looked at.
    })
    await new Promise((closed) => stream.on('close', closed))
    return { status: await answered, size, code: stream.rstCode }
  }
  const [silent, stall, fast] = await Promise.all([ask('/silent'), ask('/stall'), ask('/fast')])
  expect(silent).toMatchObject({ status: 504, code: 0 })
  expect(stall).toMatchObject({ status: 200, size: 4 })
  expect(stall.code).not.toBe(0)
  expect(fast).toEqual({ status: 200, size: 2, code: 0 })
  await until(open, (count) => count <= 1)
})

test('an HTTP/2 server is told that nobody waits', async () => {
  let reset = 0
  const upstream = createHttp2Server()
  upstream.on('stream', (stream) => {
    stream.on('error', () => {
      // It is reset: that is what is counted.
    })
    stream.on('aborted', () => {
      reset++
    })
  })
  await new Promise<void>((listening) => upstream.listen(0, '127.0.0.1', listening))
  onTestFinished(() => void upstream.close())
  const { port } = upstream.address() as AddressInfo
  const proxy = await proxyTo(`h2c://127.0.0.1:${port}`, '{responseHeader: 60ms}')
  expect(await talk(proxy.port, lastGet('/'))).toMatch(/^HTTP\/1.1 504 /)
  await until(
    () => reset,
    (count) => count === 1,
  )
})
