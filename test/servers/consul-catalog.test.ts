import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { DynamicConfig } from '../../src/compiler/dynamic/dynamic.ts'
import { until } from '../support/until.ts'
import { ConsulAgent, type Registration } from './support/consul-agent.ts'
import { type Source, startSource } from './support/source.ts'

const servers: ConsulAgent[] = []
let consul: ConsulAgent
let source: Source | null = null
/** What a test registers is taken away after it. */
let registered: string[] = []

async function started(token?: string): Promise<ConsulAgent> {
  const agent = await ConsulAgent.create(token)
  servers.push(agent)
  await agent.start()
  return agent
}

beforeAll(async () => {
  consul = await started()
})

beforeEach(() => {
  registered = []
})

afterEach(async () => {
  await source?.stop()
  source = null
  for (const id of registered) await consul.deregister(id)
})

afterAll(async () => {
  for (const server of servers) await server.stop()
})

async function register(registration: Registration): Promise<void> {
  registered.push(registration.id)
  await consul.register(registration)
}

async function start(agent = consul, ...flags: string[]): Promise<Source> {
  const option = '--providers.consulCatalog'
  source = await startSource([
    `${option}.endpoint.address=${agent.address}`,
    // The service of Consul itself.
    `${option}.constraints=!Tag(\`hidden\`)`,
    `${option}.exposedByDefault=false`,
    ...flags.map((flag) => `${option}.${flag}`),
  ])
  return source
}

const used = (...tags: string[]) => ['traefik.enable=true', ...tags]
const rule = (name: string, path: string) => `traefik.http.routers.${name}.rule=Path(\`/${path}\`)`
const urlsOf = (config: DynamicConfig, name: string): readonly string[] =>
  (config.http?.services?.[name]?.loadBalancer?.servers ?? []).map(({ url = '' }) => url).sort()
const namesOf = (config: DynamicConfig): string =>
  Object.keys(config.http?.services ?? {})
    .sort()
    .join()

describe.each([
  ['following', ['watch=true'], 1_500],
  ['polling', ['refreshInterval=500ms'], 3_000],
] as const)('%s', (_, flags, limitMs) => {
  test('instances come, change and go', async () => {
    await register({ id: 's1', name: 'shop', tags: used(rule('shop', 'a')) })
    const { until: seen } = await start(consul, ...flags)
    await seen((config) => urlsOf(config, 'shop').join() === 'http://10.3.0.1:8080')
    expect(source!.report).toMatchObject({ name: 'consulcatalog', status: 'live', peer: `http://${consul.address}` })
    expect(source!.problems).toEqual([])
    await register({ id: 's2', name: 'shop', address: '10.3.0.2', tags: used(rule('shop', 'a')) })
    await seen((config) => urlsOf(config, 'shop').length === 2, limitMs)
    await register({ id: 's2', name: 'shop', address: '10.3.0.2', port: 81, tags: used(rule('shop', 'a')) })
    await seen((config) => urlsOf(config, 'shop').includes('http://10.3.0.2:81'), limitMs)
    await consul.deregister('s1')
    await seen((config) => urlsOf(config, 'shop').join() === 'http://10.3.0.2:81', limitMs)
    await register({ id: 'b1', name: 'blog', tags: used() })
    await seen((config) => namesOf(config) === 'blog,shop', limitMs)
    await consul.deregister('s2')
    await consul.deregister('b1')
    await seen((config) => namesOf(config) === '', limitMs)
    registered = []
  })

  test('a critical one leaves, one with a warning stays', async () => {
    const check = { CheckID: 'c1', TTL: '1h', Status: 'passing' }
    await register({ id: 's1', name: 'shop', tags: used(), check })
    const { until: seen } = await start(consul, ...flags)
    await seen((config) => namesOf(config) === 'shop')
    await consul.tell('c1', 'critical')
    await seen((config) => namesOf(config) === '', limitMs)
    await consul.tell('c1', 'warning')
    await seen((config) => namesOf(config) === 'shop', limitMs)
    await consul.call('PUT', '/v1/agent/maintenance?enable=true')
    await seen((config) => namesOf(config) === '', limitMs)
    await consul.call('PUT', '/v1/agent/maintenance?enable=false')
    await seen((config) => namesOf(config) === 'shop', limitMs)
  })

  test('an instance whose tags break keeps its last good ones while it lives', async () => {
    await register({ id: 's1', name: 'shop', tags: used(rule('shop', 'a')) })
    const { until: seen } = await start(consul, ...flags)
    await seen((config) => config.http?.routers?.shop?.rule === 'Path(`/a`)')
    await register({ id: 's1', name: 'shop', address: '10.3.0.9', tags: used('traefik.http.routers.shop.rul=x') })
    const config = await seen((now) => urlsOf(now, 'shop').join() === 'http://10.3.0.9:8080', limitMs)
    expect(config.http?.routers?.shop?.rule).toBe('Path(`/a`)')
    expect(source!.problems).toMatchObject([
      {
        message: 'field not found, node: rul',
        hint: 'did you mean "rule"?',
        origin: { item: 'service shop, instance s1', field: 'tag traefik.http.routers.shop.rul' },
      },
    ])
    await consul.deregister('s1')
    await seen((now) => namesOf(now) === '', limitMs)
    registered = []
  })
})

