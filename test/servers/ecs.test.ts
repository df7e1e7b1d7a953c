import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { DynamicConfig } from '../../src/compiler/dynamic/dynamic.ts'
import { Moto } from './support/moto.ts'
import { type Source, startSource } from './support/source.ts'

let moto: Moto
let source: Source | null = null
let address: string

beforeAll(async () => {
  moto = await Moto.create()
  await moto.start()
  process.env.AWS_ENDPOINT_URL = moto.url
  address = (await moto.cluster('default')).address
})

afterEach(async () => {
  await source?.stop()
  source = null
})

afterAll(async () => {
  delete process.env.AWS_ENDPOINT_URL
  await moto.stop()
})

async function start(...flags: string[]): Promise<Source> {
  source = await startSource(
    ['region=eu-west-1', 'accessKeyID=key', 'secretAccessKey=geheim', 'refreshSeconds=1', ...flags].map(
      (flag) => `--providers.ecs.${flag}`,
    ),
  )
  return source
}

const labels = (name: string) => ({
  [`traefik.http.routers.${name}.rule`]: `Path(\`/${name}\`)`,
  [`traefik.http.services.${name}.loadbalancer.server.port`]: '8080',
})
const namesOf = (config: DynamicConfig): string =>
  Object.keys(config.http?.services ?? {})
    .sort()
    .join()

describe('ECS', () => {
  test('tasks come and go', async () => {
    await moto.define('shop', labels('shop'))
    const task = await moto.run('default', 'shop')
    const { until: seen } = await start()
    const config = await seen((now) => namesOf(now) === 'shop')
    expect(config.http?.services?.shop?.loadBalancer?.servers).toEqual([{ url: `http://${address}:8080` }])
    expect(config.http?.routers?.shop).toMatchObject({ rule: 'Path(`/shop`)', service: 'shop' })
    expect(source!.report).toMatchObject({ name: 'ecs', status: 'live', peer: moto.url })
    await moto.define('blog', labels('blog'))
    const blog = await moto.run('default', 'blog')
    await seen((now) => namesOf(now) === 'blog,shop')
    await moto.stopTask('default', task)
    await seen((now) => namesOf(now) === 'blog')
    await moto.stopTask('default', blog)
    await seen((now) => namesOf(now) === '')
  })

  test('all clusters, or those that are named', async () => {
    const machine = await moto.cluster('second')
    await moto.define('far', labels('far'))
    await moto.define('near', labels('near'))
    const far = await moto.run('second', 'far')
    const near = await moto.run('default', 'near')
    const one = await start()
    await one.until((now) => namesOf(now) === 'near')
    await one.stop()
    const { until: seen } = await start('autoDiscoverClusters=true')
    const config = await seen((now) => namesOf(now) === 'far,near')
    expect(config.http?.services?.far?.loadBalancer?.servers).toEqual([{ url: `http://${machine.address}:8080` }])
    await moto.stopTask('second', far)
    await moto.stopTask('default', near)
  })

  test('a typo in a label leaves that container out, with its place', async () => {
    await moto.define('typo', { 'traefik.http.routers.a.rul': 'x' })
    const task = await moto.run('default', 'typo')
    const { until: seen } = await start()
    await seen(() => true)
    expect(source!.problems).toMatchObject([
      {
        message: 'field not found, node: rul',
        hint: 'did you mean "rule"?',
        origin: { item: `task ${task.slice(-12)}, container web`, field: 'label traefik.http.routers.a.rul' },
      },
    ])
    await moto.stopTask('default', task)
  })

  test('a machine that stops takes its tasks with it', async () => {
    const { id } = await moto.cluster('third')
    await moto.define('third', labels('third'))
    await moto.run('third', 'third')
    const { until: seen } = await start('clusters=third')
    await seen((now) => namesOf(now) === 'third')
    await moto.ec2('StopInstances', { 'InstanceId.1': id })
    await seen((now) => namesOf(now) === '')
  })

  test('what can’t be read takes nothing away', { timeout: 60_000 }, async () => {
    await moto.define('keep', labels('keep'))
    await moto.run('default', 'keep')
    const { until: seen, untilStatus, messages } = await start()
    await seen((now) => namesOf(now) === 'keep')
    moto.stall()
    await untilStatus('stale', 15_000)
    moto.goOn()
    await untilStatus('live', 4_000)
    await moto.stop('SIGKILL')
    await untilStatus('stale', 5_000)
    expect(messages).toHaveLength(1)
    // It is back without the cluster: that is an error of the API, not an empty list.
    await moto.start()
    await seen(() => source!.report.error?.includes('ClusterNotFoundException') === true)
    expect(messages).toHaveLength(1)
    expect(JSON.stringify([source!.logged, source!.report])).not.toContain('geheim')
  })
})
