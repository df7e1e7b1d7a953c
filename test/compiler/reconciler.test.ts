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
    isSame: (a, b) => a === b,
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
