import { describe, expect, test } from 'vitest'
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

describe('many of few lines', () => {
  const leaf = { headers: { customRequestHeaders: { 'X-A': '1' } } }
  const doubling = (levels: number, times = 2) =>
    Object.fromEntries(
      Array.from({ length: levels }, (_, i) => [
        `c${i}`,
        { chain: { middlewares: Array(times).fill(i === 0 ? 'leaf' : `c${i - 1}`) } },
      ]),
    )
  const tooMany = 'more than 10000 middlewares: chains name one another too often'

  test('a chain that names the next one twice, 30 levels, closes the router that needs it and nothing else', () => {
    const { router, errors } = reportOf({ leaf, ...doubling(30) }, { r: ['c29'], few: ['c9'], none: [] })
    expect([router('r'), router('few'), router('none')]).toEqual([[tooMany], [], []])
    expect([errors('c29'), errors('c0'), errors('leaf')]).toEqual([[], [], []])
  })

  test('ten thousand handlers are not too many', () => {
    const wide = {
      wide: { chain: { middlewares: Array(9_998).fill('leaf') } },
      wider: { chain: { middlewares: Array(9_999).fill('leaf') } },
    }
    const { router } = reportOf({ leaf, ...wide }, { r: ['wide'], s: ['wider'] })
    expect([router('r'), router('s')]).toEqual([[], [tooMany]])
  })

  test('chains that are deep without naming anything twice', () => {
    const { router } = reportOf({ leaf, ...doubling(20_000, 1) }, { r: ['c19999'], s: ['c100'] })
    expect([router('r'), router('s')]).toEqual([['more than 500 middlewares and services inside one another'], []])
  })

  const linked = (http: object) => {
    const ports = fakePorts()
    return link(planOf({ http }), {
      kinds,
      ports,
      health: new HealthTable(),
      operator: new Operator(ports.clock),
      internal: new Map(),
      observer: null,
    }).report
  }
  const servers = { loadBalancer: { servers: [{ url: 'http://10.0.0.1' }] } }

  test('the middlewares of a service', () => {
    const report = linked({
      routers: {
        r: { rule: 'Path(`/`)', service: 'many', entryPoints: ['web'] },
        s: { rule: 'Path(`/`)', service: 'few', entryPoints: ['web'] },
      },
      services: { many: { ...servers, middlewares: ['c29'] }, few: { ...servers, middlewares: ['c9'] } },
      middlewares: { leaf, ...doubling(30) },
    })
    expect(report.services.get('many@file')!.errors).toEqual([tooMany])
    expect(report.routers.get('r@file')!.errors).toEqual([tooMany])
    expect([report.services.get('few@file')!.errors, report.routers.get('s@file')!.errors]).toEqual([[], []])
  })

  test('routers with two parents each, 30 levels', () => {
    const routers: Record<string, object> = {
      root: { rule: 'PathPrefix(`/`)', entryPoints: ['web'] },
      other: { rule: 'PathPrefix(`/`)', service: 's', entryPoints: ['web'] },
    }
    for (let level = 0; level < 30; level++) {
      for (const side of ['a', 'b']) {
        routers[`${side}${level}`] = {
          rule: 'PathPrefix(`/`)',
          parentRefs: level === 0 ? ['root'] : [`a${level - 1}`, `b${level - 1}`],
          ...(level === 29 ? { service: 's' } : {}),
        }
      }
    }
    const report = linked({ routers, services: { s: servers } })
    expect(report.routers.get('root@file')!.status).toBe('disabled')
    expect(report.routers.get('other@file')!.status).toBe('enabled')
  })

  test('routers far below one another', () => {
    const routers: Record<string, object> = { r0: { rule: 'PathPrefix(`/`)', entryPoints: ['web'] } }
    for (let level = 1; level < 20_000; level++) {
      routers[`r${level}`] = {
        rule: 'PathPrefix(`/`)',
        parentRefs: [`r${level - 1}`],
        ...(level === 19_999 ? { service: 's' } : {}),
      }
    }
    expect(linked({ routers, services: { s: servers } }).routers.get('r0@file')!.status).toBe('disabled')
  })
})
