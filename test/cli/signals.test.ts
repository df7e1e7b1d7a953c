import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type RunningCommand, startCommand } from '../support/command.ts'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'

let dir: string
let proxy: RunningCommand
let url: string

const at = (name: string) => path.join(dir, name)
const holds = (text: string) => (log: string) => log.includes(text)

async function start(...flags: string[]): Promise<void> {
  const port = await freePort()
  url = `http://127.0.0.1:${port}/ping`
  writeFileSync(at('routing.yml'), 'http: {routers: {p: {rule: "Path(`/ping`)", service: ping@internal}}}')
  proxy = startCommand([
    `--entryPoints.web.address=127.0.0.1:${port}`,
    `--providers.file.filename=${at('routing.yml')}`,
    '--ping.manualRouting=true',
    '--log.level=INFO',
    '--global.sendAnonymousUsage=false',
    ...flags,
  ])
  await until(status, (answer) => answer === 200, 20_000)
}

const status = () =>
  fetch(url).then(
    (answer) => answer.status,
    () => 0,
  )

beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'signalbox-signals-'))
})

afterEach(async () => {
  proxy.child.kill('SIGKILL')
  await proxy.ended
  rmSync(dir, { recursive: true, force: true })
})

test('signals that mean nothing here do not end the process: a warning each', async () => {
  await start()
  for (const signal of [
    'SIGUSR2',
    'SIGALRM',
    'SIGVTALRM',
    'SIGPROF',
    'SIGIO',
    'SIGPWR',
    'SIGXCPU',
    'SIGSTKFLT',
  ] as const) {
    proxy.child.kill(signal)
    await until(proxy.output, holds(`WRN ${signal} means nothing`))
  }
  expect(await status()).toBe(200)
  expect(proxy.child.exitCode).toBeNull()
})

test.each(['SIGQUIT', 'SIGTERM', 'SIGINT'] as const)('%s stops it in good order', async (signal) => {
  await start()
  proxy.child.kill(signal)
  expect(await proxy.ended).toBe(0)
  expect(proxy.output()).toContain('INF Shutting down')
})

test('USR1 opens the application log and the access log anew, after a rotation', async () => {
  await start(
    `--log.filePath=${at('app.log')}`,
    '--log.maxSize=1',
    `--accessLog.filePath=${at('access.log')}`,
    '--accessLog.addInternals=true',
  )
  const read = (name: string) => () => readFileSync(at(name), { encoding: 'utf8', flag: 'a+' })
  await until(read('app.log'), holds('Signalbox is up'))
  await until(read('access.log'), holds('GET /ping'))
  for (const name of ['app.log', 'access.log']) renameSync(at(name), at(`${name}.1`))
  proxy.child.kill('SIGUSR1')
  await until(read('app.log'), holds('Log files are opened anew'))
  const before = read('access.log.1')()
  proxy.child.kill('SIGUSR2')
  await until(read('app.log'), holds('SIGUSR2 means nothing'))
  expect(await status()).toBe(200)
  await until(read('access.log'), holds('GET /ping'))
  expect(read('access.log.1')()).toBe(before)
  expect(read('app.log.1')()).not.toContain('SIGUSR2')
})
