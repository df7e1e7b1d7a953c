import { describe, expect, test } from 'vitest'
import { one, serviceBench } from './services.ts'

/** What services say of those behind them; messages as the reference binary (3.7.15) gives them. */

/** Health that a parent can follow. */
export const checked = { healthCheck: { path: '/health' } }

/** Services of all kinds, each with and without health that a parent can follow. */
export const children = {
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

/** Why a parent can’t follow a service that Traefik calls by that name. */
export const notEnabled = (kind: string) => `healthCheck not enabled in config for this ${kind} service`

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

/** Each of `children` behind a parent that follows the health of its own. */
export function followsChildren(name: string, parent: (child: string) => unknown): void {
  describe(`a parent that follows its children: ${name}`, () => {
    test.each(reasons)('%s: %s', (child, reason) => {
      const bench = serviceBench({ ...children, app: parent(child) })
      expect(bench.errors('app')).toEqual(
        reason === null ? [] : [`cannot register ${child} as updater for app@file: ${reason}`],
      )
    })
  })
}

/** Services beside `children`, and why they can’t be built; null: they can. */
export function cantBeBuilt(cases: readonly (readonly [service: unknown, reason: string | null])[]): void {
  describe('services that can’t be built', () => {
    test.each(cases)('%j: %s', (app, reason) => {
      const { errors } = serviceBench({ ...children, app })
      expect(errors('app')).toEqual(reason === null ? [] : [reason])
    })
  })
}

/** A middle service that follows two checked ones, and a third one. */
export const tree = {
  mid: { weighted: { services: [{ name: 'x' }, { name: 'y' }], healthCheck: {} } },
  x: one('x', checked),
  y: one('y', checked),
  z: one('z', checked),
}

/** A parent of `mid` and `z` of `tree` that follows both. */
export function passesOver(name: string, app: unknown): void {
  describe('health from below', () => {
    test(`a child whose members are all down is passed over: ${name}`, async () => {
      const bench = serviceBench({ ...tree, app })
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
  })
}
