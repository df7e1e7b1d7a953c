import { chmodSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { ProviderHub } from '../../../adapters/node/providers/hub.ts'
import type { Provider, ProviderSink } from '../../../adapters/node/providers/provider.ts'
import { providerView } from '../../../adapters/node/providers/report.ts'
import type { DynamicConfig } from '../../../src/compiler/dynamic/dynamic.ts'
import { loadInstall } from '../../../src/compiler/install/load.ts'
import { andThen } from '../../../src/http/maybe-promise.ts'
import { freePort } from '../../support/free-port.ts'
import { startProxy } from '../../support/node-proxy.ts'
import { fakePorts } from '../../support/ports.ts'
import { until } from '../../support/until.ts'

/** A provider that says what the test has it say. */
class Puppet implements Provider {
  readonly name: string
  sink: ProviderSink | null = null

  constructor(name: string) {
    this.name = name
  }

  run(sink: ProviderSink, signal: AbortSignal): Promise<void> {
    this.sink = sink
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  }

  say(config: DynamicConfig): void {
    this.sink?.connected('somebody')
    this.sink?.emit(() => ({ config, problems: [] }))
  }
}

const routing = (name: string): DynamicConfig => ({
  http: { routers: { [name]: { rule: 'Path(`/`)', service: 's' } } },
})

function setUp(flags: readonly string[], providers: readonly Provider[]) {
  const { install } = loadInstall({
    args: ['--entryPoints.web.address=:80', ...flags],
    env: {},
    exists: () => false,
    readFile: () => '',
  })
  const ports = fakePorts()
  const taken = new Map<string, DynamicConfig>()
  const hub = new ProviderHub({
    ...ports,
    install: install!,
    random: () => 1,
    readElsewhere: null,
    readPairsElsewhere: null,
    rest: null,
    more: providers,
    apply: async ({ provider, derive }) =>
      andThen(derive(), ({ configuration }) => void taken.set(provider, configuration)),
  })
  return { ports, hub, taken }
}

const cacheFile = () => path.join(mkdtempSync(path.join(os.tmpdir(), 'signalbox-hub-')), 'cache.json')

describe('ProviderHub', () => {
  test('knows how each provider stands, and what it said', async () => {
    const puppet = new Puppet('puppet')
    const { hub, taken } = setUp([], [puppet])
    await hub.start()
    expect(hub.awaited).toEqual(['puppet'])
    expect(hub.reports.map(providerView)).toMatchObject([
      { name: 'puppet', status: 'connecting', objects: 0, changedAt: null },
    ])
    puppet.say(routing('a'))
    expect(taken.get('puppet')).toEqual(routing('a'))
    const [view] = hub.reports.map(providerView)
    expect(view).toMatchObject({ status: 'live', peer: 'somebody', objects: 1, problems: [] })
    expect(view?.changedAt).not.toBeNull()
    await hub.stop()
  })

  test('a provider that can’t be made is left out, with the reason', async () => {
    const { hub, taken, ports } = setUp(['--providers.docker.defaultRule={{ if }}'], [])
    await hub.start()
    expect(taken.has('internal')).toBe(true)
    expect(hub.awaited).toEqual([])
    expect(hub.reports.map(providerView)).toMatchObject([{ name: 'docker', status: 'failed', nextTryAt: null }])
    expect(hub.reports[0]?.error).toContain('template: defaultRule')
    expect(ports.logged.filter(({ level }) => level === 'error')).toHaveLength(1)
    await hub.stop()
  })

  test('who is silent at the start is served from what it said the last time', async () => {
    const file = cacheFile()
    const before = new Puppet('puppet')
    const first = setUp([`--providers.cache=${file}`], [before])
    await first.hub.start()
    before.say(routing('a'))
    await first.hub.stop()
    expect(statSync(file).mode & 0o777).toBe(0o600)

    const silent = new Puppet('puppet')
    const { hub, taken, ports } = setUp([`--providers.cache=${file}`], [silent])
    await hub.start()
    ports.clock.advance(4_999)
    expect(taken.has('puppet')).toBe(false)
    ports.clock.advance(1)
    expect(taken.get('puppet')).toEqual(routing('a'))
    expect(hub.reports[0]).toMatchObject({ status: 'stale' })
    silent.say(routing('b'))
    expect(taken.get('puppet')).toEqual(routing('b'))
    expect(hub.reports[0]).toMatchObject({ status: 'live' })
    await hub.stop()
    expect(JSON.parse(readFileSync(file, 'utf8')).providers.puppet.config).toEqual(routing('b'))
  })

  test.each([
    ['others may read', (file: string) => chmodSync(file, 0o644), 'make it 0600'],
    ['is not whole', (file: string) => writeFileSync(file, '{"version": 1, "prov'), 'is not whole'],
    ['is of another version', (file: string) => writeFileSync(file, '{"version": 99}'), 'another version'],
  ])('a cache that %s is not used, and that is said', async (_, spoil, words) => {
    const file = cacheFile()
    writeFileSync(
      file,
      JSON.stringify({
        version: 1,
        providers: { puppet: { savedAt: new Date().toISOString(), config: routing('a') } },
      }),
      { mode: 0o600 },
    )
    spoil(file)
    const { hub, taken, ports } = setUp([`--providers.cache=${file}`], [new Puppet('puppet')])
    await hub.start()
    ports.clock.advance(10_000)
    expect(taken.has('puppet')).toBe(false)
    expect(ports.logged.map(({ message }) => message).join()).toContain(words)
    await hub.stop()
  })
})

test('what a cache holds of others is forgotten, and what is no entry is passed over', async () => {
  const file = cacheFile()
  const savedAt = new Date().toISOString()
  const providers = { puppet: null, gone: { savedAt, config: routing('secret') }, other: { savedAt, config: 7 } }
  writeFileSync(file, JSON.stringify({ version: 1, providers }), { mode: 0o600 })
  const [puppet, other] = [new Puppet('puppet'), new Puppet('other')]
  const { hub, taken, ports } = setUp([`--providers.cache=${file}`], [puppet, other])
  await hub.start()
  ports.clock.advance(10_000)
  expect([...taken.keys()]).toEqual(['internal'])
  puppet.say(routing('a'))
  await hub.stop()
  expect(readFileSync(file, 'utf8')).not.toContain('secret')
})

test('problems say whose they are', async () => {
  const puppet = new Puppet('puppet')
  const { hub } = setUp([], [puppet])
  await hub.start()
  const problem = { severity: 'warning', message: 'odd', hint: null, provider: null, path: [], position: null } as const
  puppet.sink?.emit(() => ({ config: {}, problems: [problem] }))
  expect(hub.reports[0]?.derived?.problems).toEqual([{ ...problem, provider: 'puppet' }])
  await hub.stop()
})

test('ready, and the states of providers in the API', async () => {
  const [apiPort, nobody] = await Promise.all([freePort(), freePort()])
  const proxy = await startProxy('http: {}', [
    `--entryPoints.traefik.address=127.0.0.1:${apiPort}`,
    '--api.insecure=true',
    '--ready=true',
    `--providers.docker.endpoint=tcp://user:geheim@127.0.0.1:${nobody}`,
  ])
  try {
    const ready = await fetch(`http://127.0.0.1:${apiPort}/ready`)
    expect([ready.status, await ready.text()]).toEqual([503, 'waiting for: docker\n'])
    const states = await until(
      async () =>
        (await (await fetch(`http://127.0.0.1:${apiPort}/api/provider-states`)).json()) as {
          name: string
          status: string
          error: string
        }[],
      (found) => found.some(({ status }) => status === 'failed'),
    )
    expect(states.map(({ name }) => name)).toEqual(['docker', 'file'])
    expect(states[0]?.error).toContain('ECONNREFUSED')
    expect(JSON.stringify(states)).not.toContain('geheim')
    expect((await fetch(`http://127.0.0.1:${apiPort}/api/provider-states`, { method: 'POST' })).status).toBe(405)
  } finally {
    await proxy.stop()
  }
})
