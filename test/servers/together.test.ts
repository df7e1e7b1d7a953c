import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { startProxy, startServer, type TestProxy } from '../support/node-proxy.ts'
import { until } from '../support/until.ts'
import { ConsulAgent } from './support/consul-agent.ts'
import { Dockerd } from './support/dockerd.ts'
import { EtcdServer } from './support/etcd.ts'
import { Moto } from './support/moto.ts'
import { ScriptedNomad } from './support/nomad.ts'
import { RedisServer } from './support/redis.ts'
import { router } from './support/routers.ts'
import { ZooKeeperServer } from './support/zookeeper.ts'

const engine = new Dockerd()
const nomad = new ScriptedNomad()
const stops: (() => Promise<unknown>)[] = []
let proxy: TestProxy
let api: string

const rule = (name: string) => ({ [`traefik.http.routers.${name}.rule`]: `Host(\`${name}.test\`)` })
const tags = (name: string) => Object.entries(rule(name)).map(([label, value]) => `${label}=${value}`)

async function begin<S extends { start(): Promise<unknown>; stop(): Promise<unknown> }>(server: S): Promise<S> {
  await server.start()
  stops.push(() => server.stop())
  return server
}

beforeAll(async () => {
  await begin(engine)
  await engine.prepare('172.31.246.0/24')
  await engine.makeSwarm()
  await engine.runContainer('box', rule('docker'))
  const port = '-l=traefik.http.services.task.loadbalancer.server.port=80'
  await engine.docker(
    'service',
    'create',
    '--detach',
    '--no-resolve-image',
    '--name',
    'task',
    '--network',
    'ov',
    port,
    '-l',
    'traefik.http.routers.swarm.rule=Host(`swarm.test`)',
    'demo:1',
  )
  const etcd = await begin(await EtcdServer.create())
  const redis = await begin(await RedisServer.create())
  const zooKeeper = await begin(await ZooKeeperServer.create())
  const consul = await begin(await ConsulAgent.create())
  await Promise.all([etcd.put(router('etcd')), redis.put(router('redis')), zooKeeper.put(router('zookeeper'))])
  for (const [key, value] of Object.entries(router('consul'))) await consul.call('PUT', `/v1/kv/${key}`, value)
  await consul.register({ id: 'c1', name: 'catalog', address: '127.0.0.1', port: 9, tags: tags('consulcatalog') })
  await begin(nomad)
  nomad.services.set('n1', { ID: 'n1', ServiceName: 'job', Address: '127.0.0.1', Port: 9, Tags: tags('nomad') })
  const moto = await begin(await Moto.create())
  await moto.cluster('default')
  await moto.define('ecs', { ...rule('ecs'), 'traefik.http.services.ecs.loadbalancer.server.port': '80' })
  await moto.run('default', 'ecs')
  process.env.AWS_ENDPOINT_URL = moto.url
  const page = await startServer((_, response) =>
    response.end('http: {routers: {http: {rule: Host(`http.test`), service: noop@internal}}}'),
  )
  stops.push(() => page.close())
  const apiPort = await freePort()
  api = `http://127.0.0.1:${apiPort}`
  proxy = await startProxy('http: {routers: {file: {rule: Host(`file.test`), service: noop@internal}}}', [
    `--entryPoints.traefik.address=127.0.0.1:${apiPort}`,
    '--api.insecure=true',
    '--ready=true',
    '--providers.rest.insecure=true',
    `--providers.docker.endpoint=unix://${engine.socket}`,
    `--providers.swarm.endpoint=unix://${engine.socket}`,
    ...etcd.flags,
    ...redis.flags,
    ...zooKeeper.flags,
    `--providers.consul.endpoints=${consul.address}`,
    `--providers.consulCatalog.endpoint.address=${consul.address}`,
    `--providers.nomad.endpoint.address=${nomad.address}`,
    '--providers.ecs.region=eu-west-1',
    '--providers.ecs.accessKeyID=key',
    '--providers.ecs.secretAccessKey=geheim',
    `--providers.http.endpoint=${page.url}`,
  ])
  stops.push(() => proxy.stop())
}, 180_000)

afterAll(async () => {
  delete process.env.AWS_ENDPOINT_URL
  for (const stop of stops.reverse()) await stop()
}, 60_000)

const PROVIDERS = [
  'consul',
  'consulcatalog',
  'docker',
  'ecs',
  'etcd',
  'file',
  'http',
  'nomad',
  'redis',
  'swarm',
  'zookeeper',
]

const get = async (path: string): Promise<unknown> => (await fetch(`${api}${path}`)).json()

describe('all providers at once', () => {
  test('each brings its router, and the proxy is ready', async () => {
    await until(
      async () => Object.keys(((await get('/api/rawdata')) as { routers: object }).routers),
      (names) => PROVIDERS.every((name) => names.includes(`${name}@${name}`)),
      30_000,
    )
    expect((await fetch(`${api}/ready`)).status).toBe(200)
    const states = (await get('/api/provider-states')) as { name: string; status: string }[]
    expect(states.filter(({ status }) => status !== 'live')).toEqual([])
    expect(states.map(({ name }) => name).sort()).toEqual([...PROVIDERS, 'rest'].sort())
  })

  test('one that is lost holds up no other', async () => {
    await nomad.stop()
    await until(
      () => get('/api/provider-states') as Promise<{ name: string; status: string }[]>,
      (states) => states.some(({ name, status }) => name === 'nomad' && status === 'stale'),
      20_000,
    )
    await engine.runContainer('late', rule('late'))
    await until(
      async () => Object.keys(((await get('/api/rawdata')) as { routers: object }).routers),
      (names) => names.includes('late@docker') && names.includes('nomad@nomad'),
    )
    await nomad.start()
    await until(
      () => get('/api/provider-states') as Promise<{ name: string; status: string }[]>,
      (states) => states.every(({ status }) => status === 'live'),
    )
  })

  test('what is put by HTTP comes beside them', async () => {
    const body = JSON.stringify({
      http: { routers: { rest: { rule: 'Host(`rest.test`)', service: 'noop@internal' } } },
    })
    expect((await fetch(`${api}/api/providers/rest`, { method: 'PUT', body })).status).toBe(200)
    await until(
      async () => Object.keys(((await get('/api/rawdata')) as { routers: object }).routers),
      (names) => names.includes('rest@rest') && names.includes('file@file'),
    )
  })
})
