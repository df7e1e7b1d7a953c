import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startProxy, startServer, type TestProxy } from '../../support/node-proxy.ts'
import { until } from '../../support/until.ts'

let server: Awaited<ReturnType<typeof startServer>>
let proxy: TestProxy

const routing = (names: readonly string[], service = 'app') =>
  JSON.stringify({
    http: {
      routers: Object.fromEntries(names.map((name) => [name, { rule: `Path(\`/${name}\`)`, service }])),
      services: { [service]: { loadBalancer: { servers: [{ url: server.url }] } } },
    },
  })

const status = async (target: string): Promise<number> => (await fetch(`${proxy.url}/${target}`)).status
const serves = (target: string) =>
  until(
    () => status(target),
    (answer) => answer === 200,
  )
const said = (pattern: RegExp) =>
  until(
    () => proxy.logged.map(({ message }) => message).join('\n'),
    (text) => pattern.test(text),
  )

beforeEach(async () => {
  server = await startServer((_, response) => response.end('ok'))
  proxy = await startProxy(routing(['keep']))
})
afterEach(async () => {
  await proxy.stop()
  await server.close()
})

describe('a routing file that is no file: the last good one stays, and the next good one is taken', () => {
  const replace = (make: (file: string) => void): void => {
    const file = path.join(proxy.dir, 'routing.yml')
    rmSync(file)
    make(file)
  }

  test.each<[string, (file: string) => void, RegExp]>([
    ['a directory', (file) => mkdirSync(file), /is a directory/],
    ['a pipe that nobody writes to', (file) => execFileSync('mkfifo', [file]), /is no regular file/],
    ['a link to endless zeros', (file) => symlinkSync('/dev/zero', file), /is no regular file/],
    ['a link to nowhere', (file) => symlinkSync('/nowhere', file), /ENOENT/],
    ['a link to itself', (file) => symlinkSync(file, file), /ELOOP/],
  ])('%s', async (_name, make, words) => {
    replace(make)
    await said(words)
    expect(await status('keep')).toBe(200)
    rmSync(path.join(proxy.dir, 'routing.yml'), { recursive: true })
    proxy.write(routing(['keep', 'new']))
    await serves('new')
  })
})

test('a folder with links in circles is read once', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-folder-'))
  mkdirSync(path.join(folder, 'sub'), { recursive: true })
  writeFileSync(path.join(folder, 'sub', 'a.yml'), routing(['inside']))
  symlinkSync('..', path.join(folder, 'sub', 'up'))
  symlinkSync('.', path.join(folder, 'sub', 'here'))
  symlinkSync('loop.yml', path.join(folder, 'loop.yml'))
  await proxy.stop()
  proxy = await startProxy(routing(['keep']), ['--providers.file.filename=', `--providers.file.directory=${folder}`])
  expect(await status('inside')).toBe(200)
  rmSync(folder, { recursive: true })
})

describe('large configurations', () => {
  const many = Array.from({ length: 3000 }, (_, i) => `r${i}`)

  test('are planned beside the data path, and the newest one is in force in the end', async () => {
    proxy.write(routing([...many, 'first']))
    proxy.write(routing([...many, 'second']))
    await serves('second')
    expect(await status('first')).toBe(404)
    proxy.write(routing(['small']))
    await serves('small')
    expect(await status('r1')).toBe(404)
    expect(proxy.logged.filter(({ level }) => level === 'error')).toEqual([])
  }, 30_000)

  test('what is wrong with one is said as for a small one', async () => {
    proxy.write(`${routing(many).slice(0, -1)}, "http": {}}`)
    await said(/routing\.yml:1:\d+: .*duplicate/)
    proxy.write(routing([...many, 'good']))
    await serves('good')
  }, 30_000)

  test('one that is replaced while it is read counts for nothing', async () => {
    proxy.write(routing([...many, 'large']))
    proxy.write('{"http": ')
    await said(/routing\.yml:1:\d+: /)
    expect(await status('keep')).toBe(200)
    proxy.write(routing(['good']))
    await serves('good')
  }, 30_000)

  test('prototype names are ordinary ones there too', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype']
    const text = routing([...many, ...names], 'constructor').replaceAll(
      '"service":"constructor"',
      '"service":"__proto__"',
    )
    proxy.write(text.replace('"services":{"constructor"', '"services":{"__proto__"'))
    await serves('constructor')
    for (const name of names.slice(1)) expect([name, await status(name)]).toEqual([name, 200])
  }, 30_000)
})

test('a routing file that is moved away leaves the last good configuration in force', async () => {
  renameSync(path.join(proxy.dir, 'routing.yml'), path.join(proxy.dir, 'moved.yml'))
  await said(/ENOENT/)
  expect(await status('keep')).toBe(200)
})
