import { expect, test } from 'vitest'
import { rawMiddleware } from '../../src/api/views.ts'
import { HealthTable } from '../../src/engine/health/table.ts'
import { link } from '../../src/runtime/linking/linker.ts'
import { loadAllKinds } from '../../src/runtime/load-kinds.ts'
import { Operator } from '../../src/runtime/operator.ts'
import { planOf } from '../support/plan.ts'
import { fakePorts } from '../support/ports.ts'

const kinds = await loadAllKinds()

/** The report of routers that name middlewares: `[errors, status]` of a middleware, and what the API shows of it. */
function reportOf(middlewares: object, routers: Readonly<Record<string, readonly string[]>>) {
  const http = {
    routers: Object.fromEntries(
      Object.entries(routers).map(([name, list]) => [
        name,
        { rule: 'Path(`/`)', service: 's', middlewares: list, entryPoints: ['web'] },
      ]),
    ),
    services: { s: { loadBalancer: { servers: [{ url: 'http://10.0.0.1' }] } } },
    middlewares,
  }
  const ports = fakePorts()
  const { report } = link(planOf({ http }), {
    kinds,
    ports,
    health: new HealthTable(),
    operator: new Operator(ports.clock),
    internal: new Map(),
    observer: null,
  })
  return {
    router: (name: string) => report.routers.get(`${name}@file`)!.errors,
    errors: (name: string) => report.middlewares.get(`${name}@file`)!.errors,
    view: (name: string) => rawMiddleware(report.middlewares.get(`${name}@file`)!),
  }
}

const bad = { addPrefix: { prefix: '' } }
const worse = { redirectScheme: { permanent: true } }

test('the innermost bad one is blamed, and those before it are not built', () => {
  const { router, errors } = reportOf({ bad, worse }, { r: ['bad', 'worse'] })
  expect([router('r'), errors('bad'), errors('worse')]).toEqual([
    ['you must provide a target scheme'],
    [],
    ['you must provide a target scheme'],
  ])
})

test('a cycle is told from where it was entered', () => {
  const chains = {
    a: { chain: { middlewares: ['b'] } },
    b: { chain: { middlewares: ['c'] } },
    c: { chain: { middlewares: ['b'] } },
  }
  const { router, errors } = reportOf(chains, { r: ['a'] })
  const reason =
    'could not instantiate middleware b@file: recursion detected in middleware:a@file->middleware:b@file->middleware:c@file->middleware:b@file'
  expect([router('r'), errors('a'), errors('b'), errors('c')]).toEqual([[reason], [reason], [reason], [reason]])
})

test('members of a chain are shown qualified once it is built', () => {
  const chain = { chain: { middlewares: ['x', 'y@docker'] } }
  const { view } = reportOf({ used: chain, unused: chain, x: { addPrefix: { prefix: '/x' } } }, { r: ['used'] })
  expect([view('used').chain, view('unused').chain]).toEqual([
    { middlewares: ['x@file', 'y@docker'] },
    { middlewares: ['x', 'y@docker'] },
  ])
})

test("of several kinds Traefik's first one is the type", () => {
  const { view } = reportOf(
    { m: { contentType: {}, errors: { status: ['500'] }, addPrefix: { prefix: '/' } } },
    { r: [] },
  )
  expect(Object.keys(view('m')).slice(0, 3)).toEqual(['addPrefix', 'errors', 'contentType'])
})

test.each([
  [{ plugin: { hello: { a: 1 } } }, 'plugin: unknown plugin type: hello'],
  [
    { plugin: { a: { x: 1 }, b: { x: 1 } } },
    'plugin: invalid configuration: no configuration or too many plugin definition',
  ],
])('%j: %s', (m, reason) => {
  expect(reportOf({ m }, { r: ['m'] }).errors('m')).toEqual([reason])
})
