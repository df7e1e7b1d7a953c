import { expect, test } from 'vitest'
import { RawData } from '../../src/api/raw-data.ts'
import { streamServiceView, tcpMiddlewareView, tcpRouterView, udpRouterView } from '../../src/api/stream-views.ts'
import { streamsOf } from '../support/streams.ts'

/** As JSON has it: keys without a value are left out. */
const shown = (view: unknown): unknown =>
  JSON.parse(JSON.stringify(view, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)))

const { report } = streamsOf({
  tcp: {
    routers: {
      any: { rule: 'HostSNI(`*`)', entryPoints: ['e', 'x'], service: 's', middlewares: ['m'], tls: {} },
      bad: { rule: 'HostSNI(`a`)', entryPoints: ['e'], service: 's', middlewares: ['m'] },
      lost: { rule: 'HostSNI(`*`)', entryPoints: ['x'], service: 's', middlewares: ['m'] },
    },
    services: {
      s: {
        loadBalancer: {
          servers: [{ address: 'a:1' }, { address: 'bad' }],
          serversTransport: 't',
          healthCheck: { interval: '10s' },
        },
      },
      unused: { weighted: { services: [{ name: 's', weight: 0 }], healthCheck: {} } },
      idle: { loadBalancer: { servers: [], serversTransport: 't' } },
    },
    middlewares: { m: { ipAllowList: { sourceRange: ['::/0'] } }, empty: {} },
    serversTransports: { t: { dialTimeout: '1s' } },
  },
  udp: {
    routers: { r: { service: 'd' } },
    services: { d: { loadBalancer: { servers: [{ address: 'd:53' }] } } },
  },
})

test('TCP routers', () => {
  expect(shown(tcpRouterView(report.tcp.routers.get('any@file')!))).toEqual({
    entryPoints: ['e', 'x'],
    middlewares: ['m@file'],
    service: 's',
    rule: 'HostSNI(`*`)',
    priority: -1,
    tls: { passthrough: false },
    error: ['entryPoint "x" doesn\'t exist'],
    status: 'warning',
    using: ['e'],
    name: 'any@file',
    provider: 'file',
    priorityStr: '-1',
  })
  expect(shown(tcpRouterView(report.tcp.routers.get('bad@file')!))).toMatchObject({ status: 'disabled', priority: 12 })
  expect(shown(tcpRouterView(report.tcp.routers.get('lost@file')!))).toEqual({
    entryPoints: ['x'],
    middlewares: ['m'],
    service: 's',
    rule: 'HostSNI(`*`)',
    error: ['entryPoint "x" doesn\'t exist', 'no valid entryPoint for this router'],
    status: 'disabled',
    name: 'lost@file',
    provider: 'file',
    priorityStr: '0',
  })
})

test('names of middlewares are qualified when the router is built', () => {
  const middlewaresOf = (name: string) => tcpRouterView(report.tcp.routers.get(name)!).middlewares
  expect(['any@file', 'bad@file', 'lost@file'].map(middlewaresOf)).toEqual([['m@file'], ['m'], ['m']])
})

test('services', () => {
  expect(shown(streamServiceView(report.tcp.services.get('s@file')!))).toEqual({
    loadBalancer: {
      servers: [{ address: 'a:1' }, { address: 'bad' }],
      serversTransport: 't@file',
      healthCheck: { interval: '10s', timeout: '5s' },
    },
    status: 'enabled',
    usedBy: ['any@file', 'bad@file', 'lost@file'],
    name: 's@file',
    provider: 'file',
    type: 'loadbalancer',
    serverStatus: { 'a:1': 'UP' },
  })
  // Nobody has built it.
  expect(streamServiceView(report.tcp.services.get('idle@file')!).loadBalancer).toMatchObject({ serversTransport: 't' })
  expect(shown(streamServiceView(report.tcp.services.get('unused@file')!))).toEqual({
    weighted: { services: [{ name: 's', weight: 0 }], healthCheck: {} },
    status: 'enabled',
    name: 'unused@file',
    provider: 'file',
    type: 'weighted',
  })
})

test('middlewares never list their users, and what nobody uses has no error', () => {
  expect(shown(tcpMiddlewareView(report.tcp.middlewares.get('m@file')!))).toEqual({
    ipAllowList: { sourceRange: ['::/0'] },
    status: 'enabled',
    name: 'm@file',
    provider: 'file',
    type: 'ipallowlist',
  })
  expect(shown(tcpMiddlewareView(report.tcp.middlewares.get('empty@file')!))).toEqual({
    status: 'enabled',
    name: 'empty@file',
    provider: 'file',
  })
})

test('UDP', () => {
  expect(shown(udpRouterView(report.udp.routers.get('r@file')!))).toEqual({
    service: 'd',
    status: 'enabled',
    using: ['u', 'v'],
    name: 'r@file',
    provider: 'file',
  })
  expect(shown(streamServiceView(report.udp.services.get('d@file')!))).toMatchObject({
    usedBy: ['r@file'],
    type: 'loadbalancer',
  })
})

test('raw data', () => {
  const raw = (of: typeof report): unknown => JSON.parse([...new RawData().pieces(of)].join(''))
  expect(Object.keys(raw(report) as object)).toEqual([
    'tcpRouters',
    'tcpMiddlewares',
    'tcpServices',
    'udpRouters',
    'udpServices',
  ])
  expect(raw(streamsOf({}).report)).toEqual({})
})
