import { describe, expect, test } from 'vitest'
import { readDynamicText } from '../../../src/compiler/dynamic/read.ts'
import { loadInstall } from '../../../src/compiler/install/load.ts'
import { compile } from '../../../src/compiler/planning/compile.ts'
import { planOf } from '../../support/plan.ts'

const servers = { loadBalancer: { servers: [{ url: 'http://app' }] } }
const limit = { rateLimit: { average: 100 } }
const router = (middlewares: string[], service = 's') => ({ rule: 'PathPrefix(`/`)', service, middlewares })

/** What is said of the limits of a configuration. */
function warnings(
  routers: Record<string, object>,
  middlewares: Record<string, object>,
  services: Record<string, object> = {},
) {
  const plan = planOf({ http: { routers, middlewares, services: { s: servers, ...services } } })
  return plan.problems.map(({ severity, path, message }) => `${severity} ${path.join('.')} ${message}`)
}

const saying = (who: string, count: number, kind = 'rateLimit', name = 'm') =>
  `warning http.middlewares.${name}.${kind} ${who} name this limit and each counts for itself: together they let ${count} times as much through`

describe('limits that several chains name', () => {
  test.each<[string, Record<string, object>, Record<string, object>, Record<string, object>, string[]]>([
    ['one router', { a: router(['m']) }, { m: limit }, {}, []],
    ['one router twice', { a: router(['m', 'm']) }, { m: limit }, {}, []],
    ['three', { a: router(['m']), b: router(['m']), c: router(['m']) }, { m: limit }, {}, [saying('3 routers', 3)]],
    [
      'through chains',
      { a: router(['m']), b: router(['c']) },
      { m: limit, c: { chain: { middlewares: ['m'] } } },
      {},
      [saying('2 routers', 2)],
    ],
    [
      'one of them',
      { a: router(['m', 'n']), b: router(['n']) },
      { m: limit, n: limit },
      {},
      [saying('2 routers', 2, 'rateLimit', 'n')],
    ],
    [
      'in flight',
      { a: router(['m']), b: router(['m']) },
      { m: { inFlightReq: { amount: 5 } } },
      {},
      [saying('2 routers', 2, 'inFlightReq')],
    ],
    ['said so', { a: router(['m']), b: router(['m']) }, { m: { rateLimit: { average: 1, scope: 'router' } } }, {}, []],
    [
      'shared',
      { a: router(['m']), b: router(['m']) },
      { m: { inFlightReq: { amount: 1, scope: 'middleware' } } },
      {},
      [],
    ],
    ['no limit', { a: router(['m']), b: router(['m']) }, { m: { rateLimit: { average: 0 } } }, {}, []],
    [
      'a service counts once',
      { a: router([], 'x'), b: router([], 'x') },
      { m: limit },
      { x: { ...servers, middlewares: ['m'] } },
      [],
    ],
    [
      'a router and a service',
      { a: router(['m']), b: router([], 'x') },
      { m: limit },
      { x: { ...servers, middlewares: ['m'] } },
      [saying('1 router and 1 service', 2)],
    ],
    [
      'redis',
      { a: router(['m']), b: router(['m']) },
      { m: { rateLimit: { average: 1, redis: { endpoints: ['r:1'] } } } },
      {},
      [],
    ],
  ])('%s', (_name, routers, middlewares, services, expected) => {
    expect(warnings(routers, middlewares, services)).toEqual(expected)
  })

  test('chains that name each other end', () => {
    const middlewares = {
      m: limit,
      c: { chain: { middlewares: ['d', 'm'] } },
      d: { chain: { middlewares: ['c', 'm'] } },
    }
    expect(warnings({ a: router(['c']), b: router(['d']) }, middlewares)).toEqual([saying('2 routers', 2)])
  })

  test('the middleware stays enabled', () => {
    const plan = planOf({
      http: { routers: { a: router(['m']), b: router(['m']) }, services: { s: servers }, middlewares: { m: limit } },
    })
    expect(plan.middlewares['m@file']).toMatchObject({ errors: [], warnings: [] })
    expect(plan.problems[0]?.hint).toContain('scope: middleware')
  })
})

describe('copies of a router for several entry points', () => {
  const compiled = (routers: Record<string, object>, flags: string[]) => {
    const { install } = loadInstall({
      args: ['--entryPoints.web.address=:80', '--entryPoints.other.address=:81', ...flags],
      env: {},
      exists: () => false,
      readFile: () => '',
    })
    const dynamic = { http: { routers, services: { s: servers }, middlewares: { m: limit } } }
    const { value } = readDynamicText(JSON.stringify(dynamic), 'json', null)
    return compile(new Map([['file', value!]]), { install: install!, target: 'node', readFile: () => '' })
  }
  const model = ['--entryPoints.web.http.middlewares=m@file', '--entryPoints.other.http.middlewares=m@file']

  test('are one', () => {
    const plan = compiled({ a: router([]) }, model)
    expect(Object.keys(plan.routers).filter((name) => name.endsWith('a@file'))).toEqual(['other-a@file', 'web-a@file'])
    expect(plan.problems).toEqual([])
    expect(plan.routers['web-a@file']?.definition).not.toHaveProperty('copyOf')
  })

  test('of two routers are two', () => {
    expect(compiled({ a: router([]), b: router([]) }, model).problems.map(({ message }) => message)).toEqual([
      '2 routers name this limit and each counts for itself: together they let 2 times as much through',
    ])
  })
})
