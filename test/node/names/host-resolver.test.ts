import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { queryAlias } from '../../../adapters/node/names/alias-query.ts'
import { HostResolver } from '../../../adapters/node/names/host-resolver.ts'
import { type AliasServer, startAliasServer } from '../../support/alias-server.ts'
import { FakeClock } from '../../support/ports.ts'
import { until } from '../../support/until.ts'

let server: AliasServer
let folder: string
let clock: FakeClock
const lines: unknown[] = []
beforeEach(async () => {
  server = await startAliasServer()
  folder = mkdtempSync(path.join(tmpdir(), 'names-'))
  clock = new FakeClock()
  lines.length = 0
})
afterEach(async () => {
  rmSync(folder, { recursive: true })
  await server.stop()
})

function resolverOf(resolvDepth = 5, content = 'search x\nnameserver 127.0.0.1\noptions ndots:5\n') {
  const resolvConfig = path.join(folder, 'resolv.conf')
  writeFileSync(resolvConfig, content)
  const log = { log: (...line: unknown[]) => void lines.push(line) }
  return new HostResolver({ resolvConfig, resolvDepth, port: server.port }, clock, log)
}

test.each<[string, string]>([
  ['www.test', 'target.test'],
  ['plain.test', 'plain.test'],
  ['unknown.test', 'unknown.test'],
  ['UPPER.test'.toLowerCase(), 'mixed.test'],
  ['first.test', 'target.test'],
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8::1', '2001:db8::1'],
  ['', ''],
  ['a..b', 'a..b'],
  ['a b', 'a b'],
  [`${'a'.repeat(64)}.test`, `${'a'.repeat(64)}.test`],
  ['www.test.', 'target.test'],
  ['plain.test.', 'plain.test.'],
])('%j leads to %j', async (host, wanted) => {
  server.aliases = {
    'www.test': 'target.test',
    'upper.test': 'MiXed.TEST',
    'first.test': 'second.test',
    'second.test': 'target.test',
  }
  expect(await resolverOf().flatten(host)).toBe(wanted)
})

test('as many aliases are followed as the depth says, also in a circle', async () => {
  server.aliases = { 'a.test': 'b.test', 'b.test': 'a.test' }
  expect(await resolverOf(1).flatten('a.test')).toBe('b.test')
  expect(await resolverOf(2).flatten('a.test')).toBe('a.test')
  expect(await resolverOf(0).flatten('a.test')).toBe('a.test')
})

test('what is known is given at once, for as long as the first record says, and then while it is asked for anew', async () => {
  server.aliases = { 'www.test': 'one.test' }
  server.ttlSeconds = 30
  const { flatten } = resolverOf()
  expect(await flatten('www.test')).toBe('one.test')
  server.aliases = { 'www.test': 'two.test' }
  clock.advance(29_000)
  expect(flatten('www.test')).toBe('one.test')
  clock.advance(2_000)
  expect(flatten('www.test')).toBe('one.test')
  expect(
    await until(
      () => flatten('www.test'),
      (name) => name === 'two.test',
    ),
  ).toBe('two.test')
  expect(server.questions.filter((name) => name === 'www.test')).toHaveLength(2)
})

test('requests for the same host wait for one question, and no more than 64 hosts are asked for at a time', async () => {
  server.aliases = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`h${at}.test`, 'target.test']))
  const { flatten } = resolverOf()
  const same = [flatten('h0.test'), flatten('h0.test')]
  expect(same[0]).toBe(same[1])
  const all = Array.from({ length: 100 }, (_, at) => flatten(`h${at}.test`))
  expect(all.filter((one) => typeof one === 'string')).toHaveLength(36)
  await Promise.all(all)
  expect(server.questions.filter((name) => name === 'h0.test')).toHaveLength(1)
})

test('a server that fails, or a file that names none, is said once, and the host stays as it is', async () => {
  server.code = 2
  const { flatten } = resolverOf()
  expect(await flatten('www.test')).toBe('www.test')
  expect(await flatten('other.test')).toBe('other.test')
  expect(lines).toEqual([
    [
      'error',
      'The aliases of a host can’t be followed',
      { host: 'www.test', reason: 'the name server answers with code 2' },
    ],
  ])
  lines.length = 0
  expect(await resolverOf(5, 'search x\n').flatten('www.test')).toBe('www.test')
  expect(JSON.stringify(lines)).toContain('names no name server')
})

test('what was known stays while the servers fail', async () => {
  server.aliases = { 'www.test': 'one.test' }
  const { flatten } = resolverOf()
  await flatten('www.test')
  server.code = 2
  clock.advance(100_000)
  expect(flatten('www.test')).toBe('one.test')
  await until(
    () => lines.length,
    (count) => count === 1,
  )
  expect(flatten('www.test')).toBe('one.test')
})

test('of several servers the one that knows an alias counts', async () => {
  server.aliases = { 'www.test': 'target.test' }
  expect(await resolverOf(5, 'nameserver 127.0.0.2\nnameserver 127.0.0.1\n').flatten('www.test')).toBe('target.test')
})

test.each<[string, (reply: Buffer) => Buffer]>([
  ['another identifier', (reply) => Buffer.concat([Buffer.from([reply[0]! ^ 1]), reply.subarray(1)])],
  ['another question', (reply) => Buffer.concat([reply.subarray(0, 13), Buffer.from('x'), reply.subarray(14)])],
  ['a question', (reply) => Buffer.concat([reply.subarray(0, 2), Buffer.from([reply[2]! & 0x7f]), reply.subarray(3)])],
  ['nothing', () => Buffer.alloc(0)],
])('an answer with %s is none', async (_, change) => {
  server.aliases = { 'www.test': 'target.test' }
  server.change = change
  await expect(queryAlias({ host: '127.0.0.1', port: server.port }, 'www.test', 200)).rejects.toThrow(
    '127.0.0.1 does not answer within 0.2 s',
  )
})

test.each<[string, (reply: Buffer, start: number) => Buffer]>([
  ['cut off', (reply) => reply.subarray(0, -4)],
  [
    'in a loop',
    (reply, start) => Buffer.concat([reply.subarray(0, start), Buffer.from([0xc0, start]), reply.subarray(start + 2)]),
  ],
])('an answer that is %s is an error', async (_, change) => {
  server.aliases = { 'www.test': 'target.test' }
  server.change = (reply) => change(reply, 12 + 'www.test'.length + 2 + 4)
  await expect(queryAlias({ host: '127.0.0.1', port: server.port }, 'www.test', 1_000)).rejects.toThrow(/cut off|loop/)
})
