import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DynamicConfig } from '../../src/compiler/dynamic/dynamic.ts'
import { until } from '../support/until.ts'
import { type NomadService, ScriptedNomad } from './support/nomad.ts'
import { type Source, startSource } from './support/source.ts'

let nomad: ScriptedNomad
let source: Source | null = null

beforeEach(async () => {
  nomad = new ScriptedNomad()
  await nomad.start()
})

afterEach(async () => {
  await source?.stop()
  source = null
  await nomad.stop()
})

async function start(...flags: string[]): Promise<Source> {
  source = await startSource([
    `--providers.nomad.endpoint.address=${nomad.address}`,
    ...flags.map((flag) => `--providers.nomad.${flag}`),
  ])
  return source
}

const service = (id: string, name: string, more: Partial<NomadService> = {}): NomadService => ({
  ...{ ID: id, ServiceName: name, NodeID: 'n1', Address: '10.3.0.1', Port: 8080, Tags: [] },
  ...more,
})

const urlsOf = (config: DynamicConfig, name: string): string =>
  (config.http?.services?.[name]?.loadBalancer?.servers ?? []).map(({ url = '' }) => url).join()
const namesOf = (config: DynamicConfig): string =>
  Object.keys(config.http?.services ?? {})
    .sort()
    .join()

describe.each([
  ['following', ['watch=true'], 1_000],
  ['polling', ['refreshInterval=100ms'], 2_000],
] as const)('%s', (_, flags, limitMs) => {
  test('instances come, change and go', async () => {
    nomad.register(service('1', 'shop', { Tags: ['traefik.http.routers.shop.rule = Path(`/a`)'] }))
    const { until: seen } = await start(...flags)
    const first = await seen((config) => urlsOf(config, 'shop') === 'http://10.3.0.1:8080')
    expect(first.http?.routers?.shop?.rule).toBe('Path(`/a`)')
    expect(source!.report).toMatchObject({ name: 'nomad', status: 'live', peer: nomad.address })
    nomad.register(service('2', 'blog'))
    await seen((config) => namesOf(config) === 'blog,shop', limitMs)
    nomad.register(service('2', 'blog', { Port: 81 }))
    await seen((config) => urlsOf(config, 'blog') === 'http://10.3.0.1:81', limitMs)
    nomad.deregister('1')
    await seen((config) => namesOf(config) === 'blog', limitMs)
    nomad.deregister('2')
    await seen((config) => namesOf(config) === '', limitMs)
  })

  test('an instance whose tags break keeps its last good ones while it lives', async () => {
    nomad.register(service('1', 'shop', { Tags: ['traefik.http.routers.shop.rule=Path(`/a`)'] }))
    const { until: seen } = await start(...flags)
    await seen((config) => namesOf(config) === 'shop')
    nomad.register(service('1', 'shop', { Address: '10.3.0.9', Tags: ['traefik.http.routers.shop.rul=x'] }))
    const config = await seen((now) => urlsOf(now, 'shop') === 'http://10.3.0.9:8080', limitMs)
    expect(config.http?.routers?.shop?.rule).toBe('Path(`/a`)')
    expect(source!.problems).toMatchObject([{ message: 'field not found, node: rul' }])
  })

  test('services that are scaled to zero stay, without servers, where that is asked for', async () => {
    const group = (Count: number) => ({ Name: 'g', Count, Scaling: { Enabled: true }, Services: [{ Name: 'shop' }] })
    nomad.jobs.set('a/b', { Namespace: 'default', Name: 'job', TaskGroups: [{ ...group(0), Tasks: null }] })
    const { until: seen } = await start('allowEmptyServices=true', ...flags)
    await seen((config) => namesOf(config) === 'shop' && urlsOf(config, 'shop') === '')
    nomad.jobs.set('a/b', { Namespace: 'default', Name: 'job', TaskGroups: [{ ...group(1), Tasks: null }] })
    nomad.register(service('1', 'shop'))
    await seen((config) => urlsOf(config, 'shop') === 'http://10.3.0.1:8080', limitMs)
  })
})