test('two rules for one router take it out and join the servers', async () => {
  await register({ id: 's1', name: 'shop', tags: used(rule('shop', 'a')) })
  await register({ id: 's2', name: 'shop', address: '10.3.0.2', tags: used(rule('shop', 'b')) })
  const { until: seen } = await start(consul, 'watch=true')
  const config = await seen((now) => urlsOf(now, 'shop').length === 2)
  expect(config.http?.routers).toEqual({})
  expect(config.disabled?.map(({ name }) => name)).toEqual(['shop'])
})

test('only what is asked for is read', async () => {
  await register({ id: 'a', name: 'one', tags: used('blue') })
  await register({ id: 'b', name: 'two', tags: used('green') })
  await register({ id: 'c', name: 'three', tags: ['blue'] })
  const { until: seen } = await start(consul, 'constraints=Tag(`blue`)')
  await seen((config) => namesOf(config) === 'one')
})

describe('the mesh', () => {
  test('certificates are there before the services that need them, and are followed', async () => {
    await register({
      id: 's1',
      name: 'shop',
      tags: used('traefik.consulcatalog.connect=true'),
      connect: { SidecarService: { Tags: used('traefik.consulcatalog.connect=true'), Address: '10.3.0.1' } },
    })
    const { until: seen } = await start(consul, 'connectAware=true', 'watch=true', 'strictChecks=any')
    const config = await seen((now) => namesOf(now).includes('shop'))
    expect(config.http?.services?.shop?.loadBalancer).toMatchObject({
      serversTransport: 'tls-default-dc1-shop',
      servers: [{ url: expect.stringMatching(/^https:\/\/10\.3\.0\.1:\d+$/) }],
    })
    const transport = config.http?.serversTransports?.['tls-default-dc1-shop']
    expect(transport?.peerCertURI).toMatch(/^spiffe:\/\/[-0-9a-f]+\.consul\/ns\/default\/dc\/dc1\/svc\/shop$/)
    expect(transport?.rootCAs?.[0]).toContain('BEGIN CERTIFICATE')
    expect(transport?.certificates?.[0]?.keyFile).toContain('PRIVATE KEY')
    const before = transport?.certificates?.[0]?.certFile
    const { Config } = (await consul.call('GET', '/v1/connect/ca/configuration')) as { Config: object }
    // A root of our own makes Consul issue every certificate anew.
    await consul.call('PUT', '/v1/connect/ca/configuration', {
      Provider: 'consul',
      Config: { ...Config, PrivateKeyType: 'rsa', PrivateKeyBits: 2048 },
      ForceWithoutCrossSigning: true,
    })
    await seen((now) => {
      const certificate = now.http?.serversTransports?.['tls-default-dc1-shop']?.certificates?.[0]?.certFile
      return certificate !== undefined && certificate !== before
    }, 30_000)
    expect(JSON.stringify(source!.logged)).not.toContain('PRIVATE KEY')
  })
})

