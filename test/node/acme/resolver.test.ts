import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { Account } from '../../../adapters/node/acme/account.ts'
import { Authority } from '../../../adapters/node/acme/authority.ts'
import { AuthorityClient } from '../../../adapters/node/acme/authority-client.ts'
import { AcmeResolver } from '../../../adapters/node/acme/resolver.ts'
import { FileStorage } from '../../../adapters/node/acme/storage/file-storage.ts'
import { guarded } from '../../../adapters/node/acme/storage/storage.ts'
import { runtimeClock } from '../../../adapters/web/clock.ts'
import { renewalPlan } from '../../../src/compiler/acme/renewal.ts'
import type { Derived } from '../../../src/compiler/discovery/derived.ts'
import { makeCertificate } from '../../support/certificates.ts'
import { freePort } from '../../support/free-port.ts'
import { until } from '../../support/until.ts'

const log = { log: () => undefined }
const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const newFile = () => path.join(mkdtempSync(path.join(os.tmpdir(), 'signalbox-acme-')), 'acme.json')

/** A resolver of an authority that nobody reaches. */
async function setUp(file: string, more: { names?: () => Iterable<string>; certificatesDuration?: number } = {}) {
  const clock = runtimeClock
  const caServer = `http://127.0.0.1:${await freePort()}/dir`
  const client = new AuthorityClient({ directory: caServer, timeoutMs: 5000, headTimeoutMs: 5000, trust: {}, clock })
  const authority = new Authority(caServer, client, clock)
  const storage = guarded(new FileStorage(file, clock, log))
  const failures: (readonly [string, boolean])[] = []
  const resolver = new AcmeResolver({
    resolver: 'le',
    keyType: 'EC256',
    emailAddresses: [],
    hasCommonName: true,
    profile: '',
    preferredChain: '',
    certificateTimeoutMs: 1000,
    storage,
    account: new Account({ resolver: 'le', email: '', caServer, binding: null, storage, authority, clock, log }),
    authority,
    solvers: async () => [],
    clock,
    log,
    plan: renewalPlan(more.certificatesDuration ?? 2160),
    random: () => 0.5,
    turn: () => nextTurn(),
    namesInForce: more.names ?? (() => []),
    countFailure: (name, isRateLimit) => failures.push([name, isRateLimit]),
  })
  const said: Derived[] = []
  const stopping = new AbortController()
  let error: unknown = null
  const running = resolver
    .run({ connected: () => undefined, emit: (derive) => void said.push(derive() as Derived) }, stopping.signal)
    .catch((reason: unknown) => {
      error = reason
    })
  ends.push(async () => {
    stopping.abort()
    await running
    client.close()
    await storage.close()
  })
  resolver.open()
  return { resolver, said, failures, error: () => error }
}

const stored = (names: readonly string[]) => {
  const { cert, key } = makeCertificate({ dns: names })
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const [main, ...sans] = names
  return {
    domain: { main, ...(sans.length === 0 ? {} : { sans }) },
    certificate: base64(cert),
    key: base64(key),
    Store: 'default',
  }
}

describe('a resolver', () => {
  test('says what is kept before it asks anybody, and orders nothing that is covered', async () => {
    const file = newFile()
    writeFileSync(file, JSON.stringify({ le: { Account: null, Certificates: [stored(['a.test'])] } }), { mode: 0o600 })
    const { resolver, said, failures } = await setUp(file, { names: () => ['*.b.test'] })
    resolver.want([
      { names: ['a.test'], isDefault: false },
      { names: ['x.b.test'], isDefault: false },
    ])
    await resolver.firstWord
    expect(said[0]?.config.tls?.certificates).toHaveLength(1)
    expect(said[0]?.config.tls?.certificates?.[0]?.stores).toEqual(['default'])
    await nextTurn()
    expect(failures).toEqual([])
    expect(resolver.trouble()).toBeNull()
  })

  test('rejects where others may read the storage, and orders nothing', async () => {
    const file = newFile()
    writeFileSync(file, '{}')
    chmodSync(file, 0o644)
    const { resolver, said, error } = await setUp(file)
    resolver.want([{ names: ['a.test'], isDefault: false }])
    await resolver.firstWord
    await until(error, (reason) => reason !== null)
    expect(String(error())).toContain('permissions 644')
    expect(said).toEqual([])
    expect(readFileSync(file, 'utf8')).toBe('{}')
  })

  test('an authority that nobody reaches is a problem with the time of the next try', async () => {
    const { resolver, said, failures } = await setUp(newFile())
    resolver.want([{ names: ['a.test', 'b.test'], isDefault: false }])
    await until(
      () => failures.length,
      (count) => count === 1,
    )
    expect(failures).toEqual([['le', false]])
    const [problem] = said.at(-1)!.problems
    expect(problem).toMatchObject({ severity: 'error', origin: { item: 'certificate a.test, b.test' } })
    expect(problem!.message).toMatch(/ECONNREFUSED.*; next try at \d{4}-\d\d-\d\dT/)
    const wait = resolver.trouble()!.nextTryAt.getTime() - Date.now()
    expect(wait).toBeGreaterThan(50_000)
    expect(wait).toBeLessThan(70_000)
    // What is not wanted any more is no trouble.
    resolver.want([])
    await until(
      () => resolver.trouble(),
      (trouble) => trouble === null,
    )
  })

  test('a name on demand that can’t be had is told at once, and left alone', async () => {
    const { resolver, failures } = await setUp(newFile())
    await resolver.firstWord
    expect(await resolver.demand('a.test')).toBeNull()
    expect(await resolver.demand('a.test')).toBeNull()
    expect(failures).toHaveLength(1)
  })

  test('a stop ends whoever waits', async () => {
    const { resolver } = await setUp(newFile())
    await resolver.firstWord
    const waiting = resolver.demand('a.test')
    await ends.pop()!()
    expect(await waiting).toBeNull()
  })
})

test('a thousand certificates: looking at them holds nobody up for 10 ms', async () => {
  const file = newFile()
  const one = stored(['x.test'])
  const many = Array.from({ length: 1000 }, (_, i) => ({ ...one, domain: { main: `n${i}.test` } }))
  writeFileSync(file, JSON.stringify({ le: { Account: null, Certificates: many } }, null, 2), { mode: 0o600 })
  const names = many.map(({ domain }) => domain.main)
  const { resolver, said } = await setUp(file, { names: () => names })
  const wanted = names.map((name) => ({ names: [name], isDefault: false }))
  resolver.want(wanted)
  await resolver.firstWord
  expect(said[0]?.config.tls?.certificates).toHaveLength(1000)
  // Each of them has been read once by then.
  await until(
    () => resolver.isIdle,
    (is) => is,
    20_000,
  )
  const looks: number[] = []
  for (let i = 0; i < 20; i++) {
    // CPU of this thread: another process may have the core in between.
    const before = process.threadCpuUsage()
    resolver.want(wanted)
    // The look is done in the turns that follow, without a wait.
    while (!resolver.isIdle) await Promise.resolve()
    const { user, system } = process.threadCpuUsage(before)
    looks.push((user + system) / 1000)
  }
  looks.sort((a, b) => a - b)
  // The median: a collection of garbage may be among them.
  expect(looks[10]).toBeLessThan(10)
}, 60_000)
