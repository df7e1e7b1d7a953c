import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
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
