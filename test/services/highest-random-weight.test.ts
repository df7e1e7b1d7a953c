import { describe, expect, test } from 'vitest'
import { cantBeBuilt, followsChildren, passesOver } from '../support/children.ts'
import { ClientContext, one, serviceBench } from '../support/services.ts'

describe('highestRandomWeight', () => {
  const services = (green: number, blue: number, red: number) => ({
    app: {
      highestRandomWeight: {
        services: Object.entries({ green, blue, red }).map(([name, weight]) => ({ name, weight })),
      },
    },
    green: one('a'),
    blue: one('b'),
    red: one('c'),
  })
  const addresses = Array.from({ length: 200 }, (_, at) => `${at}.${(at * 7) % 256}.${(at * 13) % 256}.1`)
  const hostsOf = async (bench: ReturnType<typeof serviceBench>) => {
    for (const address of addresses) await bench.send({}, new ClientContext({ address }))
    return bench.hosts()
  }

  test('keeps each address on one service, and asks all of them', async () => {
    const bench = serviceBench(services(1, 1, 1))
    const first = await hostsOf(bench)
    expect(new Set(first)).toEqual(new Set(['a', 'b', 'c']))
    expect(await hostsOf(bench)).toEqual(first)
  })

  test('gives an address the service that Traefik gives it', async () => {
    const bench = serviceBench(services(1, 1, 1))
    await bench.send({}, new ClientContext({ address: '127.0.0.1' }))
    expect(bench.hosts()).toEqual(['a'])
  })

  test('moves only the addresses of a service that is gone', async () => {
    const first = await hostsOf(serviceBench(services(1, 1, 1)))
    const later = await hostsOf(serviceBench(services(1, 1, 0)))
    expect(later).not.toContain('c')
    first.forEach((host, at) => {
      if (host !== 'c') expect(later[at]).toBe(host)
    })
  })

  test('gives more addresses where the weight is higher', async () => {
    const hosts = await hostsOf(serviceBench(services(1, 8, 0)))
    const shareOf = (wanted: string) => hosts.filter((host) => host === wanted).length
    expect(shareOf('a')).toBeGreaterThan(0)
    expect(shareOf('b')).toBeGreaterThan(3 * shareOf('a'))
  })
})

followsChildren('highestRandomWeight', (name) => ({ highestRandomWeight: { services: [{ name }], healthCheck: {} } }))

cantBeBuilt([
  [{ highestRandomWeight: { services: [{ name: 'nobody', weight: 0 }] } }, 'the service "nobody@file" does not exist'],
])

passesOver('highestRandomWeight', {
  highestRandomWeight: { services: [{ name: 'mid' }, { name: 'z' }], healthCheck: {} },
})
