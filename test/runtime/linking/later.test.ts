import { expect, test } from 'vitest'
import { Host } from '../../../src/runtime/host.ts'
import { loadAllKinds } from '../../../src/runtime/load-kinds.ts'
import { requestOf } from '../../support/middleware.ts'
import { planOf } from '../../support/plan.ts'
import { fakePorts } from '../../support/ports.ts'
import { ClientContext } from '../../support/services.ts'

const parts = { kinds: await loadAllKinds(), internal: new Map(), observer: null }

/** A host that links when it must. */
function lazily(http: object) {
  const ports = fakePorts()
  const snapshot = new Host({ isLazy: true, ports }).apply(planOf({ http }), parts)
  return {
    snapshot,
    opened: () => [...ports.open].map(({ host }) => host).sort(),
    errors: (name: string) => snapshot.report.routers.get(`${name}@file`)!.errors,
    async statusOf(host: string) {
      return (await snapshot.http.get('web')!.plain(requestOf({ host }), new ClientContext())).status
    },
  }
}

const to = (host: string, more: object = {}) => ({ loadBalancer: { servers: [{ url: `http://${host}` }], ...more } })
const router = (name: string, more: object = {}) => ({
  rule: `Host(\`${name}.test\`)`,
  service: name,
  entryPoints: ['web'],
  ...more,
})

test('a router is linked when a request first comes near it, once', async () => {
  const { opened, statusOf, snapshot } = lazily({
    routers: { a: router('a', { middlewares: ['c'] }), b: router('b') },
    services: { a: to('a'), b: to('b') },
    middlewares: { c: { chain: { middlewares: ['m'] } }, m: { addPrefix: { prefix: '/m' } } },
  })
  expect(opened()).toEqual([])
  expect([await statusOf('a.test'), await statusOf('a.test'), await statusOf('c.test')]).toEqual([200, 200, 404])
  expect(opened()).toEqual(['a'])
  expect(snapshot.report.services.get('b@file')!.built).toBe(false)
  snapshot.linkAll()
  snapshot.linkAll()
  const usedBy = (name: string) => snapshot.report.services.get(name)!.usedBy
  expect([usedBy('a@file'), usedBy('b@file')]).toEqual([['a@file'], ['b@file']])
  expect(opened()).toEqual(['a', 'b'])
  expect(snapshot.report.services.get('b@file')!.built).toBe(true)
  snapshot.retire()
  expect(opened()).toEqual([])
})

test('one that can not be linked is no match, and says why', async () => {
  const { statusOf, errors } = lazily({
    routers: {
      a: router('a', { priority: 100 }),
      rest: { rule: 'PathPrefix(`/`)', service: 'b', entryPoints: ['web'] },
    },
    services: { a: to('a', { serversTransport: 'lost' }), b: to('b') },
  })
  expect(errors('a')).toEqual([])
  expect(await statusOf('a.test')).toBe(200)
  expect(errors('a')).toEqual([expect.stringContaining('servers transport not found lost@file')])
})

test.each([
  ['a server is checked', { services: { a: to('a', { healthCheck: { path: '/' } }) } }],
  ['services are behind one another', { services: { a: { weighted: { services: [{ name: 'b' }] } }, b: to('a') } }],
  [
    'a page may be asked of a server that is checked',
    {
      services: { a: to('a') },
      routers: { a: router('a', { middlewares: ['e'] }) },
      middlewares: { e: { errors: { status: ['500'], service: 'a', query: '/' } } },
    },
  ],
  ['something is wrong', { services: { a: to('a') }, routers: { a: router('a', { middlewares: ['lost'] }) } }],
])('a router is linked at once where %s', (_, http) => {
  const { snapshot } = lazily({ routers: { a: router('a') }, ...http })
  const { built } = snapshot.report.services.get('a@file')!
  expect(built).toBe(true)
})
