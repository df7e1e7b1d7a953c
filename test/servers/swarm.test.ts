import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { DynamicConfig } from '../../src/compiler/dynamic/dynamic.ts'
import { until } from '../support/until.ts'
import { Dockerd } from './support/dockerd.ts'
import { type Source, startSource } from './support/source.ts'

const engine = new Dockerd()
let source: Source

beforeAll(async () => {
  await engine.start()
  await engine.prepare('172.31.244.0/24')
  await engine.makeSwarm()
}, 60_000)
afterAll(() => engine.end(), 60_000)
afterEach(async () => {
  await source.stop()
  const services = (await engine.docker('service', 'ls', '-q')).split('\n').filter((id) => id !== '')
  if (services.length > 0) await engine.docker('service', 'rm', ...services)
})

const start = async (...flags: string[]): Promise<Source> => {
  source = await startSource([`--providers.swarm.endpoint=unix://${engine.socket}`, ...flags])
  return source
}

const create = (name: string, labels: readonly string[], ...more: string[]): Promise<string> => {
  const flags = labels.flatMap((label) => ['-l', label])
  const network = more.includes('--network') ? [] : ['--network', 'ov']
  return engine.docker(
    'service',
    'create',
    '--detach',
    '--no-resolve-image',
    '--name',
    name,
    ...network,
    ...flags,
    ...more,
    'demo:1',
  )
}

const port = (name: string) => `traefik.http.services.${name}.loadbalancer.server.port=80`

const serversOf = ({ http }: DynamicConfig, name: string) => http?.services?.[name]?.loadBalancer?.servers ?? []

// Addresses of an overlay network are compared and never asked: from here a request to them would leave the machine.
describe('Swarm', { timeout: 60_000 }, () => {
  test('tasks are servers, and follow the scale at once', async () => {
    await create('shop', ['traefik.http.routers.s.rule=Host(`s.test`)', port('s')], '--replicas', '2')
    const config = await (await start()).until((found) => serversOf(found, 's').length === 2, 20_000)
    expect(config.http?.routers).toEqual({ s: { rule: 'Host(`s.test`)', service: 's' } })
    for (const { url } of serversOf(config, 's')) expect(url).toMatch(/^http:\/\/172\.29\.\d+\.\d+:80$/)
    await engine.docker('service', 'scale', '--detach', 'shop=3')
    await source.until((found) => serversOf(found, 's').length === 3, 10_000)
    await engine.docker('service', 'scale', '--detach', 'shop=1')
    await source.until((found) => serversOf(found, 's').filter(({ fenced }) => fenced !== true).length === 1, 10_000)
    await engine.docker('service', 'rm', 'shop')
    await source.until(({ http }) => http?.routers?.s === undefined, 10_000)
  })

  test('the virtual address, the network of the machine, and what is said of them', async () => {
    await create('vip', ['traefik.swarm.lbswarm=true', port('vip')])
    await create('old', ['traefik.docker.lbswarm=true', port('old')])
    await create('both', ['traefik.docker.network=ov', 'traefik.swarm.network=ov', port('both')])
    await create('portless', [])
    const config = await (await start()).until(
      (found) => ['vip', 'old'].every((name) => serversOf(found, name).length === 1),
      20_000,
    )
    expect(Object.keys(config.http?.services ?? {})).not.toContain('both')
    const said = () => source.problems.map(({ message, origin }) => `${origin?.item}: ${message}`)
    // A service without a virtual address is looked at once its task runs: in which order they do is the swarm's affair.
    await until(
      said,
      (lines) =>
        [
          'service old: Labels traefik.docker.* for Swarm provider are deprecated. Please use traefik.swarm.* labels instead',
          'service both: both Docker and Swarm labels are defined',
          'service portless: service "portless" error: port is missing',
        ].every((line) => lines.includes(line)),
      30_000,
    )
  })

  test('a task on the network of its machine is at the address of that', async () => {
    await engine.docker(
      'service',
      'create',
      '--detach',
      '--no-resolve-image',
      '--name',
      'machine',
      '--network',
      'host',
      '-l',
      port('machine'),
      'demo:1',
      '/bin/sleep',
      '1000',
    )
    const config = await (await start()).until((found) => serversOf(found, 'machine').length === 1, 20_000)
    expect(serversOf(config, 'machine')).toEqual([{ url: 'http://127.0.0.1:80' }])
  })

  test('an engine that is in no swarm is refused, and says so', async () => {
    const alone = new Dockerd()
    await alone.start()
    source = await startSource([`--providers.swarm.endpoint=unix://${alone.socket}`])
    try {
      const { error } = await source.untilStatus('failed', 10_000)
      expect(error).toContain('This node is not a swarm manager')
    } finally {
      await alone.stop()
    }
  })
})
