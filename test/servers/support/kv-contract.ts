import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { router, routersOf, ruleOf } from './routers.ts'
import { type Source, startSource } from './source.ts'

/** A key-value store that runs for a test, and who writes into it. */
export interface KvServer {
  start(): Promise<void>
  stop(signal?: NodeJS.Signals): Promise<void>
  stall(): void
  goOn(): void
  /** What the provider needs to find it. */
  readonly flags: readonly string[]
  /** Writes each key by itself. */
  put(pairs: Readonly<Record<string, string>>): Promise<void>
  remove(keys: readonly string[]): Promise<void>
  /** Everything at or below `traefik`. */
  clear(): Promise<void>
  /** Puts other keys in the place of those there are; the root itself stays. */
  replace(pairs: Readonly<Record<string, string>>): Promise<void>
}

/** What every key-value store does for its provider. */
export function kvContract(title: string, server: KvServer): void {
  describe(title, () => {
    let source: Source
    const start = async (): Promise<Source> => {
      source = await startSource(server.flags)
      return source
    }
    beforeAll(() => server.start())
    afterAll(() => server.stop())
    beforeEach(() => server.clear())
    afterEach(() => source.stop())

    test('a whole configuration arrives', async () => {
      await server.put({
        ...router('a'),
        'traefik/http/routers/a/entryPoints/0': 'web',
        'traefik/http/routers/a/entryPoints/1': 'dns',
        'traefik/tcp/routers/t/rule': 'HostSNI(`*`)',
        'traefik/tls/options/o/minVersion': 'VersionTLS13',
        'traefik/enable': 'true',
        'traefikx/http/routers/x/rule': 'not ours',
      })
      const config = await (await start()).until(({ http }) => http?.routers?.a !== undefined)
      expect(config).toMatchObject({
        http: {
          routers: { a: { rule: 'Host(`a.test`)', service: 'a', entryPoints: ['web', 'dns'] } },
          services: { a: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:9' }] } } },
        },
        tcp: { routers: { t: { rule: 'HostSNI(`*`)' } } },
        tls: { options: { o: { minVersion: 'VersionTLS13' } } },
      })
      expect(routersOf(config)).toEqual(['a'])
      expect(source.report).toMatchObject({ status: 'live', error: null })
      expect(source.problems).toEqual([])
    })

    test('an empty store says so', async () => {
      expect(await (await start()).until(() => true)).toEqual({ http: {} })
    })

    test('a changed key, a new one, one that goes', async () => {
      await server.put(router('a'))
      await (await start()).until((config) => routersOf(config).join() === 'a')
      await server.put({ 'traefik/http/routers/a/rule': 'Host(`b.test`)' })
      await source.until((config) => ruleOf(config, 'a') === 'Host(`b.test`)', 2_000)
      await server.put({ 'traefik/http/routers/a/priority': '7' })
      await source.until(({ http }) => http?.routers?.a?.priority === 7, 2_000)
      await server.remove(['traefik/http/routers/a/priority'])
      await source.until(({ http }) => http?.routers?.a?.priority === undefined, 2_000)
      expect(routersOf(source.messages.at(-1)!)).toEqual(['a'])
    })

    // Retried: a machine that pauses between two keys for longer than the quiet that ends a change proves nothing.
    test('what is written in many keys arrives whole', { retry: 4 }, async () => {
      await (await start()).until(() => true)
      const names = Array.from({ length: 10 }, (_, at) => `r${at}`)
      // All at once, so that a busy machine makes no pauses between them that are long enough to be taken for the end.
      await Promise.all(names.map((name) => server.put(router(name))))
      await source.until((config) => routersOf(config).length === names.length)
      // The store may be slow once, which is what the longest wait is for; nobody sees half a router.
      for (const { http } of source.messages) {
        for (const [name, { service }] of Object.entries(http?.routers ?? {}))
          expect([name, service]).toEqual([name, name])
      }
    })

    test('a mistake keeps the last good configuration and is told', async () => {
      await server.put(router('a'))
      await (await start()).until((config) => routersOf(config).join() === 'a')
      await server.put({ 'traefik/http/routers/a/prioritt': '7', ...router('b') })
      await source.until(() => source.problems.length > 0, 2_000)
      expect(source.problems).toMatchObject([
        {
          severity: 'error',
          message: 'field not found, node: prioritt',
          hint: 'did you mean "priority"?',
          origin: { item: 'key traefik/http/routers/a/prioritt' },
        },
      ])
      expect(routersOf(source.messages.at(-1)!)).toEqual(['a'])
      expect(source.report.status).toBe('live')
      await server.remove(['traefik/http/routers/a/prioritt'])
      await source.until((config) => routersOf(config).join() === 'a,b', 2_000)
      expect(source.problems).toEqual([])
    })

    test('the last key that goes clears, and so does a tree of other keys', async () => {
      await server.put(router('a'))
      await (await start()).until((config) => routersOf(config).join() === 'a')
      await server.clear()
      expect(await source.until((config) => routersOf(config).length === 0, 2_000)).toEqual({ http: {} })
      await server.put(router('b'))
      await source.until((config) => routersOf(config).join() === 'b', 2_000)
      await server.put({ 'traefik/enable': 'true' })
      await server.remove(Object.keys(router('b')))
      await source.until((config) => routersOf(config).length === 0, 2_000)
    })

    test('most of it gone is believed at the second look', async () => {
      const names = Array.from({ length: 15 }, (_, at) => `r${at}`)
      const pairs = Object.assign({}, ...names.map((name) => router(name)))
      await server.put(pairs)
      await (await start()).until((config) => routersOf(config).length === names.length)
      await server.clear()
      await sleep(300)
      await server.put({ ...pairs, ...router('z') })
      await source.until((config) => routersOf(config).includes('z'))
      expect(Math.min(...source.messages.map((config) => routersOf(config).length))).toBe(names.length)
      await server.clear()
      await source.until((config) => routersOf(config).length === 0)
    })

    test('a server that stops and comes back', async () => {
      await server.put(router('a'))
      await (await start()).until((config) => routersOf(config).join() === 'a')
      await server.stop()
      const { error } = await source.untilStatus('stale')
      expect(error).not.toBe('')
      expect(source.messages).toHaveLength(1)
      await server.start()
      await source.untilStatus('live', 5_000)
      await server.put(router('b'))
      await source.until((config) => routersOf(config).join() === 'a,b', 3_000)
      expect(source.messages).toHaveLength(2)
    })

    test('a server that is silent is lost within 15 s', async () => {
      await server.put(router('a'))
      await (await start()).until((config) => routersOf(config).join() === 'a')
      const began = performance.now()
      server.stall()
      try {
        await source.untilStatus('stale', 16_000)
      } finally {
        server.goOn()
      }
      expect(performance.now() - began).toBeLessThan(15_000)
      expect(source.messages).toHaveLength(1)
      await source.untilStatus('live', 10_000)
      await server.put(router('b'))
      await source.until((config) => routersOf(config).join() === 'a,b')
    })
  })
}
