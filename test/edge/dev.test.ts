import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { renameSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, type RequestOptions, request } from 'node:http'
import { request as requestTls } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import path from 'node:path'
import { text as streamText } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFile } from './files.ts'
import { echo, origin } from './proxy.ts'

const cli = path.resolve(import.meta.dirname, '../../dist/cli.js')

const dynamic = (server: string, rule = 'PathPrefix(`/`)') =>
  JSON.stringify({
    http: {
      routers: { r: { rule, service: 's' } },
      services: { s: { loadBalancer: { passHostHeader: false, servers: [{ url: server }] } } },
    },
  })

/** Started as the conformance runner does it. */
async function dev(config: string, ...more: string[]) {
  const child = spawn(process.execPath, [cli, 'edge', 'dev', '--port', '0', '--config', config, ...more])
  // Not SIGKILL: workerd would go on.
  onTestFinished(async () => {
    if (child.exitCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  let output = ''
  let wake = () => {}
  const take = (chunk: Buffer) => {
    output += chunk
    wake()
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  child.on('exit', () => wake())
  /** Waits until the command has printed this; what was printed before it is forgotten. */
  const printed = async (pattern: RegExp) => {
    for (;;) {
      const match = pattern.exec(output)
      if (match !== null) {
        output = output.slice(match.index + match[0].length)
        return match
      }
      if (child.exitCode !== null) throw new Error(output)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  return { child, printed }
}

/** Through one port; the certificate is nobody's. */
async function askLocal(scheme: 'http' | 'https', port: number, options: RequestOptions) {
  const send = scheme === 'https' ? requestTls : request
  const outgoing = send({ host: '127.0.0.1', port, rejectUnauthorized: false, agent: false, ...options }).end()
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  const text = await streamText(response)
  const isSeen = text.startsWith('{')
  return { status: response.statusCode, body: isSeen ? JSON.parse(text) : { headers: {} } }
}

function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
}

test('edge dev serves a file, follows its changes, keeps the last good one, and stops', async () => {
  const [a, b] = [await echo('a'), await echo('b')]
  const config = temporaryFile('dynamic.yml', dynamic(a.url))
  const { child, printed } = await dev(config)
  const [, address] = await printed(/Serving 1 routers from .* on (http:\/\/127\.0\.0\.1:\d+)\n/)
  const name = async () => ((await (await fetch(address!)).json()) as { name: string }).name
  expect(await name()).toBe('a')

  replace(config, dynamic(b.url))
  await printed(/Serving 1 routers/)
  // No request has come meanwhile: the change was live before one was there to ask for it.
  expect(await name()).toBe('b')

  replace(config, 'http: [')
  await printed(/is refused: what is served stays/)
  expect(await name()).toBe('b')

  replace(config, dynamic(a.url))
  await printed(/Serving 1 routers/)
  expect(await name()).toBe('a')

  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  expect(code).toBe(0)
})

test('edge dev answers https beside http, and says itself who the client is', async () => {
  const { url } = await echo('a')
  const config = temporaryFile(
    'dynamic.yml',
    JSON.stringify({
      http: {
        routers: {
          both: { rule: 'PathPrefix(`/`)', service: 's' },
          secure: { rule: 'PathPrefix(`/secure`)', service: 's', middlewares: ['local'], tls: {} },
        },
        middlewares: { local: { ipAllowList: { sourceRange: ['127.0.0.1'] } } },
        services: { s: { loadBalancer: { passHostHeader: false, servers: [{ url }] } } },
      },
    }),
  )
  const { printed } = await dev(config, '--https')
  const [, port] = await printed(/Serving 2 routers from .* on https:\/\/127\.0\.0\.1:(\d+)\n/)
  const claims = { 'CF-Connecting-IP': '203.0.113.7', 'CF-Worker': 'x.test', 'MF-CF-Blob': '{"tlsVersion":"TLSv1.3"}' }
  for (const [path, method] of [
    ['/secure/a', 'GET'],
    ['/a;b//%2F?c=%zz', 'POST'],
  ] as const) {
    const seen = await askLocal('https', Number(port), { path, method, headers: claims })
    expect(seen).toMatchObject({ status: 200, body: { method, url: path.replace('//', '/') } })
    expect(seen.body.headers).toMatchObject({ 'x-forwarded-proto': 'https', 'x-real-ip': '127.0.0.1' })
    expect(seen.body.headers['cf-connecting-ip']).toBe('127.0.0.1')
  }
  const plain = await askLocal('http', Number(port), { path: '/a', headers: claims })
  expect(plain.body.headers).toMatchObject({ 'x-forwarded-proto': 'http', 'cf-connecting-ip': '127.0.0.1' })
  // A request by http has passed the router that wants https by.
  expect((await askLocal('http', Number(port), { path: '/secure' })).body.headers['x-forwarded-proto']).toBe('http')
})

test.each([[[]], [['--https']]])('edge dev %j ends with the reason where its port is taken', async (flags) => {
  const { server } = await origin((_request, response) => response.end())
  const { port } = server.address() as AddressInfo
  const config = temporaryFile('dynamic.yml', dynamic('http://localhost:1'))
  const { child, printed } = await dev(config, ...flags, '--port', String(port))
  await printed(/signalbox edge dev: .*[Aa]ddress already in use/)
  if (child.exitCode === null) await once(child, 'exit')
  expect(child.exitCode).toBe(1)
})

test('edge dev --https goes on whatever is sent to its port', async () => {
  const { url } = await echo('a')
  const { printed } = await dev(temporaryFile('dynamic.yml', dynamic(url)), '--https')
  const [, port] = await printed(/Serving 1 routers from .* on https:\/\/127\.0\.0\.1:(\d+)\n/)
  const half = Buffer.from('16030100200100', 'hex')
  // Who says nothing, or half of what a handshake begins with, has ten seconds for more.
  const slow = [Buffer.alloc(0), half].map(async (bytes) => {
    const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined)
    socket.end(bytes).resume()
    await once(socket, 'close')
  })
  for (const bytes of [Buffer.concat([half, Buffer.alloc(4096, 1)]), Buffer.alloc(4096, 1)]) {
    const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined)
    socket.end(bytes).resume()
    await once(socket, 'close')
  }
  const cut = connect(Number(port), '127.0.0.1', () => cut.write(half, () => cut.resetAndDestroy()))
  await once(cut, 'close')
  expect((await askLocal('https', Number(port), { path: '/' })).status).toBe(200)
  await Promise.all(slow)
})

test('the example answers https', async () => {
  const { printed } = await dev(path.resolve(import.meta.dirname, '../../examples/edge/dynamic.yml'), '--https')
  const [, port] = await printed(/Serving 2 routers from .* on https:\/\/127\.0\.0\.1:(\d+)\n/)
  // Its servers are not there: the routers are.
  for (const scheme of ['https', 'http'] as const) {
    expect((await askLocal(scheme, Number(port), { path: '/api/x' })).status).toBe(502)
  }
})

test('edge dev checks servers at the pace of their interval', async () => {
  let healthy = true
  const { url } = await origin((request, response) => {
    response.statusCode = request.url === '/health' && !healthy ? 500 : 200
    response.end()
  })
  const config = temporaryFile(
    'dynamic.yml',
    JSON.stringify({
      http: {
        routers: { r: { rule: 'PathPrefix(`/`)', service: 's' } },
        services: {
          s: {
            loadBalancer: { servers: [{ url }], healthCheck: { path: '/health', interval: '100ms', timeout: '1s' } },
          },
        },
      },
    }),
  )
  const { printed } = await dev(config)
  const [, address] = await printed(/Serving 1 routers from .* on (http:\/\/127\.0\.0\.1:\d+)\n/)
  expect((await fetch(address!)).status).toBe(200)
  for (const [state, status] of [
    [false, 503],
    [true, 200],
  ] as const) {
    healthy = state
    await expect.poll(async () => (await fetch(address!)).status, { timeout: 10_000 }).toBe(status)
  }
})

test('edge dev renders the templates of a file', async () => {
  const { url } = await echo('a')
  const config = temporaryFile(
    'dynamic.yml',
    `http:
  routers:
    r:
      rule: Path(\`/{{ "shop" | upper }}\`)
      service: s
  services:
    s:
      loadBalancer:
        servers: [{ url: "${url}" }]
`,
  )
  const { printed } = await dev(config)
  const [, address] = await printed(/Serving 1 routers from .* on (http:\/\/127\.0\.0\.1:\d+)\n/)
  expect((await fetch(`${address}/SHOP`)).status).toBe(200)
})

test('edge dev shows what the worker logs', async () => {
  const { url } = await echo('a')
  const { printed } = await dev(temporaryFile('dynamic.yml', dynamic(url)), '--log-level', 'info')
  // Nor does it complain of anything before: its rehearsal has come to its end.
  await printed(/^(?:(?!Worker starts cold)[\s\S])*Configuration loaded/)
})

test('edge dev logs each exchange as the install configuration says, and nothing without it', async () => {
  const { url } = await echo('a')
  const config = temporaryFile('dynamic.yml', dynamic(url))
  const install = temporaryFile(
    'traefik.yml',
    JSON.stringify({
      entryPoints: { web: { address: ':80' } },
      accessLog: { format: 'json', filters: { statusCodes: ['200'] }, fields: { names: { RouterName: 'drop' } } },
    }),
  )
  const { printed } = await dev(config, '--configFile', install)
  const [, address] = await printed(/Serving 1 routers from .* on (http:\/\/127\.0\.0\.1:\d+)\n/)
  await (await fetch(`${address}/logged?a=1`)).text()
  const [line] = await printed(/\{"ClientAddr".*\}/)
  const logged = JSON.parse(line) as Record<string, unknown>
  expect(logged).toMatchObject({ RequestMethod: 'GET', RequestPath: '/logged?a=1', DownstreamStatus: 200 })
  expect(logged).not.toHaveProperty('RouterName')

  const silent = await dev(config)
  const [, other] = await silent.printed(/Serving 1 routers from .* on (http:\/\/127\.0\.0\.1:\d+)\n/)
  await (await fetch(`${other}/silent`)).text()
  silent.child.kill('SIGTERM')
  await once(silent.child, 'exit')
  await expect(silent.printed(/ClientAddr/)).rejects.toThrow(/^(?:(?!ClientAddr)[\s\S])*$/)
})
