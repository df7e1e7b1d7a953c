import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freePort } from '../../support/free-port.ts'
import { until } from '../../support/until.ts'

const main = path.resolve(import.meta.dirname, '../../../adapters/cli/main.ts')

let dir: string
beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'signalbox-process-'))
  writeFileSync(
    path.join(dir, 'routing.yml'),
    'http: { routers: { p: { rule: "Path(`/p`)", service: ping@internal } } }',
  )
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

async function start(...flags: string[]) {
  const port = await freePort()
  const child = spawn(
    process.execPath,
    [
      main,
      `--entryPoints.web.address=127.0.0.1:${port}`,
      `--providers.file.filename=${path.join(dir, 'routing.yml')}`,
      '--ping.manualRouting=true',
      '--log.level=DEBUG',
      ...flags,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  child.stdout.resume()
  child.stderr.resume()
  const status = async () =>
    fetch(`http://127.0.0.1:${port}/p`).then(
      (answer) => answer.status,
      () => 0,
    )
  await until(status, (answer) => answer === 200, 20_000)
  return {
    child,
    status,
    async stop() {
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
      return child.exitCode
    },
  }
}

test('closed standard output and error cost lines, not the process', async () => {
  const { child, status, stop } = await start('--accesslog=true')
  child.stdout.destroy()
  child.stderr.destroy()
  for (let i = 0; i < 20; i++) expect(await status()).toBe(200)
  expect(await stop()).toBe(0)
}, 40_000)

test('a full disk costs lines, not the process', async () => {
  const { status, stop } = await start('--accesslog.filePath=/dev/full', '--log.filePath=/dev/full')
  for (let i = 0; i < 20; i++) expect(await status()).toBe(200)
  expect(await stop()).toBe(0)
}, 40_000)

test('signals that open, reopen or read again end nothing and open nothing', async () => {
  const { child, status, stop } = await start()
  let inspector = ''
  child.stderr.on('data', (chunk: Buffer) => {
    inspector += chunk.toString()
  })
  for (const signal of ['SIGUSR1', 'SIGHUP', 'SIGUSR1', 'SIGPIPE', 'SIGCONT'] as const) {
    child.kill(signal)
    expect(await status()).toBe(200)
  }
  expect(inspector).not.toMatch(/Debugger/)
  expect(await stop()).toBe(0)
}, 40_000)
