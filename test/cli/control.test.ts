import net from 'node:net'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Command } from '../../adapters/cli/command.ts'
import { command as drain } from '../../adapters/cli/commands/drain.ts'
import { command as maintenance } from '../../adapters/cli/commands/maintenance.ts'
import { program } from '../../adapters/cli/commands.ts'
import { freePort } from '../support/free-port.ts'
import { startProxy, startServer, type TestProxy } from '../support/node-proxy.ts'
import { talk } from '../support/raw-server.ts'

const PASSWORD = '{SHA}CEo1Ae3vaEXy8eQZjsOiuBz1xrw='
const lines: { address: string; server: net.Server }[] = []
let linePort: number
const servers: { url: string; close(): Promise<void> }[] = []
let proxy: TestProxy
let api: string

beforeAll(async () => {
  for (const name of ['a', 'b']) servers.push(await startServer((_, response) => response.end(name)))
  for (const name of ['a', 'b']) {
    const server = net.createServer((socket) => socket.on('error', () => undefined).end(name))
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    lines.push({ address: `127.0.0.1:${(server.address() as net.AddressInfo).port}`, server })
  }
  const port = await freePort()
  linePort = await freePort()
  api = `http://127.0.0.1:${port}`
  const router = (rule: string, service: string, middlewares: string[] = []) => ({
    rule,
    service,
    middlewares,
    entryPoints: ['web'],
  })
  proxy = await startProxy(
    JSON.stringify({
      http: {
        routers: {
          shop: router('PathPrefix(`/shop`)', 'shop', ['down']),
          guarded: router('PathPrefix(`/api`)', 'api@internal', ['auth']),
        },
        middlewares: {
          down: { maintenance: { enabled: false, retryAfter: '2m' } },
          auth: { basicAuth: { users: [`joe:${PASSWORD}`] } },
        },
        services: { shop: { loadBalancer: { servers: servers.map(({ url }) => ({ url })) } } },
      },
      tcp: {
        routers: { line: { rule: 'HostSNI(`*`)', service: 'line', entryPoints: ['line'] } },
        services: { line: { loadBalancer: { servers: lines.map(({ address }) => ({ address })) } } },
      },
    }),
    [
      `--entryPoints.line.address=127.0.0.1:${linePort}`,
      `--entryPoints.traefik.address=127.0.0.1:${port}`,
      '--api.insecure=true',
      '--api.control=true',
    ],
  )
})
afterAll(async () => {
  await proxy.stop()
  for (const server of servers) await server.close()
  for (const { server } of lines) server.close()
})

/** Runs a command; its exit status and what it printed. */
async function run(command: Command, ...args: readonly string[]): Promise<[number, string]> {
  let text = ''
  const note = (chunk: unknown) => {
    text += String(chunk)
    return true
  }
  const spies = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockImplementation(note))
  const status = await command.main(args, program)
  for (const spy of spies) spy.mockRestore()
  return [status, text]
}

const answers = async () => {
  const all = new Set<string>()
  for (let i = 0; i < 6; i++) all.add(await (await fetch(`${proxy.url}/shop`)).text())
  return [...all].sort()
}

describe('signalbox drain', () => {
  test('takes a server out and back in', async () => {
    const { url } = servers[0]!
    expect(await answers()).toEqual(['a', 'b'])
    expect(await run(drain, '--api', api, 'shop', url)).toEqual([0, `shop@file: ${url} gets no new sessions\n`])
    expect(await answers()).toEqual(['b'])
    expect(await run(drain, '--api', api, 'shop')).toEqual([0, `${url}\n`])
    expect(await run(drain, '--api', api, '--undo', 'shop@file', url)).toEqual([0, `shop@file: ${url} is back in\n`])
    expect(await answers()).toEqual(['a', 'b'])
    expect(await run(drain, '--api', api, 'shop')).toEqual([0, 'shop: nobody is drained\n'])
    expect(proxy.logged.map(({ message }) => message)).toContain('Server is drained')
  })

  test('of a TCP service, too', async () => {
    const { address } = lines[0]!
    expect(await run(drain, '--api', api, '--tcp', 'line', address)).toEqual([
      0,
      `line@file: ${address} gets no new sessions\n`,
    ])
    for (let i = 0; i < 4; i++) expect(await talk(linePort, '')).toBe('b')
    expect((await run(drain, '--api', api, '--tcp', '--undo', 'line', address))[0]).toBe(0)
    expect(new Set([await talk(linePort, ''), await talk(linePort, '')])).toEqual(new Set(['a', 'b']))
    expect((await run(drain, '--api', api, 'line'))[0]).toBe(1)
  })

  test('says what is wrong', async () => {
    const [status, text] = await run(drain, '--api', api, 'shop', 'http://nowhere')
    expect([status, text]).toEqual([
      1,
      expect.stringContaining('service shop@file has no server "http://nowhere" (there are: http'),
    ])
    expect(await run(drain, '--api', 'http://127.0.0.1:1', 'shop')).toEqual([
      1,
      expect.stringContaining('ECONNREFUSED'),
    ])
    expect(await run(drain, '--api', 'nonsense', 'shop')).toEqual([1, expect.stringContaining('a URL is needed')])
    expect(await run(drain)).toEqual([2, expect.stringContaining('usage: signalbox drain')])
    expect(await run(drain, '--api', proxy.url, 'shop')).toEqual([1, expect.stringContaining('give user and password')])
  })

  test('goes through a router with authentication', async () => {
    const guarded = proxy.url.replace('://', '://joe:sesame@')
    expect(await run(drain, '--api', guarded, 'shop')).toEqual([0, 'shop: nobody is drained\n'])
  })
})

test('signalbox maintenance switches a page on, off and back to what is configured', async () => {
  const status = async () => (await fetch(`${proxy.url}/shop`)).status
  expect(await status()).toBe(200)
  expect(await run(maintenance, '--api', api, 'down', 'on')).toEqual([0, 'down@file: on\n'])
  const page = await fetch(`${proxy.url}/shop`)
  expect([page.status, page.headers.get('retry-after')]).toEqual([503, '120'])
  expect(await run(maintenance, '--api', api, 'down')).toEqual([0, 'down@file: on\n'])
  expect(await run(maintenance, '--api', api, 'down', 'auto')).toEqual([0, 'down@file: as configured\n'])
  expect(await status()).toBe(200)
  expect(await run(maintenance, '--api', api, 'auth', 'on')).toEqual([
    1,
    'signalbox maintenance: middleware auth@file is no maintenance page\n',
  ])
})
