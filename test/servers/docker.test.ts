import http from 'node:http'
import net from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readContainer, readListed } from '../../src/compiler/discovery/docker/container.ts'
import type { DynamicConfig } from '../../src/compiler/dynamic/dynamic.ts'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { Dockerd } from './support/dockerd.ts'
import { type Source, startSource } from './support/source.ts'

const engine = new Dockerd(true)
let source: Source

beforeAll(async () => {
  await engine.start()
  await engine.prepare('172.31.240.0/24')
}, 60_000)
afterAll(() => engine.end(), 60_000)
beforeEach(() => engine.clear())
afterEach(() => source.stop())

const start = async (...flags: string[]): Promise<Source> => {
  source = await startSource([...engine.flags, ...flags])
  return source
}

const hostLabel = (name: string) => ({ [`traefik.http.routers.${name}.rule`]: `Host(\`${name}.test\`)` })

const routersOf = ({ http }: DynamicConfig): string =>
  Object.keys(http?.routers ?? {})
    .sort()
    .join()

const serversOf = ({ http }: DynamicConfig, name: string) => http?.services?.[name]?.loadBalancer?.servers ?? []

describe('Docker', () => {
  test('a container is there with its address, and gone when it ends', async () => {
    await engine.runContainer('one', hostLabel('one'))
    const config = await (await start()).until((found) => routersOf(found) === 'one')
    expect(serversOf(config, 'one')[0]?.url).toMatch(/^http:\/\/172\.31\.240\.\d+:80$/)
    expect(source.report).toMatchObject({ status: 'live', peer: `unix://${engine.socket}` })
    await engine.runContainer('two', hostLabel('two'))
    await source.until((found) => routersOf(found) === 'one,two', 2_000)
    await engine.docker('kill', 'two')
    await source.until((found) => routersOf(found) === 'one', 2_000)
    await engine.docker('rm', '-f', 'one')
    expect(await source.until((found) => routersOf(found) === '', 2_000)).toEqual({ http: {} })
  })

  test('what the list says of a container is what its own page says', async () => {
    await engine.docker('network', 'create', '-d', 'bridge', '--subnet', '172.31.241.0/24', 'back').catch(() => '')
    await engine.runContainer('plain', { 'a.b': 'c' })
    await engine.runContainer('published', {}, '-p', '127.0.0.1:0:80', '--expose', '9000/udp', '--expose', '81')
    await engine.runContainer('healthy', {}, '--health-cmd', '/bin/hostname', '--health-interval', '200ms')
    await engine.runContainer(
      'sick',
      {},
      '--health-cmd',
      '/bin/false',
      '--health-interval',
      '100ms',
      '--health-retries',
      '1',
    )
    await engine.runContainer('host', {}, '--network', 'host')
    await engine.runContainer('ended', hostLabel('ended'))
    await engine.docker('stop', '-t', '0', 'ended')
    await engine.runContainer('paused', {})
    await engine.docker('pause', 'paused')
    await engine.docker('network', 'connect', 'back', 'plain')
    await engine.docker('create', '--name', 'created', '--network', 'web', 'demo:1')
    await until(
      () => engine.docker('ps'),
      (list) => list.includes('(healthy)') && list.includes('(unhealthy)'),
    )
    await start()
    const elements = (await ask('/containers/json?all=true')) as { Id: string }[]
    expect(elements).toHaveLength(8)
    for (const element of elements) {
      const listed = readListed(element)!
      const { stopSignal: _, createdAt, ...inspected } = readContainer(await ask(`/containers/${element.Id}/json`))!
      expect(listed).toMatchObject(inspected)
      expect(Math.floor(createdAt / 1000)).toBe(listed.createdAt / 1000)
    }
  })

  test('pause, rename, networks and health are followed', async () => {
    await engine.docker('network', 'create', '-d', 'bridge', '--subnet', '172.31.242.0/24', 'other').catch(() => '')
    await engine.runContainer('first', { 'traefik.docker.network': 'other' })
    await (await start()).until((found) => routersOf(found) === 'first')
    expect(source.problems[0]?.message).toContain('Could not find network named "other"')
    await engine.docker('network', 'connect', 'other', 'first')
    await source.until((found) => serversOf(found, 'first')[0]?.url?.startsWith('http://172.31.242.') === true, 2_000)
    await engine.docker('network', 'disconnect', 'other', 'first')
    await source.until((found) => serversOf(found, 'first')[0]?.url?.startsWith('http://172.31.240.') === true, 2_000)
    await engine.docker('rename', 'first', 'second')
    await source.until((found) => routersOf(found) === 'second', 2_000)
    await engine.docker('pause', 'second')
    await source.until((found) => routersOf(found) === '', 2_000)
    await engine.docker('unpause', 'second')
    await source.until((found) => routersOf(found) === 'second', 2_000)
    const health = ['--health-cmd', 'test -e /tmp/well', '--health-interval', '100ms', '--health-retries', '1']
    await engine.runContainer('checked', hostLabel('checked'), ...health)
    await engine.docker('exec', 'checked', '/bin/sh', '-c', 'echo > /tmp/well')
    await source.until((found) => routersOf(found) === 'checked,second')
    await engine.docker('exec', 'checked', '/bin/busybox', 'rm', '/tmp/well')
    await source.until((found) => routersOf(found) === 'second')
  })

  test('who is told to stop gets nothing new at once, and is a server again if it does not', {
    timeout: 40_000,
  }, async () => {
    const stubborn = ['--entrypoint', '/bin/sh']
    await engine.docker(
      'run',
      '-d',
      '--name',
      'stays',
      '--network',
      'web',
      ...stubborn,
      'demo:1',
      '-c',
      'trap "" TERM; httpd -f -p 80 -h /www',
    )
    const isFenced = (found: DynamicConfig) => serversOf(found, 'stays')[0]?.fenced === true
    await (await start('--providers.providersThrottleDuration=10s')).until((found) => routersOf(found) === 'stays')
    await engine.docker('kill', '-s', 'HUP', 'stays').catch(() => '')
    await engine.docker('kill', '-s', 'TERM', 'stays')
    await source.until(isFenced, 1_000)
    await source.until((found) => routersOf(found) === 'stays' && !isFenced(found), 15_000)
  })

  test('a label that can’t be read leaves the container out, and says where', async () => {
    await engine.runContainer('typo', {
      ...hostLabel('typo'),
      'traefik.http.services.typo.loadbalancer.server.prot': '80',
    })
    await engine.runContainer('stray', { ...hostLabel('stray'), 'treafik.enable': 'true' })
    await (await start()).until((found) => routersOf(found) === 'stray')
    expect(source.problems).toMatchObject([
      {
        severity: 'warning',
        hint: 'did you mean "traefik.enable"?',
        origin: { item: 'container stray', field: 'label treafik.enable' },
      },
      {
        severity: 'error',
        message: 'field not found, node: prot',
        hint: 'did you mean "port"?',
        origin: { item: 'container typo', field: 'label traefik.http.services.typo.loadbalancer.server.prot' },
      },
    ])
  })

  test('containers that start while it connects are not missed', { timeout: 60_000 }, async () => {
    const names = Array.from({ length: 12 }, (_, at) => `burst${at}`)
    const running = Promise.all(names.map((name) => engine.runContainer(name, {})))
    await start()
    await running
    await source.until((found) => routersOf(found).split(',').length === names.length, 5_000)
  })

  test('an engine that goes away takes nothing with it, and is there again at once', { timeout: 60_000 }, async () => {
    await engine.runContainer('kept', hostLabel('kept'))
    await (await start()).until((found) => routersOf(found) === 'kept')
    await engine.stop()
    await source.untilStatus('stale', 15_000)
    expect(routersOf(source.messages.at(-1)!)).toBe('kept')
    await engine.start()
    await source.untilStatus('live', 4_000)
  })

  test('an engine that stalls is lost within 15 s', { timeout: 60_000 }, async () => {
    await (await start()).until(() => true)
    engine.stall()
    try {
      await source.untilStatus('stale', 16_000)
      expect(source.report.error).toContain('_ping')
    } finally {
      engine.goOn()
    }
    await source.untilStatus('live', 4_000)
  })

  test('nothing but GET and HEAD is sent, to few paths', async () => {
    const asked: string[] = []
    const relay = await startRelay((method, target) =>
      asked.push(`${method} ${target.replace(/\?.*|v[\d.]+|[0-9a-f]{64}/g, '*')}`),
    )
    source = await startSource([`--providers.docker.endpoint=tcp://127.0.0.1:${relay.port}`])
    await source.until(() => true)
    await engine.runContainer('seen', {})
    await source.until((found) => routersOf(found) === 'seen', 2_000)
    expect([...new Set(asked)].sort()).toEqual([
      'GET /*/containers/*/json',
      'GET /*/containers/json*',
      'GET /*/events*',
      'HEAD /_ping',
    ])
    expect(asked.filter((one) => one === 'GET /*/containers/*/json').length).toBeLessThanOrEqual(3)
    await source.stop()
    relay.close()
  })
})

/** Asks the engine itself. */
const ask = (target: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    http
      .get({ socketPath: engine.socket, path: target }, (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString()
        })
        response.on('end', () => resolve(JSON.parse(text)))
      })
      .on('error', reject)
  })

/** A way to the engine on which every request is noted. */
async function startRelay(note: (method: string, target: string) => void) {
  const port = await freePort()
  const server = net.createServer((client) => {
    const upstream = net.connect(engine.socket)
    client.on('data', (chunk) => {
      const [, method, target] = /^([A-Z]+) (\S+) HTTP/.exec(chunk.toString('latin1')) ?? []
      if (method !== undefined && target !== undefined) note(method, target)
    })
    client.pipe(upstream).pipe(client)
    for (const socket of [client, upstream]) socket.on('error', () => socket.destroy())
    upstream.on('close', () => client.destroy())
    client.on('close', () => upstream.destroy())
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return { port, close: () => server.close() }
}
