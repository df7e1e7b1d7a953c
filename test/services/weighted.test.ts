import { describe, expect, test } from 'vitest'
import { cantBeBuilt, followsChildren, passesOver } from '../support/children.ts'
import { ClientContext, one, serviceBench } from '../support/services.ts'

describe('weighted', () => {
  const services = (options: object = {}) => ({
    app: {
      weighted: { services: [{ name: 'x', weight: 3 }, { name: 'y' }, { name: 'z', weight: 0 }], ...options },
    },
    x: one('a'),
    y: one('b'),
    z: one('c'),
  })

  test('shares requests by weight, and gives none where that is 0', async () => {
    const bench = serviceBench(services())
    for (let i = 0; i < 8; i++) await bench.send()
    const hosts = bench.hosts()
    expect(hosts.filter((host) => host === 'a')).toHaveLength(6)
    expect(hosts.filter((host) => host === 'b')).toHaveLength(2)
  })

  test('sets a cookie and follows it', async () => {
    const bench = serviceBench(services({ sticky: { cookie: { name: 'group' } } }))
    const first = await bench.send()
    const [cookie] = first.headers.first('set-cookie')!.split(';')
    for (let i = 0; i < 7; i++) await bench.send({ headers: ['Cookie', cookie!] })
    expect(new Set(bench.hosts()).size).toBe(1)
  })

  test('an address is nobody’s own', async () => {
    const bench = serviceBench(services())
    for (let i = 0; i < 4; i++) await bench.send({}, new ClientContext({ address: '192.0.2.1' }))
    expect(new Set(bench.hosts())).toEqual(new Set(['a', 'b']))
  })
})

followsChildren('weighted', (name) => ({ weighted: { services: [{ name }], healthCheck: {} } }))
followsChildren('weighted without a share', (name) => ({
  weighted: { services: [{ name, weight: 0 }], healthCheck: {} },
}))

cantBeBuilt([
  [
    { weighted: { services: [{ name: 'nobody', weight: 0 }] } },
    'building HTTP service "nobody": the service "nobody@file" does not exist',
  ],
])

describe('services that can’t be built', () => {
  test('a cycle is told on both its ends', () => {
    const { errors } = serviceBench({ app: { weighted: { services: [{ name: 'app' }] } } })
    const reason = 'could not instantiate service app@file: recursion detected in service:app@file->service:app@file'
    expect(errors('app')).toEqual([reason, `building HTTP service "app": ${reason}`])
  })
})

passesOver('weighted', { weighted: { services: [{ name: 'mid' }, { name: 'z' }], healthCheck: {} } })
