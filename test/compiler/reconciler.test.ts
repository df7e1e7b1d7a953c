import { describe, expect, test } from 'vitest'
import { Reconciler } from '../../src/compiler/reconciler.ts'
import { EMPTY_PLAN } from '../../src/plan/empty.ts'
import { Host } from '../../src/runtime/host.ts'
import { fakePorts } from '../support/ports.ts'

function setUp(throttleMs = 2_000) {
  const ports = fakePorts()
  const host = new Host({ ports })
  const parts = { kinds: { middlewares: {}, services: {} }, internal: new Map(), observer: null }
  const compiled: string[] = []
  const reconciler = new Reconciler<string>({
    clock: ports.clock,
    log: ports.log,
    throttleMs,
    unthrottled: new Set(['internal']),
    awaited: 'internal',
    compile(configurations) {
      compiled.push([...configurations.values()].join('+'))
      if (configurations.get('file') === 'bug') throw new Error('a bug')
      return EMPTY_PLAN
    },
    sinks: [(plan) => void host.apply(plan, parts)],
  })
  const say = (provider: string, configuration: string) =>
    reconciler.apply({ provider, derive: () => ({ configuration, digest: '' }) })
  return { ports, current: host.switch, compiled, reconciler, say }
}

describe('Reconciler', () => {
  test('applies nothing before the awaited provider has spoken, and then everything at once', async () => {
    const { compiled, say, current } = setUp()
    const before = current.current
    void say('file', 'a')
    expect(compiled).toEqual([])
    await say('internal', 'i')
    expect(compiled).toEqual(['a+i'])
    expect(current.current).not.toBe(before)
  })

  test('leaves nothing behind that would hold up the end of the process', async () => {
    const { ports, reconciler, say } = setUp()
    await say('internal', 'i')
    await say('file', 'a')
    expect(ports.clock.waiting).toBe(1)
    reconciler.stop()
    expect(ports.clock.waiting).toBe(0)
  })

  test('drops what equals the last message', async () => {
    const { compiled, say } = setUp(0)
    await say('internal', 'i')
    await say('file', 'a')
    await say('file', 'a')
    expect(compiled).toEqual(['i', 'i+a'])
  })

  describe('a derivation that takes its time', () => {
    /** A provider whose derivations end when the test says so. */
    const slowly = ({ reconciler }: ReturnType<typeof setUp>) => {
      const running: { readonly end: (configuration: string) => void; readonly fail: (reason: Error) => void }[] = []
      const say = (isUrgent = false) => {
        const { promise, resolve, reject } = Promise.withResolvers<{ configuration: string; digest: string }>()
        const end = (configuration: string) => resolve({ configuration, digest: '' })
        const derive = () => {
          running.push({ end, fail: reject })
          return promise
        }
        return reconciler.apply({ provider: 'file', derive, isUrgent })
      }
      return { running, say }
    }

    test('is waited for, and what came meanwhile is one afterwards', async () => {
      const setting = setUp(0)
      const { running, say } = slowly(setting)
      await setting.say('internal', 'i')
      const first = say()
      void say()
      void say()
      expect(running).toHaveLength(1)
      running[0]!.end('a')
      await first
      expect(setting.compiled).toEqual(['i', 'i+a'])
      expect(running).toHaveLength(2)
      running[1]!.end('b')
      await expect.poll(() => setting.compiled).toEqual(['i', 'i+a', 'i+b'])
    })

    test('what is urgent among it does not wait for the throttle', async () => {
      const setting = setUp(2_000)
      const { running, say } = slowly(setting)
      await setting.say('internal', 'i')
      const first = say()
      void say(true)
      void say()
      running[0]!.end('a')
      await first
      expect(running).toHaveLength(2)
    })

    test('what is not waits for the throttle', async () => {
      const setting = setUp(2_000)
      const { running, say } = slowly(setting)
      await setting.say('internal', 'i')
      const first = say()
      void say()
      running[0]!.end('a')
      await first
      expect(running).toHaveLength(1)
      setting.ports.clock.advance(2_000)
      expect(running).toHaveLength(2)
    })

    test('leaves what is in force where it fails, with a log line', async () => {
      const setting = setUp(0)
      const { running, say } = slowly(setting)
      await setting.say('internal', 'i')
      const first = say()
      running[0]!.fail(new Error('a bug'))
      await first
      expect(setting.compiled).toEqual(['i'])
      expect(setting.ports.logged).toMatchObject([{ level: 'debug' }, { level: 'error' }])
      const second = say()
      running[1]!.end('a')
      await second
      expect(setting.compiled).toEqual(['i', 'i+a'])
    })
  })

  test('throttles each provider and then takes the newest', async () => {
    const { compiled, say, ports } = setUp(2_000)
    await say('internal', 'i')
    await say('file', 'a')
    await say('file', 'b')
    await say('file', 'c')
    expect(compiled).toEqual(['i', 'i+a'])
    ports.clock.advance(2_000)
    await say('internal', 'j')
    expect(compiled).toEqual(['i', 'i+a', 'j+c'])
  })

  test('derives nothing that a newer message has replaced', async () => {
    const { say, ports, reconciler } = setUp(2_000)
    await say('internal', 'i')
    await say('file', 'a')
    const derived: string[] = []
    for (const configuration of ['b', 'c']) {
      const derive = () => {
        derived.push(configuration)
        return { configuration, digest: '' }
      }
      await reconciler.apply({ provider: 'file', derive })
    }
    expect(derived).toEqual([])
    ports.clock.advance(2_000)
    expect(derived).toEqual(['c'])
  })

  test('a bug in compiling leaves what is in force and does not stop what follows', async () => {
    const { compiled, say, current, ports } = setUp(0)
    await say('internal', 'i')
    const good = current.current
    await say('file', 'bug')
    expect(current.current).toBe(good)
    await say('file', 'ok')
    expect(compiled.at(-1)).toBe('i+ok')
    expect(current.current).not.toBe(good)
    expect(ports.logged.some(({ message }) => message === 'Configuration could not be applied')).toBe(true)
  })
})
