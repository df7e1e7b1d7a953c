import { describe, expect, test } from 'vitest'
import { one, serviceBench } from '../support/services.ts'

/** Messages as the reference binary (3.7.15) gives them. */

const checked = { healthCheck: { path: '/health' } }

const children = {
  lb: one('a'),
  p2: one('a', { strategy: 'p2c' }),
  hr: one('a', { strategy: 'hrw' }),
  lt: one('a', { strategy: 'leasttime' }),
  passive: one('a', { passiveHealthCheck: { maxFailedAttempts: 1 } }),
  hc: one('b', checked),
  w0: { weighted: { services: [{ name: 'hc' }] } },
  w1: { weighted: { services: [{ name: 'hc' }], healthCheck: {} } },
  h0: { highestRandomWeight: { services: [{ name: 'hc' }] } },
  h1: { highestRandomWeight: { services: [{ name: 'hc' }], healthCheck: {} } },
  m0: { mirroring: { service: 'hc' } },
  m1: { mirroring: { service: 'hc', healthCheck: {} } },
  m2: { mirroring: { service: 'lb', healthCheck: {} } },
  f0: { failover: { service: 'hc', fallback: 'lb' } },
  f1: { failover: { service: 'hc', fallback: 'hc', healthCheck: {} } },
  f5: { failover: { service: 'lb', fallback: 'hc', errors: { status: ['500'] } } },
  f13: { failover: { service: 'lb', fallback: 'hc', errors: { status: ['500'] }, healthCheck: {} } },
}

const notEnabled = (kind: string) => `healthCheck not enabled in config for this ${kind} service`

const reasons: readonly (readonly [child: string, reason: string | null])[] = [
  ['lb', notEnabled('WRR')],
  ['p2', notEnabled('P2C')],
  ['hr', notEnabled('HRW')],
  ['lt', notEnabled('LeastTime')],
  ['passive', notEnabled('WRR')],
  ['hc', null],
  ['w0', notEnabled('WRR')],
  ['w1', null],
  ['h0', notEnabled('HRW')],
  ['h1', null],
  ['m0', notEnabled('mirroring')],
  ['m1', null],
  ['m2', `cannot register service of mirroring as updater: ${notEnabled('WRR')}`],
  ['f0', notEnabled('failover')],
  ['f1', null],
  ['f5', notEnabled('failover')],
  ['f13', null],
]

const parents: Record<string, (child: string) => unknown> = {
  weighted: (name) => ({ weighted: { services: [{ name }], healthCheck: {} } }),
  'weighted without a share': (name) => ({ weighted: { services: [{ name, weight: 0 }], healthCheck: {} } }),
  highestRandomWeight: (name) => ({ highestRandomWeight: { services: [{ name }], healthCheck: {} } }),
  'failover, main': (name) => ({ failover: { service: name, fallback: 'hc' } }),
  'failover, fallback': (name) => ({ failover: { service: 'hc', fallback: name, healthCheck: {} } }),
}

describe.each(Object.entries(parents))('a parent that follows its children: %s', (_, parent) => {
  test.each(reasons)('%s: %s', (child, reason) => {
    const bench = serviceBench({ ...children, app: parent(child) })
    expect(bench.errors('app')).toEqual(
      reason === null ? [] : [`cannot register ${child} as updater for app@file: ${reason}`],
    )
  })
})

const status = (...texts: string[]) => ({ failover: { service: 'hc', fallback: 'hc', errors: { status: texts } } })
const ranges = 'error creating failover service app@file: creating HTTP code ranges: strconv.Atoi: parsing'

