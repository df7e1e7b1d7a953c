import { mkdtempSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ScriptedDocker } from '../servers/support/scripted-docker.ts'
import { runCommand, startCommand } from '../support/command.ts'
import { until } from '../support/until.ts'

const engine = new ScriptedDocker()
let file: string

beforeAll(async () => {
  await engine.start()
  engine.put(1, {
    'traefik.http.routers.a.rule': 'Host(`a.test`)',
    'traefik.http.middlewares.m.basicauth.users': 'u:geheim',
  })
  file = path.join(mkdtempSync(path.join(os.tmpdir(), 'signalbox-providers-')), 'traefik.yml')
  writeFileSync(file, `providers: {docker: {endpoint: "${engine.endpoint}"}}\n`)
})
afterAll(() => engine.stop())

test('says what every provider finds, for people', async () => {
  const { status, output } = await runCommand(['providers', '--configFile', file])
  expect(output).toBe(
    `docker: live (http://127.0.0.1:${engine.port}), 3 elements\n  http routers: a\n  http services: c1\n  http middlewares: m\n`,
  )
  expect(status).toBe(0)
})

test('for programs, without secrets', async () => {
  const { output } = await runCommand(['providers', '--configFile', file, '--json'])
  const [docker] = JSON.parse(output).providers
  expect(docker).toMatchObject({
    name: 'docker',
    status: 'live',
    problems: [],
    configuration: { http: { routers: { a: { rule: 'Host(`a.test`)', service: 'c1' } } } },
  })
  expect(output).not.toContain('geheim')
})

test('a problem that is an error, and a source that is not there, are 1', async () => {
  const id = engine.put(2, { 'traefik.http.routers.b.rulee': 'x' })
  const broken = await runCommand(['providers', '--configFile', file])
  expect(broken.output).toContain(
    '  error: container c2: label traefik.http.routers.b.rulee: field not found, node: rulee\n    hint: did you mean "rule"?\n',
  )
  expect(broken.status).toBe(1)
  engine.remove(id)
  const away = file.replace('traefik.yml', 'away.yml')
  writeFileSync(away, 'providers: {docker: {endpoint: "unix:///nowhere/docker.sock"}}\n')
  const { status, output } = await runCommand(['providers', '--configFile', away])
  expect(output).toContain('docker: failed, 0 elements\n  lost: HEAD unix:///nowhere/docker.sock/_ping: ')
  expect(status).toBe(1)
})

test('goes on and shows what changes', async () => {
  const running = startCommand(['providers', '--configFile', file, '--watch', '--json'])
  await until(running.output, (text) => text.includes('"a"'), 15_000)
  const id = engine.put(3, { 'traefik.http.routers.c.rule': 'Host(`c.test`)' })
  engine.tell('start', id)
  const last = await until(
    () => running.output().trim().split('\n').at(-1)!,
    (line) => line.includes('c.test'),
    15_000,
  )
  expect(JSON.parse(last).providers[0].objects).toBe(5)
  running.child.kill('SIGTERM')
  expect(await running.ended).toBe(0)
})
