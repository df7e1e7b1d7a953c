import { describe, expect, test } from 'vitest'
import { drain } from '../../../src/runtime/operator-control.ts'
import { streamsOf } from '../../support/streams.ts'

const lb = (...addresses: readonly string[]) => ({
  loadBalancer: { servers: addresses.map((address) => ({ address })) },
})

/** Servers of so many sessions one after the other. */
function picked(udp: object, count: number, entryPoint = 'u'): (string | null)[] {
  const table = streamsOf({ udp }).streams.udp.get(entryPoint)
  return Array.from({ length: count }, () => table?.pick()?.address ?? null)
}

const services = { s: lb('a:1', 'b:1'), t: lb('t:1'), none: lb('x') }
const router = (service: string, entryPoints?: readonly string[]) => ({ service, ...(entryPoints && { entryPoints }) })

describe('which server a session gets', () => {
  test.each<[string, object, readonly (string | null)[]]>([
    ['servers in turn', { r: router('s') }, ['a:1', 'b:1', 'a:1', 'b:1']],
    ['of several routers the last name', { b: router('t'), a: router('s') }, ['t:1', 't:1', 't:1', 't:1']],
    ['one that does not work does not count', { b: router('x'), a: router('t') }, ['t:1', 't:1', 't:1', 't:1']],
    ['an entry point of another', { r: router('t', ['v']) }, [null, null, null, null]],
    ['no server', { r: router('none') }, [null, null, null, null]],
  ])('%s', (_, routers, expected) => {
    expect(picked({ routers, services }, 4)).toEqual(expected)
  })

  test('by weight', () => {
    const weighted = { weighted: { services: [{ name: 's', weight: 3 }, { name: 't' }, { name: 'none', weight: 0 }] } }
    const all = picked({ routers: { r: router('w') }, services: { ...services, w: weighted } }, 8)
    expect(all.filter((address) => address === 't:1')).toHaveLength(2)
  })

  test('without entry points it is on all', () => {
    for (const entryPoint of ['u', 'v']) {
      expect(picked({ routers: { r: router('t') }, services }, 1, entryPoint)).toEqual(['t:1'])
    }
  })
})

test('a drained server gets no new sessions', () => {
  const { streams, operator } = streamsOf({ udp: { routers: { r: router('s') }, services } })
  const table = streams.udp.get('u')!
  const next = () => [table.pick()?.address, table.pick()?.address]
  expect(drain(operator, 'udp s@file', 'a:1', true)).toBe(true)
  expect(next()).toEqual(['b:1', 'b:1'])
  drain(operator, 'udp s@file', 'b:1', true)
  expect(next()).toEqual([undefined, undefined])
  drain(operator, 'udp s@file', 'a:1', false)
  expect(next()).toEqual(['a:1', 'a:1'])
})

test.each<[string, object, object, readonly string[]]>([
  ['no service', { service: '' }, {}, ['the service is missing on the udp router']],
  ['unknown service', router('x'), {}, ['the UDP service "x@file" does not exist']],
  [
    'unknown child',
    router('w'),
    { w: { weighted: { services: [{ name: 'x' }] } } },
    ['the UDP service "x@file" does not exist'],
  ],
  [
    'two kinds',
    router('w'),
    { w: { ...lb('a:1'), weighted: { services: [] } } },
    [
      'cannot create service: multi-types service not supported, consider declaring two different pieces of service instead',
    ],
  ],
  ['TCP entry point', router('s', ['e']), {}, ['entryPoint "e" doesn\'t exist', 'no valid entryPoint for this router']],
])('%s', (_, r, extra, errors) => {
  const { report, streams } = streamsOf({ udp: { routers: { r }, services: { ...services, ...extra } } })
  const found = report.udp.routers.get('r@file')!
  expect([found.status, found.errors]).toEqual(['disabled', errors])
  expect(streams.udp.size).toBe(0)
})
