import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { TooMuchConfiguration } from '../../../../adapters/node/providers/kv/pairs.ts'
import { KvProvider } from '../../../../adapters/node/providers/kv/provider.ts'
import type { KvListener, KvReading, KvStore } from '../../../../adapters/node/providers/kv/store.ts'
import { readPairs } from '../../../../src/compiler/discovery/kv.ts'
import { type ProviderRun, runProvider, testContext } from '../../../support/provider-run.ts'
import { until } from '../../../support/until.ts'

type Read = () => KvReading | Promise<KvReading>

/** A store of which the test says what it holds. */
class ScriptedStore implements KvStore {
  keys: Record<string, string> = {}
  read: Read = () => ({ pairs: Object.entries(this.keys), problems: [] })
  readonly readsAtOnce: boolean
  listener: KvListener | null = null
  readonly readAt: number[] = []
  opened = 0
  closed = 0

  constructor(readsAtOnce = true) {
    this.readsAtOnce = readsAtOnce
  }

  async connect(listener: KvListener) {
    this.listener = listener
    this.opened++
    return {
      peer: 'peer',
      readsAtOnce: this.readsAtOnce,
      read: async () => {
        this.readAt.push(performance.now())
        return await this.read()
      },
      close: () => void this.closed++,
    }
  }

  /** Changes keys as somebody else would. */
  change(keys: Record<string, string>): void {
    Object.assign(this.keys, keys)
    this.listener!.changed()
  }
}

let run: ProviderRun
afterEach(() => run.stop())

const rule = (name: string, text = 'x') => ({ [`traefik/http/routers/${name}/rule`]: text })

function start(store: ScriptedStore, context = testContext()): ProviderRun {
  run = runProvider(new KvProvider('etcd', 'traefik', store, context))
  return run
}

const routers = () => Object.keys(run.config.http?.routers ?? {})

const said = (count: number) =>
  until(
    () => run.count,
    (now) => now >= count,
  )

