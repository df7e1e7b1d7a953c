import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { edge } from './command.ts'
import { temporaryFolder } from './files.ts'
import { project } from './project.ts'
import { behindNetwork, echo } from './proxy.ts'
import { configuration, secrets, tellers, textsOf } from './secret-configuration.ts'

const cli = path.resolve(import.meta.dirname, '../../dist/cli.js')

test('no command tells what is secret, and neither does what they publish', { timeout: 120_000 }, async () => {
  const { url } = await echo('a')
  const { api, key, env, folder, write } = await project()
  write('wrangler.jsonc', {
    name: 'shop',
    kv_namespaces: [{ binding: 'SIGNALBOX_KV', id: 'ns1' }],
    vars: { SIGNALBOX_PUBLIC_KEYS: key.publicKey },
  })
  const worker = await behindNetwork(
    {
      SIGNALBOX_PUBLIC_KEYS: key.publicKey,
      SIGNALBOX_REFRESH_MS: '100',
      SIGNALBOX_LOG_LEVEL: 'panic',
      ...secrets,
    },
    { shared: true },
  )
  const printed: string[] = []
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await edge(args, env, folder)
    expect([args, stderr, code]).toEqual([args, expect.any(String), 0])
    printed.push(stdout, stderr)
    return stdout
  }
  const before = configuration(url.replace('127.0.0.1', 'localhost'))
  write('routing.yml', before)
  await run('push', '--config', 'routing.yml')
  const middlewares = { ...before.http.middlewares, prefix: { addPrefix: { prefix: '/none' } } }
  write('routing.yml', { http: { ...before.http, middlewares } })
  expect(await run('diff', 'routing.yml')).toContain('prefix')
  await run('push', '--config', 'routing.yml')
  await run('rollback')
  await run('diff', '--json')
  await run('history')
  await run('history', '--json')
  const stored = () => [...api.values.values()].flatMap(({ value }) => textsOf(Buffer.from(value)))
  await until(
    async () => {
      for (const [name, { value }] of api.values) await worker.kv.put(name, value)
      return fetch(new URL('/prefix', worker.url)).then((answer) => answer.text())
    },
    (text) => text.includes(secrets.PREFIX!),
    30_000,
  )
  expect(await run('status', '--url', worker.url.origin, '--json')).toContain('"live"')
  await run('status', '--url', worker.url.origin)
  for (const at of ['/api/rawdata', '/api/overview', '/api/http/middlewares', '/api/http/services', '/api/problems']) {
    printed.push(await fetch(new URL(at, worker.url)).then((answer) => answer.text()))
  }
  expect(printed.join('\n')).toContain('secret:')
  expect(stored().join('\n')).toContain('PathPrefix')
  expect(tellers([...printed, ...stored()])).toEqual([])
})

test('no log tells it, access lines included', { timeout: 60_000 }, async () => {
  const folder = temporaryFolder()
  const write = (name: string, text: string) => writeFileSync(path.join(folder, name), text)
  const { url } = await echo('a')
  const named = url.replace('127.0.0.1', 'localhost')
  const { http } = configuration(named)
  // Servers that are not there are what logs tell of.
  const gone = JSON.parse(JSON.stringify(http).replaceAll(new URL(named).host, 'localhost:1')) as typeof http
  write(
    'dynamic.yml',
    JSON.stringify({ http: { ...gone, services: { ...gone.services, plain: http.services.plain } } }),
  )
  write('traefik.yml', JSON.stringify({ accessLog: { format: 'json' } }))
  write('.dev.vars', ['SIGNALBOX_LOG_LEVEL=debug', ...Object.entries(secrets).map((pair) => pair.join('='))].join('\n'))
  const port = await freePort()
  const child = spawn(
    process.execPath,
    [cli, 'edge', 'dev', '--port', String(port), '--config', 'dynamic.yml', '--configFile', 'traefik.yml'],
    { cwd: folder },
  )
  onTestFinished(async () => {
    if (child.exitCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk))
  const ask = (target: string) =>
    fetch(`http://127.0.0.1:${port}${target}`, { redirect: 'manual' }).then(
      (answer) => answer.text().then(() => answer.status),
      () => 0,
    )
  await until(
    () => ask('/prefix'),
    (status) => status === 200,
    30_000,
  )
  // What the API is asked makes no line.
  const names = Object.keys(http.routers).filter((name) => name !== 'api')
  for (const name of names) await ask(`/${name}`)
  const lines = () => output.split('\n').filter((line) => line.includes('"RequestPath"'))
  await until(
    lines,
    (found) => names.every((name) => found.some((line) => line.includes(`"RequestPath":"/${name}`))),
    30_000,
  )
  expect(tellers(output.split('\n'))).toEqual([])
})
