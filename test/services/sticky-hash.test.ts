import { describe, expect, test } from 'vitest'
import { drain } from '../../src/runtime/operator-control.ts'
import { ClientContext, one, serviceBench } from '../support/services.ts'

const byHeader = { sticky: { header: { name: 'X-Tenant' } } }

const app = (options: object, ...hosts: string[]) => ({
  app: { loadBalancer: { servers: hosts.map((host) => ({ url: `http://${host}` })), ...options } },
})

type Bench = ReturnType<typeof serviceBench>

async function hostOf(bench: Bench, tenant: string, name = 'X-TENANT'): Promise<string> {
  await bench.send({ headers: [name, tenant] })
  return bench.hosts().join()
}

const tenants = Array.from({ length: 60 }, (_, at) => `tenant-${at}`)

async function placesOf(bench: Bench): Promise<Record<string, string>> {
  const places: Record<string, string> = {}
  for (const tenant of tenants) places[tenant] = await hostOf(bench, tenant)
  return places
}

describe('sticky by header', () => {
  test.each(['wrr', 'p2c', 'hrw', 'leasttime'])(
    'a value stays with its server, without a cookie: %s',
    async (strategy) => {
      const bench = serviceBench(app({ strategy, ...byHeader }, 'a', 'b', 'c'))
      const places = await placesOf(bench)
      expect(await placesOf(bench)).toEqual(places)
      expect(new Set(Object.values(places))).toEqual(new Set(['a', 'b', 'c']))
      expect((await bench.send({ headers: ['X-Tenant', 'one'] })).headers.has('set-cookie')).toBe(false)
    },
  )

  test('the same on every proxy, in whatever order the servers stand', async () => {
    const places = await placesOf(serviceBench(app(byHeader, 'a', 'b', 'c')))
    expect(await placesOf(serviceBench(app(byHeader, 'c', 'a', 'b')))).toEqual(places)
  })

  test.each([[[]], [['X-Tenant', '']]])('%j: the balancer’s turn', async (headers) => {
    const bench = serviceBench(app(byHeader, 'a', 'b'))
    for (let i = 0; i < 4; i++) await bench.send({ headers })
    expect(bench.hosts().sort()).toEqual(['a', 'a', 'b', 'b'])
  })

  test('only those of a server that is down or drained move, and come back', async () => {
    const bench = serviceBench(app({ ...byHeader, healthCheck: { path: '/' } }, 'a', 'b', 'c'))
    const places = await placesOf(bench)
    const expectMoved = async (lost: string) => {
      for (const [tenant, host] of Object.entries(await placesOf(bench))) {
        if (places[tenant] === lost) expect(host).not.toBe(lost)
        else expect(host).toBe(places[tenant])
      }
    }
    bench.setHealth('b', false)
    await expectMoved('b')
    bench.setHealth('b', true)
    drain(bench.operator, 'app@file', 'http://a', true)
    await expectMoved('a')
    drain(bench.operator, 'app@file', 'http://a', false)
    expect(await placesOf(bench)).toEqual(places)
  })

  test('a slow start holds nobody back', async () => {
    const bench = serviceBench(app({ ...byHeader, healthCheck: { path: '/' }, slowStart: '30s' }, 'a', 'b'))
    const places = await placesOf(bench)
    bench.setHealth('a', false)
    bench.setHealth('a', true)
    for (let i = 0; i < 4; i++) {
      await bench.send()
      expect(await hostOf(bench, 'tenant-1').then((text) => text.split(',').at(-1))).toBe(places['tenant-1'])
    }
  })

  test('long values cost no more than 4096 characters', async () => {
    const bench = serviceBench(app(byHeader, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'))
    const start = 'x'.repeat(4096)
    const hosts = new Set<string>()
    for (let i = 0; i < 20; i++) hosts.add(await hostOf(bench, `${start}${i}`))
    expect(hosts.size).toBe(1)
  })

  test('of services', async () => {
    const bench = serviceBench({
      app: { weighted: { services: [{ name: 'x' }, { name: 'y', weight: 0 }, { name: 'z' }], ...byHeader } },
      x: one('x'),
      y: one('y'),
      z: one('z'),
    })
    const places = await placesOf(bench)
    expect(await placesOf(bench)).toEqual(places)
    expect(new Set(Object.values(places))).toEqual(new Set(['x', 'z']))
  })

  test('nobody is available', async () => {
    const bench = serviceBench(app({ ...byHeader, healthCheck: { path: '/' } }, 'a'))
    bench.setHealth('a', false)
    expect((await bench.send({ headers: ['X-Tenant', 'a'] })).status).toBe(503)
  })
})

test('sticky by client address', async () => {
  const bench = serviceBench(app({ sticky: { clientAddress: {} } }, 'a', 'b', 'c'))
  const hostOfClient = async (address: string) => {
    await bench.send({ headers: ['X-Forwarded-For', '198.51.100.1'] }, new ClientContext({ address }))
    return bench.hosts()[0]!
  }
  const places: string[] = []
  for (let i = 0; i < 60; i++) places.push(await hostOfClient(`192.0.2.${i}`))
  expect(new Set(places).size).toBe(3)
  for (let i = 0; i < 60; i++) expect(await hostOfClient(`192.0.2.${i}`)).toBe(places[i])
})

describe('one way of stickiness', () => {
  const header = { name: 'X-Tenant' }
  const several = 'sticky takes one of cookie, header and clientAddress'
  test.each([
    [{ cookie: {}, header }, several],
    [{ cookie: {}, clientAddress: {} }, several],
    [{ header, clientAddress: {} }, several],
    [{ header: { name: '' } }, 'sticky.header.name "" is no name of a header field'],
    [{ header: { name: 'X Tenant' } }, 'sticky.header.name "X Tenant" is no name of a header field'],
    [{ header }, null],
    [{ clientAddress: {} }, null],
  ])('%j: %s', (sticky, reason) => {
    const errors = reason === null ? [] : [reason]
    expect(serviceBench(app({ sticky }, 'a')).errors('app')).toEqual(errors)
    const group = { app: { weighted: { services: [{ name: 'x' }], sticky } }, x: one('x') }
    expect(serviceBench(group).errors('app')).toEqual(errors)
  })
})
