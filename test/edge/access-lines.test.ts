import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../support/node-proxy.ts'
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

/** What only lines on the edge have. */
const EDGE = ['ASN', 'Colo', 'Country', 'EdgeRay', 'EdgeRevision']

test('are one for each request, with the fields that Node gives them, and those of the network', {
  timeout: 90_000,
}, async () => {
  const compressed = gzipSync('text '.repeat(200))
  const { url } = await origin((incoming, response) => {
    // A server that ends a connection which was used before is asked again by Node, without a word.
    response.shouldKeepAlive = false
    const { pathname } = new URL(incoming.url!, 'http://a')
    if (pathname === '/304') response.writeHead(304, { ETag: '"a"' }).end()
    else if (pathname === '/gzip') {
      response.writeHead(200, { 'Content-Encoding': 'gzip', 'Content-Length': compressed.length }).end(compressed)
    } else incoming.resume().on('end', () => response.writeHead(200, { 'Content-Length': 5 }).end('hello'))
  })
  const config = temporaryFile(
    'dynamic.yml',
    JSON.stringify({
      http: {
        routers: {
          r: { rule: 'PathPrefix(`/`)', service: 's' },
          retried: { rule: 'Path(`/retried`)', service: 'half', middlewares: ['again'] },
          gone: { rule: 'Path(`/502`)', service: 'gone' },
          user: { rule: 'Path(`/401`)', service: 's', middlewares: ['user'] },
        },
        middlewares: {
          again: { retry: { attempts: 3 } },
          user: { basicAuth: { users: ['ann:{SHA}nothing'] } },
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
  const requests: (readonly [string, string, string?])[] = [
    ['GET', '/plain?q=1'],
    ['HEAD', '/plain'],
    ['POST', '/content', 'some content'],
    ['GET', '/304'],
    ['GET', '/gzip'],
    ['GET', '/retried'],
    ['GET', '/502'],
    ['GET', '/401'],
  ]
  for (const [port, { lines, output }] of [
    [nodePort, node],
    [edgePort, edge],
  ] as const) {
    await until(
      () => send(port, 'GET', '/ready').catch(() => 0),
      (status) => status === 200,
    )
    for (const [method, target, content] of requests) await send(port, method, target, content)
    const count = () => lines().filter(({ RequestPath }) => RequestPath !== '/ready').length
    await until(
      async () => count(),
      (found) => found >= requests.length,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${output()}`)
    })
    expect(count()).toBe(requests.length)
  }
  const compared = (line: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(line).filter(
        ([name]) => ![...OWN, ...EDGE, 'RequestCount', 'RetryAttempts', 'ServiceAddr', 'ServiceURL'].includes(name),
      ),
    )
  const linesOf = ({ lines }: typeof node) =>
    lines()
      .filter(({ RequestPath }) => RequestPath !== '/ready')
      .sort((a, b) => Number(a.RequestCount) - Number(b.RequestCount))
  expect(linesOf(edge).map(compared)).toEqual(linesOf(node).map(compared))
  for (const line of linesOf(edge)) {
    expect(line).toMatchObject({ Colo: 'DEV', EdgeRevision: expect.any(Number), entryPointName: 'web' })
  }
})

function send(port: number, method: string, target: string, content?: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: '127.0.0.1', port, method, path: target, headers: { 'X-Seen': 'yes' }, agent: false },
      (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0))
      },
    )
    outgoing.on('error', reject).end(content)
  })
}