test('one event costs the list and one service', async () => {
  for (let at = 0; at < 10; at++) nomad.register(service(`s${at}`, `shop${at}`))
  const { until: seen } = await start('watch=true')
  await seen((config) => Object.keys(config.http?.services ?? {}).length === 10)
  nomad.asked.length = 0
  nomad.register(service('s3', 'shop3', { Port: 81 }))
  await seen((config) => urlsOf(config, 'shop3') === 'http://10.3.0.1:81')
  expect(nomad.asked).toEqual(['/v1/services', '/v1/service/shop3'])
})

test('no more than eight questions at once', async () => {
  for (let at = 0; at < 50; at++) {
    nomad.register(service(`s${at}`, `shop${at}`))
    let waiting: ServerResponse[] = []
    nomad.faults.set(`/v1/service/shop${at}`, (response) => {
      open++
      most = Math.max(most, open)
      waiting.push(response)
      setTimeout(() => {
        for (const one of waiting) {
          open--
          one.end(JSON.stringify([service(`s${at}`, `shop${at}`)]))
        }
        waiting = []
      }, 5)
    })
  }
  let open = 0
  let most = 0
  const { until: seen } = await start()
  await seen((config) => Object.keys(config.http?.services ?? {}).length === 50)
  expect(most).toBe(8)
})

test('namespaces are providers of their own', async () => {
  nomad.register(service('1', 'shop'))
  nomad.register(service('2', 'blog', { Namespace: 'b' }))
  const { until: seen, report } = await start('namespaces=b', 'stale=true', 'exposedByDefault=false', 'watch=true')
  expect(report.name).toBe('nomad-b')
  nomad.register(service('2', 'blog', { Namespace: 'b', Tags: ['traefik.enable=true'] }))
  await seen((config) => namesOf(config) === 'blog')
  expect(nomad.asked).toContain('/v1/services?namespace=b&stale=')
  expect(nomad.asked).toContain('/v1/service/blog?namespace=b&stale=&filter=Tags+contains+%22traefik.enable%3Dtrue%22')
})

test.each([
  [['namespaces=*'], 'wildcard namespace not supported'],
  [['throttleDuration=1s'], 'throttle duration should not be used with polling mode'],
])('options that can’t work leave it out: %j', async (flags, error) => {
  const { report } = await start(...flags)
  expect(report).toMatchObject({ status: 'failed', error })
})