describe('rights', () => {
  const master = 'correct-horse-battery-master'
  let guarded: ConsulAgent

  beforeAll(async () => {
    guarded = await started(master)
    await until(
      () =>
        guarded.call('GET', '/v1/acl/tokens').then(
          () => true,
          () => false,
        ),
      (is) => is,
      30_000,
    )
    await guarded.register({ id: 's1', name: 'shop', tags: used() })
    const all = 'service_prefix "" { policy = "read" } node_prefix "" { policy = "read" }'
    await guarded.call('PUT', '/v1/acl/policy', { Name: 'all', Rules: all })
    await guarded.call('PUT', '/v1/acl/policy', { Name: 'none', Rules: 'key "x" { policy = "read" }' })
  })

  const token = async (secret: string, policy: string): Promise<string> => {
    const made = (await guarded.call('PUT', '/v1/acl/token', { SecretID: secret, Policies: [{ Name: policy }] })) as {
      AccessorID: string
    }
    return made.AccessorID
  }

  test('a wrong token is refused, and in no message', async () => {
    const { untilStatus, logged } = await start(guarded, 'endpoint.token=11111111-2222-3333-4444-555555555555')
    const { error } = await untilStatus('failed')
    expect(error).toMatch(/403|401/)
    expect(JSON.stringify([logged, source!.report])).not.toContain('11111111-2222')
  })

  test('a token that loses its rights, or is deleted, takes nothing away', async () => {
    const secret = '21111111-2222-3333-4444-555555555555'
    const accessor = await token(secret, 'all')
    const { until: seen, untilStatus } = await start(guarded, `endpoint.token=${secret}`, 'refreshInterval=300ms')
    await seen((config) => namesOf(config) === 'shop')
    await guarded.call('PUT', `/v1/acl/token/${accessor}`, {
      AccessorID: accessor,
      SecretID: secret,
      Policies: [{ Name: 'none' }],
    })
    const { error } = await untilStatus('stale')
    expect(error).toContain('may not read all services any more')
    expect(namesOf(source!.messages.at(-1)!)).toBe('shop')
    await guarded.call('PUT', `/v1/acl/token/${accessor}`, {
      AccessorID: accessor,
      SecretID: secret,
      Policies: [{ Name: 'all' }],
    })
    await untilStatus('live', 20_000)
    expect(source!.messages).toHaveLength(1)
  })
})

describe('faults', () => {
  test('away and back, restarted empty, stalled', { timeout: 120_000 }, async () => {
    const agent = await started()
    await agent.register({ id: 's1', name: 'shop', tags: used() })
    const { until: seen, untilStatus, messages } = await start(agent, 'watch=true')
    await seen((config) => namesOf(config) === 'shop')
    agent.stall()
    await untilStatus('stale', 16_000)
    agent.goOn()
    await untilStatus('live', 3_500)
    await agent.stop('SIGKILL')
    await untilStatus('stale', 5_000)
    expect(namesOf(messages.at(-1)!)).toBe('shop')
    // An agent of tests keeps nothing: it is back, and whole, and has no services.
    await agent.start()
    await seen((config) => namesOf(config) === '', 10_000)
    await untilStatus('live')
    await agent.register({ id: 's2', name: 'blog', tags: used() })
    await seen((config) => namesOf(config) === 'blog', 2_000)
  })

  test('it may come later', async () => {
    const agent = await ConsulAgent.create()
    servers.push(agent)
    const { until: seen, untilStatus } = await start(agent)
    await untilStatus('failed')
    await agent.start()
    await agent.register({ id: 's1', name: 'shop', tags: used() })
    await seen((config) => namesOf(config) === 'shop', 20_000)
  })
})
