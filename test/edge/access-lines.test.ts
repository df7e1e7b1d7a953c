import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { temporaryFile } from './files.ts'
import { origin } from './proxy.ts'

const cli = path.resolve(import.meta.dirname, '../../dist/cli.js')

/** A command that serves, and the access lines that it has printed. */
function serving(...args: string[]) {
  const child = spawn(process.execPath, [cli, ...args])
  onTestFinished(async () => {
    if (child.exitCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk
    })
  }
  const lines = () =>
    output
      .split('\n')
      .filter((line) => line.startsWith('{') && line.includes('"RequestPath"'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  return { lines, output: () => output }
}

/** Fields whose values are of the place and the time. */
const OWN = [
  ...['ClientAddr', 'ClientPort', 'RequestAddr', 'RequestPort', 'RequestHost', 'StartLocal', 'StartUTC', 'time'],
  ...['Duration', 'OriginDuration', 'Overhead', 'entryPointName', 'origin_Date', 'downstream_Date'],
]

/** Retries begin with another server, and the platform repeats what never went out. */
const OF_ATTEMPTS = ['RequestCount', 'RetryAttempts', 'ServiceAddr', 'ServiceURL']

/**
 * What goes over a WebSocket on the edge is the platform's business, and so is what compressed content comes to and how
 * much a client took that left.
 */
const OUT_OF_SIGHT = ['/socket', '/text', '/aborted']
const SIZES = ['DownstreamContentSize', 'GzipRatio', 'OriginContentSize', 'RequestContentSize']

/** What only lines on the edge have. */
const EDGE = ['ASN', 'Colo', 'Country', 'EdgeRay', 'EdgeRevision']

test('are one for each of 10,000 requests, with the fields that Node gives them, and those of the network', {
  timeout: 120_000,
}, async () => {
  const compressed = gzipSync('text '.repeat(200))
  const { url, server } = await origin((incoming, response) => {
    // A server that ends a connection which was used before is asked again by Node, without a word.
    response.shouldKeepAlive = false
    const { pathname } = new URL(incoming.url!, 'http://a')
    if (pathname === '/304') response.writeHead(304, { ETag: '"a"' }).end()
    else if (pathname === '/aborted') {
      // The platform tells of a client that left when there is something to send to it.
      response.writeHead(200).write('the beginning')
      const more = setInterval(() => response.write('more'), 50)
      response.on('close', () => clearInterval(more))
    } else if (pathname === '/text') response.writeHead(200, { 'Content-Type': 'text/plain' }).end('text '.repeat(1000))
    else if (pathname === '/gzip') {
      response.writeHead(200, { 'Content-Encoding': 'gzip', 'Content-Length': compressed.length }).end(compressed)
    } else incoming.resume().on('end', () => response.writeHead(200, { 'Content-Length': 5 }).end('hello'))
  })
  server.on('upgrade', ({ headers }, socket) => {
    const accept = createHash('sha1').update(`${headers['sec-websocket-key']}${GUID}`).digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    // It says that it goes, and goes when the other side has said so too.
    socket.write(Buffer.from([0x88, 0x02, 0x03, 0xe8]))
    socket.on('data', () => socket.end()).on('error', () => socket.destroy())
  })
  const config = temporaryFile(
    'dynamic.yml',
    JSON.stringify({
      http: {
        routers: {
          r: { rule: 'PathPrefix(`/`)', service: 's', priority: 1 },
          retried: { rule: 'Path(`/retried`)', service: 'half', middlewares: ['again'] },
          gone: { rule: 'Path(`/502`)', service: 'gone' },
          user: { rule: 'Path(`/401`)', service: 's', middlewares: ['user'] },
          text: { rule: 'Path(`/text`)', service: 's', middlewares: ['smaller'] },
        },
        middlewares: {
          again: { retry: { attempts: 3 } },
          user: { basicAuth: { users: ['ann:{SHA}nothing'] } },
          smaller: { compress: {} },
        },
        services: {
          s: { loadBalancer: { servers: [{ url }] } },
          half: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:1' }, { url }] } },
          gone: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:1' }] } },
        },
      },
    }),
  )
  const install = (port: number, file = '') =>
    temporaryFile(
      'traefik.yml',
      JSON.stringify({
        entryPoints: { web: { address: `:${port}` } },
        ...(file === '' ? {} : { providers: { file: { filename: file } } }),
        accessLog: { format: 'json', fields: { headers: { names: { 'X-Seen': 'keep', Etag: 'keep' } } } },
      }),
    )
  const [nodePort, edgePort] = [await freePort(), await freePort()]
  const node = serving('run', '--configFile', install(nodePort, config))
  const edge = serving('edge', 'dev', '--port', String(edgePort), '--config', config, '--configFile', install(1))
  for (const [port, { lines, output }] of [
    [nodePort, node],
    [edgePort, edge],
  ] as const) {
    await until(
      () => send(port, 'GET', '/ready').catch(() => 0),
      (status) => status === 200,
    )
    const found = () => lines().filter(({ RequestPath }) => RequestPath !== '/ready').length
    await sendAll(port)
    await until(
      async () => found(),
      (count) => count >= COUNT,
      60_000,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${output().slice(-10_000)}`)
    })
    expect(found()).toBe(COUNT)
  }
  const compared = (line: Record<string, unknown>) => {
    const left = [...OWN, ...EDGE, ...OF_ATTEMPTS]
    const isOutOfSight = OUT_OF_SIGHT.some((path) => String(line.RequestPath).startsWith(path))
    if (isOutOfSight) left.push(...SIZES)
    return Object.fromEntries(Object.entries(line).filter(([name]) => !left.includes(name)))
  }
  // Each request has a path of its own.
  const linesOf = ({ lines }: typeof node) =>
    new Map(
      lines()
        .filter(({ RequestPath }) => RequestPath !== '/ready')
        .map((line) => [line.RequestPath, line]),
    )
  const [onNode, onEdge] = [linesOf(node), linesOf(edge)]
  expect([onNode.size, onEdge.size]).toEqual([COUNT, COUNT])
  for (const [path, line] of onEdge) {
    expect(compared(line)).toEqual(compared(onNode.get(path)!))
    expect(line).toMatchObject({ Colo: 'DEV', EdgeRevision: expect.any(Number), entryPointName: 'web' })
  }
})

const COUNT = 10_000
const AT_ONCE = 16

// RFC 6455, section 1.3.
const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

const KINDS: readonly (readonly [method: string, path: string, headers?: Record<string, string>, content?: string])[] =
  [
    ['GET', '/plain'],
    ['HEAD', '/plain'],
    ['POST', '/content', {}, 'some content'],
    ['GET', '/304'],
    ['GET', '/gzip'],
    ['GET', '/text', { 'Accept-Encoding': 'gzip' }],
    ['GET', '/retried'],
    ['GET', '/502'],
    ['GET', '/401'],
    ['GET', '/aborted'],
    [
      'GET',
      '/socket',
      { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': KEY },
    ],
  ]

/** All kinds of requests in turn, some at once. */
async function sendAll(port: number): Promise<void> {
  let next = 0
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  onTestFinished(() => agent.destroy())
  const sendSome = async () => {
    while (next < COUNT) {
      const number = next++
      const [method, path, headers, content] = KINDS[number % KINDS.length]!
      await send(port, method, `${path}?${number}`, headers, content, agent)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, sendSome))
}

function send(
  port: number,
  method: string,
  target: string,
  headers: Record<string, string> = {},
  content?: string,
  agent: Agent | false = false,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: '127.0.0.1', port, method, path: target, headers: { 'X-Seen': 'yes', ...headers }, agent },
      (response) => {
        response.on('close', () => resolve(response.statusCode ?? 0)).on('error', () => undefined)
        if (target.startsWith('/aborted')) response.once('data', () => response.destroy())
        else response.resume()
      },
    )
    outgoing.on('upgrade', (_, socket) => {
      socket.on('close', () => resolve(101)).on('error', () => undefined)
      // A masked Close frame without content.
      socket.resume().end(Buffer.from([0x88, 0x80, 0, 0, 0, 0]))
    })
    outgoing.on('error', reject).end(content)
  })
}