describe('faults', () => {
  const html: (response: ServerResponse) => void = (response) => void response.end('<html>geheim</html>')
  const status =
    (code: number, text = ''): ((response: ServerResponse) => void) =>
    (response) =>
      void response.writeHead(code).end(text)

  test.each<[string, string, (response: ServerResponse) => void]>([
    ['a leader election', '/v1/services', status(500, 'No cluster leader')],
    ['503', '/v1/services', status(503)],
    ['429', '/v1/services', status(429)],
    ['a page of HTML', '/v1/services', html],
    ['another shape', '/v1/services', (response) => void response.end('{}')],
    ['half a document', '/v1/services', (response) => void response.end('[{"Services":[')],
    ['null', '/v1/services', (response) => void response.end('null')],
    ['a reset', '/v1/services', (response) => response.socket!.resetAndDestroy()],
    ['rights taken away', '/v1/services', status(403, 'Permission denied')],
    ['a leader election at one service', '/v1/service/shop', status(500, 'No cluster leader')],
    ['every service fails', '/v1/service/shop', status(500, 'oops')],
  ])('%s takes nothing away, and is over when it is over', async (_, path, fault) => {
    nomad.register(service('1', 'shop'))
    const { until: seen, untilStatus, messages } = await start('refreshInterval=100ms')
    await seen((config) => namesOf(config) === 'shop')
    nomad.faults.set(path, fault)
    await untilStatus('stale')
    expect(messages).toHaveLength(1)
    nomad.faults.clear()
    await untilStatus('live', 20_000)
    expect(messages).toHaveLength(1)
    expect(JSON.stringify(source!.logged)).not.toContain('geheim')
  })

  test.each(['watch=true', 'refreshInterval=100ms'])('one service that fails keeps its instances: %s', async (flag) => {
    nomad.register(service('1', 'shop'))
    nomad.register(service('2', 'blog'))
    const { until: seen } = await start(flag)
    await seen((config) => namesOf(config) === 'blog,shop')
    nomad.faults.set('/v1/service/shop', status(500, 'rpc error'))
    nomad.register(service('1', 'shop', { Port: 81 }))
    nomad.register(service('2', 'blog', { Port: 82 }))
    const config = await seen((now) => urlsOf(now, 'blog') === 'http://10.3.0.1:82')
    expect(urlsOf(config, 'shop')).toBe('http://10.3.0.1:8080')
    await until(
      () => source!.problems,
      ([problem]) => problem?.origin?.item === 'service shop' && problem.message.includes('rpc error'),
    )
    expect(source!.report.status).toBe('live')
    nomad.faults.clear()
    await seen((now) => urlsOf(now, 'shop') === 'http://10.3.0.1:81', 5_000)
    expect(source!.problems).toEqual([])
  })

  test.each<[string, (response: ServerResponse) => void]>([
    ['ends after its head', (response) => void response.end()],
    ['sends garbage', (response) => void response.write('{"Index":1}\nxx\n')],
    ['is a page of HTML', html],
    ['is refused', status(403, 'Permission denied')],
  ])('a stream that %s is a lost source', async (_, fault) => {
    nomad.register(service('1', 'shop'))
    const { until: seen, untilStatus } = await start('watch=true')
    await seen((config) => namesOf(config) === 'shop')
    nomad.faults.set('/v1/event/stream', fault)
    nomad.endStreams()
    await untilStatus('stale')
    nomad.faults.clear()
    await untilStatus('live', 20_000)
    nomad.register(service('2', 'blog'))
    await seen((config) => namesOf(config) === 'blog,shop')
  })

  test('a stream without signs of life is lost within 15 s', { timeout: 30_000 }, async () => {
    nomad.heartbeatMs = 3_600_000
    nomad.register(service('1', 'shop'))
    const { until: seen, untilStatus } = await start('watch=true')
    await seen((config) => namesOf(config) === 'shop')
    const { error } = await untilStatus('stale', 16_000)
    expect(error).toContain('silent for 14 s')
  })

  test('away and back', async () => {
    nomad.register(service('1', 'shop'))
    const { until: seen, untilStatus } = await start('watch=true')
    await seen((config) => namesOf(config) === 'shop')
    await nomad.stop()
    await untilStatus('stale')
    nomad.deregister('1')
    nomad.register(service('2', 'blog'))
    await nomad.start()
    await seen((config) => namesOf(config) === 'blog', 4_000)
  })

  test('more than half of more than twenty that vanish are looked at twice', async () => {
    for (let at = 0; at < 30; at++) nomad.register(service(`s${at}`, 'shop', { Address: `10.3.0.${at + 1}` }))
    const { until: seen, messages } = await start('refreshInterval=100ms')
    await seen((config) => config.http?.services?.shop?.loadBalancer?.servers?.length === 30)
    let asked = 0
    nomad.faults.set('/v1/services', (response) => {
      if (++asked === 1) nomad.faults.delete('/v1/services')
      response.end('[]')
    })
    const before = nomad.asked.length
    await until(
      () => nomad.asked.length,
      (count) => count > before + 6,
    )
    expect(messages).toHaveLength(1)
    for (let at = 0; at < 30; at++) nomad.deregister(`s${at}`)
    await seen((config) => namesOf(config) === '', 5_000)
  })

  test('a token is sent, and never told', async () => {
    nomad.token = 'geheim-geheim'
    const refused = await start('endpoint.token=falsch-geheim')
    const { error } = await refused.untilStatus('failed')
    expect(error).toContain('403')
    expect(JSON.stringify([refused.logged, refused.report])).not.toContain('geheim')
    await refused.stop()
    nomad.register(service('1', 'shop'))
    const { until: seen } = await start('endpoint.token=geheim-geheim')
    await seen((config) => namesOf(config) === 'shop')
  })

  test('nothing is left after a stop', async () => {
    const running = await start('watch=true')
    await until(
      () => nomad.streams,
      (count) => count === 1,
    )
    await running.stop()
    source = null
    await until(
      () => nomad.streams,
      (count) => count === 0,
    )
  })
})
