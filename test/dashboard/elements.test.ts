import { describe, expect, test } from 'vitest'
import {
  blockOf,
  placeOf,
  qualified,
  referencesIn,
  serversIn,
  serviceOptionsOf,
  usersOf,
} from '../../dashboard/api/elements.ts'
import { diffOf } from '../../dashboard/parts/diff.ts'
import { duration, percent } from '../../dashboard/parts/numbers.ts'

const element = (more: object) => ({ name: 'x@file', provider: 'file', status: 'enabled', ...more })

describe('elements of any kind', () => {
  test('have a block that makes them what they are', () => {
    expect(blockOf(element({ type: 'stripprefix', stripPrefix: { prefixes: ['/a'] } }))).toEqual({ prefixes: ['/a'] })
    expect(blockOf(element({ type: 'ofthefuture', other: 1, ofTheFuture: { x: 1 } }))).toEqual({ x: 1 })
    expect(blockOf(element({ usedBy: ['r@file'] }))).toBeNull()
  })

  test('name services by their usual keys, or in lists', () => {
    expect(referencesIn({ mirrors: [{ name: 'b', percent: 10 }], service: 'a', mirrorBody: true })).toEqual([
      { name: 'a', label: 'service' },
      { name: 'b', label: 'mirror, percent 10' },
    ])
    expect(referencesIn({ fallback: 'b', service: 'a' })).toEqual([
      { name: 'a', label: 'service' },
      { name: 'b', label: 'fallback' },
    ])
    expect(referencesIn({ services: [{ name: 'a', weight: 3 }, { name: 'b' }] })).toEqual([
      { name: 'a', label: 'weight 3' },
      { name: 'b', label: 'service' },
    ])
    expect(referencesIn({ servers: [{ url: 'http://a' }], healthCheck: { path: '/' } })).toEqual([])
    expect(referencesIn(null)).toEqual([])
  })

  test('have servers with what is known of them', () => {
    const service = element({
      type: 'loadbalancer',
      loadBalancer: { servers: [{ url: 'http://a', weight: 2 }, { url: 'http://b/' }, { address: 'c:1' }], sticky: {} },
      serverStatus: { 'http://a/': 'UP', 'http://b/': 'DOWN', 'http://found': 'UP' },
    })
    expect(serversIn(service)).toEqual([
      { url: 'http://a/', state: 'UP', weight: '2' },
      { url: 'http://b/', state: 'DOWN', weight: null },
      { url: 'c:1', state: null, weight: null },
      { url: 'http://found', state: 'UP', weight: null },
    ])
    expect(serviceOptionsOf(service)).toEqual({ sticky: {} })
    const mirror = { service: 'a', mirrors: [{ name: 'b', percent: 10 }] }
    expect(serviceOptionsOf(element({ type: 'mirroring', mirroring: mirror }))).toBeNull()
  })

  test.each([
    ['http.routers.shop', 'file', ['http', 'routers', 'shop@file']],
    ['http.middlewares.a.b@docker', null, ['http', 'middlewares', 'a.b@docker']],
    ['udp.middlewares.x', 'file', null],
    ['http.serversTransports.x', 'file', null],
    ['http.routers.shop', null, null],
    ['tls', 'file', null],
  ])('%s of %s has the page %j', (name, provider, place) => {
    expect(placeOf(name, provider)).toEqual(place)
  })

  test('are qualified by their provider', () => {
    expect([qualified('a', 'file'), qualified('a@docker', 'file')]).toEqual(['a@file', 'a@docker'])
  })
})

test('a difference is a line for each value', () => {
  const before = { rule: 'Host(`a`)', list: ['x', 'y'], gone: { deep: 1 } }
  const after = { rule: 'Host(`b`)', list: ['x'], empty: {} }
  expect(diffOf(before, after).map(({ sign, path, value }) => `${sign} ${path}: ${value}`)).toEqual([
    '− rule: Host(`a`)',
    '+ rule: Host(`b`)',
    '− list[1]: y',
    '− gone.deep: 1',
    '+ empty: {}',
  ])
  expect(diffOf(null, { a: 1 })).toEqual([{ sign: '+', path: 'a', value: '1' }])
  expect(diffOf(before, before)).toEqual([])
})

test('numbers are short, and never nothing where there is something', () => {
  expect([duration(0.42), duration(999), duration(1234)]).toEqual(['0.4 ms', '999 ms', '1.2 s'])
  expect([percent(0), percent(0.0001), percent(0.0231), percent(1)]).toEqual(['0 %', '< 0.1 %', '2.3 %', '100 %'])
})

test('a router that names an element twice uses it once', () => {
  expect(usersOf({ usedBy: ['a@file', 'a@file', 'b@file'] })).toEqual(['a@file', 'b@file'])
  expect(usersOf({})).toEqual([])
})