describe('KvProvider', () => {
  test('reads, says who answers, and reads again after a change', async () => {
    const store = new ScriptedStore()
    store.keys = rule('a')
    start(store)
    await said(1)
    expect([run.peers, routers()]).toEqual([['peer'], ['a']])
    store.change(rule('b'))
    await said(2)
    expect(routers()).toEqual(['a', 'b'])
    await sleep(60)
    expect(store.readAt).toHaveLength(2)
  })

  test('changes that come together are read together, once it is quiet', async () => {
    const store = new ScriptedStore()
    start(store)
    await said(1)
    for (let at = 0; at < 10; at++) {
      store.change(rule(`r${at}`))
      await sleep(5)
    }
    await said(2)
    expect(routers()).toHaveLength(10)
    expect(store.readAt).toHaveLength(2)
  })

  test('who writes without end is read every half second', async () => {
    const store = new ScriptedStore()
    start(store)
    await said(1)
    const began = performance.now()
    for (let at = 0; performance.now() - began < 1_300; at++) {
      store.change(rule('r', `x${at}`))
      await sleep(5)
    }
    const reads = store.readAt.filter((at) => at - began < 1_300).length - 1
    expect(reads).toBeGreaterThanOrEqual(1)
    expect(reads).toBeLessThanOrEqual(3)
  })

  test('a read during which something changes is half of it, where keys are read one by one', async () => {
    const store = new ScriptedStore(false)
    start(store)
    await said(1)
    const whole = store.read
    store.read = async () => {
      store.read = whole
      const half = await whole()
      store.change(rule('b'))
      return half
    }
    store.change(rule('a'))
    await said(2)
    expect(routers()).toEqual(['a', 'b'])
  })

  test('a store that changes at every read is taken as it is', async () => {
    const store = new ScriptedStore(false)
    let at = 0
    store.read = () => {
      store.change(rule(`r${at++}`))
      return { pairs: Object.entries(store.keys), problems: [] }
    }
    start(store)
    await said(1)
    expect(routers().length).toBeGreaterThan(1)
  })

  test('what can not be decoded keeps the last good one, over a loss too', async () => {
    const store = new ScriptedStore()
    store.keys = rule('a')
    start(store)
    await said(1)
    store.change({ 'traefik/http/routers/a/rulee': 'x' })
    await said(2)
    expect([routers(), run.problems.length, run.problems[0]!.severity]).toEqual([['a'], 1, 'error'])
    store.listener!.lost(new Error('gone'))
    await until(
      () => run.lost,
      (lost) => lost !== null,
    )
    expect([run.lost!.message, store.closed]).toEqual(['gone', 1])
    run.again()
    await said(3)
    expect([routers(), run.problems.length]).toEqual([['a'], 1])
  })

  test('the first thing it finds may be a mistake', async () => {
    const store = new ScriptedStore()
    store.keys = { 'traefik/httpx/a': '' }
    start(store)
    await said(1)
    expect([run.config, run.problems.length]).toEqual([{}, 1])
  })

  test('more than is taken keeps the last good one; it is read again after the next change', async () => {
    const store = new ScriptedStore()
    store.keys = rule('a')
    start(store)
    await said(1)
    const whole = store.read
    store.read = () => Promise.reject(new TooMuchConfiguration())
    store.change({})
    await said(2)
    expect([routers(), run.problems]).toMatchObject([
      ['a'],
      [
        {
          severity: 'error',
          message: 'more than 64 MiB of keys and values below the root key',
          origin: { item: 'key traefik' },
        },
      ],
    ])
    store.read = whole
    store.change(rule('b'))
    await said(3)
    expect([routers(), run.problems]).toEqual([['a', 'b'], []])
  })

  test('an error of the store keeps the last good one', async () => {
    const store = new ScriptedStore()
    store.keys = rule('a')
    start(store)
    await said(1)
    const problem = { severity: 'error', message: 'm', hint: null, provider: null, path: [], position: null } as const
    store.read = () => ({ pairs: [], problems: [problem] })
    store.change({})
    await said(2)
    expect([routers(), run.problems]).toMatchObject([['a'], [{ message: 'm' }]])
  })

  test('a read that fails, or is never answered when the store is lost, ends the run', async () => {
    const store = new ScriptedStore()
    store.read = () => Promise.reject(new Error('no leader'))
    start(store)
    await until(
      () => run.lost,
      (lost) => lost !== null,
    )
    expect([run.lost!.message, run.count, run.peers, store.closed]).toEqual(['no leader', 0, [], 1])
    store.read = () => new Promise(() => undefined)
    run.again()
    await until(
      () => store.opened,
      (opened) => opened === 2,
    )
    store.listener!.lost(new Error('silent'))
    await until(
      () => run.lost,
      (lost) => lost !== null,
    )
    expect([run.lost!.message, store.closed]).toEqual(['silent', 2])
  })

  test('most of it gone is read again after a second', async () => {
    const store = new ScriptedStore()
    const all = Object.assign({}, ...Array.from({ length: 30 }, (_, at) => rule(`r${at}`)))
    store.keys = { ...all }
    start(store)
    await said(1)
    store.keys = {}
    store.change({})
    await until(
      () => store.readAt.length,
      (reads) => reads === 2,
    )
    store.keys = { ...all, ...rule('z') }
    await said(2)
    expect(routers()).toHaveLength(31)
    store.keys = {}
    store.change({})
    await said(3)
    expect(run.config).toEqual({ http: {} })
    expect(store.readAt.at(-1)! - store.readAt.at(-2)!).toBeGreaterThan(950)
  })

  test('large ones are decoded elsewhere', async () => {
    const store = new ScriptedStore()
    store.keys = Object.assign({}, ...Array.from({ length: 5_000 }, (_, at) => rule(`r${at}`)))
    const elsewhere: number[] = []
    start(store, {
      ...testContext(),
      readPairsElsewhere: async (pairs, rootKey) => {
        elsewhere.push(pairs.length)
        return readPairs(JSON.parse(pairs), rootKey)
      },
    })
    await said(1)
    expect(routers()).toHaveLength(5_000)
    expect(elsewhere).toHaveLength(1)
  })

  test('a stop ends it, and a reload reads', async () => {
    const store = new ScriptedStore()
    const provider = new KvProvider('etcd', 'traefik', store, testContext())
    run = runProvider(provider)
    await said(1)
    provider.reload()
    await said(2)
    await run.stop()
    expect(store.closed).toBe(1)
    store.change({})
    await sleep(50)
    expect(store.readAt).toHaveLength(2)
  })
})