describe('services that can’t be built', () => {
  test.each<[unknown, string | null]>([
    [{ failover: { service: 'nobody', fallback: 'hc' } }, 'the service "nobody@file" does not exist'],
    [{ failover: { service: 'hc', fallback: 'nobody' } }, 'the service "nobody@file" does not exist'],
    [{ failover: { service: 'hc' } }, 'the service "@file" does not exist'],
    [
      { failover: { service: 'lb', fallback: 'hc', errors: { maxRequestBodyBytes: 5 } } },
      `cannot register lb as updater for app@file: ${notEnabled('WRR')}`,
    ],
    [status('abc'), `${ranges} "abc": invalid syntax`],
    [status('500-'), `${ranges} "": invalid syntax`],
    [status('500-x'), `${ranges} "x": invalid syntax`],
    [status('500', '1000', '0', '504-500', '+500', '500-501-502'), null],
    [{ mirroring: { service: 'nobody' } }, 'the service "nobody@file" does not exist'],
    [{ mirroring: { service: 'hc', mirrors: [{ name: 'nobody' }] } }, 'the service "nobody@file" does not exist'],
    [{ mirroring: { service: 'hc', mirrors: [{ name: 'lb', percent: 101 }] } }, 'percent must be between 0 and 100'],
    [{ mirroring: { service: 'hc', mirrors: [{ name: 'lb', percent: -1 }] } }, 'percent must be between 0 and 100'],
    [
      { highestRandomWeight: { services: [{ name: 'nobody', weight: 0 }] } },
      'the service "nobody@file" does not exist',
    ],
    [
      { weighted: { services: [{ name: 'nobody', weight: 0 }] } },
      'building HTTP service "nobody": the service "nobody@file" does not exist',
    ],
    [
      { mirroring: { service: 'app' } },
      'could not instantiate service app@file: recursion detected in service:app@file->service:app@file',
    ],
    [one('a', { strategy: 'P2C' }), 'unsupported load-balancer strategy "P2C"'],
    [one('a', { strategy: '' }), null],
    [
      one('a', { serversTransport: 'nope', healthCheck: { path: '/' } }),
      'error building proxy for server URL http://a: getting RoundTripper: servers transport not found nope@file',
    ],
    [one('a', { strategy: 'hrw', sticky: { cookie: {} } }), null],
  ])('%j: %s', (app, reason) => {
    const { errors } = serviceBench({ ...children, app })
    expect(errors('app')).toEqual(reason === null ? [] : [reason])
  })

  test('a cycle is told on both its ends', () => {
    const { errors } = serviceBench({ app: { weighted: { services: [{ name: 'app' }] } } })
    const reason = 'could not instantiate service app@file: recursion detected in service:app@file->service:app@file'
    expect(errors('app')).toEqual([reason, `building HTTP service "app": ${reason}`])
  })
})

describe('health from below', () => {
  const services = {
    mid: { weighted: { services: [{ name: 'x' }, { name: 'y' }], healthCheck: {} } },
    x: one('x', checked),
    y: one('y', checked),
    z: one('z', checked),
  }

  test.each([
    ['weighted', { weighted: { services: [{ name: 'mid' }, { name: 'z' }], healthCheck: {} } }],
    ['highestRandomWeight', { highestRandomWeight: { services: [{ name: 'mid' }, { name: 'z' }], healthCheck: {} } }],
  ])('a child whose members are all down is passed over: %s', async (_, app) => {
    const bench = serviceBench({ ...services, app })
    bench.setHealth('x', false)
    bench.setHealth('y', false)
    for (let i = 0; i < 4; i++) await bench.send()
    expect(bench.hosts()).toEqual(['z', 'z', 'z', 'z'])
    bench.setHealth('z', false)
    expect((await bench.send()).content).toBe('no available server\n')
    bench.setHealth('y', true)
    await bench.send()
    expect(bench.hosts()).toEqual(['y'])
  })

  test('mirroring is up as long as its main service is', async () => {
    const bench = serviceBench({
      ...services,
      app: { failover: { service: 'm', fallback: 'z' } },
      m: { mirroring: { service: 'x', mirrors: [{ name: 'y', percent: 0 }], healthCheck: {} } },
    })
    bench.setHealth('y', false)
    await bench.send()
    bench.setHealth('x', false)
    await bench.send()
    expect(bench.hosts()).toEqual(['x', 'z'])
  })

  test('failover is down only when both are', async () => {
    const bench = serviceBench({
      ...services,
      app: { weighted: { services: [{ name: 'f' }], healthCheck: {} } },
      f: { failover: { service: 'x', fallback: 'y', healthCheck: {} } },
    })
    bench.setHealth('x', false)
    expect((await bench.send()).status).toBe(200)
    bench.setHealth('y', false)
    expect((await bench.send()).content).toBe('no available server\n')
  })

  test('a service without members is up to its parents, and answers for itself', async () => {
    const bench = serviceBench({
      app: { failover: { service: 'x', fallback: 'z' } },
      x: { loadBalancer: { healthCheck: { path: '/' } } },
      z: one('z'),
    })
    expect((await bench.send()).content).toBe('no available server\n')
  })
})
