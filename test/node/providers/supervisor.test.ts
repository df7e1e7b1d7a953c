import { describe, expect, test } from 'vitest'
import { type Provider, ProviderRefused, type ProviderSink } from '../../../adapters/node/providers/provider.ts'
import { Supervisor } from '../../../adapters/node/providers/supervisor.ts'
import { andThen } from '../../../src/http/maybe-promise.ts'
import { fakePorts } from '../../support/ports.ts'

/** Lets everything happen that waits for nothing but promises. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

/** A provider whose runs are ended by the test. */
function setUp(random = 1) {
  const ports = fakePorts()
  const runs: { sink: ProviderSink; lose: (reason: unknown) => void; end: () => void }[] = []
  const provider: Provider = {
    name: 'docker',
    run: (sink, signal) =>
      new Promise<void>((end, lose) => {
        signal.addEventListener('abort', () => end())
        runs.push({ sink, lose, end })
      }),
  }
  const said: unknown[] = []
  const supervisor = new Supervisor(provider, { ...ports, random: () => random }, (derive) =>
    andThen(derive(), ({ config }) => void said.push(config)),
  )
  const last = () => runs.at(-1)!
  return { ports, runs, said, supervisor, last, provider }
}

describe('Supervisor', () => {
  test('is connecting, and then live with the peer that answers', () => {
    const { supervisor, last } = setUp()
    expect(supervisor.state).toMatchObject({ name: 'docker', status: 'connecting', peer: null, changedAt: null })
    supervisor.start()
    last().sink.connected('unix:///run/docker.sock')
    expect(supervisor.state).toMatchObject({ status: 'live', peer: 'unix:///run/docker.sock', error: null })
  })

  test('hands on what is said, at once', () => {
    const { supervisor, last, said } = setUp()
    supervisor.start()
    last().sink.emit(() => ({ config: { http: {} }, problems: [] }))
    expect(said).toEqual([{ http: {} }])
    supervisor.changed()
    expect(supervisor.state.changedAt).not.toBeNull()
  })

  test('runs a lost provider again, and says once why it was lost', async () => {
    const { supervisor, last, runs, ports } = setUp()
    supervisor.start()
    last().sink.connected('peer')
    last().lose(new Error('connection refused'))
    await settled()
    expect(supervisor.state).toMatchObject({ status: 'stale', error: 'connection refused' })
    expect(supervisor.state.nextTryAt).not.toBeNull()
    ports.clock.advance(500)
    await settled()
    last().lose(new Error('connection refused'))
    await settled()
    expect(runs).toHaveLength(2)
    expect(ports.logged.filter(({ message }) => message.includes('connection refused'))).toHaveLength(1)
  })

  test('a source that ends is lost too', async () => {
    const { supervisor, last } = setUp()
    supervisor.start()
    last().end()
    await settled()
    expect(supervisor.state).toMatchObject({ status: 'failed', error: 'the source has ended' })
  })

  test.each([
    ['nobody answers', new Error('no'), [500, 1_000, 2_000, 3_000, 3_000]],
    ['somebody refuses', new ProviderRefused('403'), [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]],
  ])('the pauses grow up to a limit where %s', async (_, reason, pauses) => {
    const { supervisor, last, runs, ports } = setUp()
    supervisor.start()
    for (const [at, pause] of pauses.entries()) {
      last().lose(reason)
      await settled()
      ports.clock.advance(pause - 1)
      await settled()
      expect(runs).toHaveLength(at + 1)
      ports.clock.advance(1)
      await settled()
      expect(runs).toHaveLength(at + 2)
    }
  })

  test('who lived long begins with short pauses again', async () => {
    const { supervisor, last, runs, ports } = setUp()
    supervisor.start()
    for (const pause of [500, 1_000, 2_000]) {
      last().lose(new Error('no'))
      await settled()
      ports.clock.advance(pause)
      await settled()
    }
    ports.clock.advance(30_000)
    last().lose(new Error('no'))
    await settled()
    ports.clock.advance(500)
    await settled()
    expect(runs).toHaveLength(5)
  })

  test('a stop ends the provider, or the pause, and nothing is said afterwards', async () => {
    const { supervisor, last, said, ports } = setUp()
    supervisor.start()
    const { sink } = last()
    await supervisor.stop()
    sink.emit(() => ({ config: {}, problems: [] }))
    expect(said).toEqual([])
    expect(ports.clock.waiting).toBe(0)

    const pausing = setUp()
    pausing.supervisor.start()
    pausing.last().lose(new Error('no'))
    await settled()
    await pausing.supervisor.stop()
    expect(pausing.ports.clock.waiting).toBe(0)
  })

  test('is called 20 times a minute at most', async () => {
    const { supervisor, last, runs, ports } = setUp(0)
    supervisor.start()
    for (let second = 0; second < 60; second++) {
      last().lose(new Error('no'))
      await settled()
      ports.clock.advance(1_000)
      await settled()
    }
    expect(runs.length).toBeGreaterThan(15)
    expect(runs.length).toBeLessThanOrEqual(20)
  })

  test('is called at once where the provider sees that the source is back', async () => {
    const { supervisor, last, runs, ports, provider } = setUp()
    let back: () => void = () => undefined
    provider.watchReturn = (told) => {
      back = told
      return () => undefined
    }
    supervisor.start()
    last().lose(new Error('no'))
    await settled()
    ports.clock.advance(500)
    await settled()
    last().lose(new Error('no'))
    await settled()
    // A busy folder tells of it again and again.
    for (let times = 0; times < 5; times++) {
      back()
      ports.clock.advance(50)
    }
    await settled()
    expect(runs).toHaveLength(3)
    expect(ports.clock.waiting).toBe(0)
  })
})
