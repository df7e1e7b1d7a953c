import { describe, expect, test } from 'vitest'
import type { ApiOptions } from '../../src/api/api.ts'
import { HealthTable } from '../../src/engine/health/table.ts'
import type { Plan, RouterPlan } from '../../src/plan/plan.ts'
import { link } from '../../src/runtime/linking/linker.ts'
import { loadAllKinds } from '../../src/runtime/load-kinds.ts'
import { Operator } from '../../src/runtime/operator.ts'
import { apiOptions } from '../support/api.ts'
import { fetchApi } from '../support/fetch-api.ts'
import { planOf } from '../support/plan.ts'
import { fakePorts } from '../support/ports.ts'

const kinds = await loadAllKinds()

const servers = (...urls: string[]) => ({ loadBalancer: { servers: urls.map((url) => ({ url })) } })
const router = (rule: string, service: string, more: object = {}) => ({ rule, service, entryPoints: ['web'], ...more })

const base = planOf(
  {
    http: {
      routers: {
        a: router('Host(`a.test`) && Path(`/<x>`)', 'one'),
        b: router('Host(`b.test`)', 'two@file', { priority: 5, middlewares: ['m'] }),
        'c/d': router('Host(`c.test`)', 'mix', { entryPoints: ['web', 'nosuch'] }),
        __proto__x: router('Host(`p.test`)', 'one'),
        lost: router('Host(`lost.test`)', 'one', { entryPoints: ['nosuch'], middlewares: ['none', 'none'] }),
        chosen: router('Host(`lost.test`)', 'one', { entryPoints: ['nosuch'], priority: 9 }),
        bad: router('Nope(`x`)', 'one'),
      },
      services: {
        one: servers('http://10.0.0.2:80', 'http://10.0.0.1:80'),
        two: servers('http://10.0.0.3:80'),
        mix: { weighted: { services: [{ name: 'one', weight: 1 }] } },
        unused: servers('http://10.0.0.4:80'),
      },
      middlewares: { m: { addPrefix: { prefix: '/x' } }, none: { stripPrefix: { prefixes: ['/a'] } } },
    },
  },
  ['web'],
)

const internal: RouterPlan = {
  ...base.routers['a@file']!,
  provider: 'internal',
  priority: '9223372036854775806',
  definition: { ...base.routers['a@file']!.definition, priority: '9223372036854775806' },
}
const plan: Plan = { ...base, routers: { ...base.routers, 'api@internal': internal } }
const snapshot = link(plan, {
  kinds,
  ports: fakePorts(),
  health: new HealthTable(),
  operator: new Operator(fakePorts().clock),
  internal: new Map(),
  observer: null,
})

const apiOf = (options: Partial<ApiOptions> = {}) => fetchApi(() => snapshot, { ...apiOptions, ...options })
const api = apiOf({ entryPoints: { web: { address: ':80' }, traefik: { address: ':8080' } } })

async function ask(path: string, init?: RequestInit, handler = api) {
  const response = await handler(new Request(`http://api.example${path}`, init))
  return { status: response.status, headers: response.headers, text: await response.text() }
}

const names = async (query: string): Promise<string[]> =>
  (JSON.parse((await ask(`/api/http/${query}`)).text) as { name: string }[]).map(({ name }) => name)

describe('paths', () => {
  test.each([
    ['GET', '/api/version', 200],
    ['GET', '/api/version/', 404],
    ['GET', '/api//version', 301],
    ['GET', '/API/version', 404],
    ['GET', '/api', 404],
    ['GET', '/api/', 404],
    ['GET', '/api/http/routers/', 404],
    ['GET', '/api/http/routers/c/d@file', 404],
    ['GET', '/api/http/routers/c%2Fd@file', 200],
    ['GET', '/api/http/routers/c%252Fd@file', 404],
    ['GET', '/api/http/routers/%ff', 404],
    ['GET', '/api/http/routers/toString', 404],
    ['GET', '/api/entrypoints/constructor', 404],
    ['GET', '/api/udp/middlewares', 404],
    ['GET', '/api/support-dump', 404],
    ['GET', '/debug/vars', 404],
    ['GET', '/dashboard', 404],
    ['GET', '/dashboard/', 200],
    ['GET', '/dashboard/x', 404],
    ['GET', '/nosuch', 404],
    ['HEAD', '/api/version', 405],
    ['POST', '/api/http/routers', 405],
    ['PUT', '/api/http/routers/a@file', 405],
    ['DELETE', '/', 405],
    ['POST', '/api/nosuch', 404],
  ])('%s %s: %i', async (method, path, status) => {
    expect((await ask(path, { method })).status).toBe(status)
  })

  test.each([
    ['/base', 302],
    ['/base/', 404],
    ['/base/api/version', 200],
    ['/base/dashboard/', 200],
    ['/api/version', 404],
    ['/', 404],
    ['/basement/api/version', 404],
  ])('below a base path: %s: %i', async (path, status) => {
    expect((await ask(path, {}, apiOf({ basePath: '/base' }))).status).toBe(status)
  })

  test('without dashboard there is nothing but the API', async () => {
    const bare = apiOf({ dashboard: null })
    expect((await ask('/', {}, bare)).status).toBe(404)
    expect((await ask('/dashboard/', {}, bare)).status).toBe(404)
    expect((await ask('/api/version', {}, bare)).status).toBe(200)
  })

  test.each([
    [null, '/', '/dashboard/'],
    ['/pre', '/', '/pre/dashboard/'],
    ['/pre/', '/base', '/pre/base/dashboard/'],
    ['http://evil.example', '/', '/dashboard/'],
    ['//evil.example', '/', '/dashboard/'],
    ['/\\evil.example', '/', '/dashboard/'],
    ['evil', '/', '/dashboard/'],
  ])('prefix %s below %s leads to %s', async (prefix, basePath, location) => {
    const headers: Record<string, string> = prefix === null ? {} : { 'X-Forwarded-Prefix': prefix }
    const answer = await ask(basePath, { headers }, apiOf({ basePath }))
    expect([answer.status, answer.headers.get('location')]).toEqual([302, location])
  })
})

describe('answers', () => {
  test('errors are JSON declared as text', async () => {
    const { status, headers, text } = await ask('/api/http/routers/%3Cb%3E%22')
    expect(status).toBe(404)
    expect(headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(text).toBe('{"message":"router not found: \\u003cb\\u003e\\""}\n')
  })

  test('version has no newline behind it', async () => {
    const { headers, text } = await ask('/api/version', {}, apiOf({ dashboardName: 'n', disableDashboardAd: true }))
    expect(headers.get('content-type')).toBe('application/json; charset=UTF-8')
    expect(text).toBe(
      '{"Version":"3.7.15","Codename":"test","startDate":"2026-01-01T00:00:00.000Z","disableDashboardAd":true,"dashboardName":"n","offers":[]}',
    )
  })

  test('what is added to a router, byte by byte', async () => {
    const { text } = await ask('/api/http/routers/b@file')
    expect(text.slice(text.indexOf('"priority"'))).toBe(
      '"priority":5,"observability":{"accessLogs":true,"metrics":true,"tracing":true,"traceVerbosity":"minimal"},' +
        '"status":"enabled","using":["web"],"name":"b@file","provider":"file","priorityStr":"5"}\n',
    )
  })

  test('priorities keep all their digits', async () => {
    const { text } = await ask('/api/http/routers/api@internal')
    expect(text).toContain('"priority":9223372036854775806,')
    expect(text).toContain('"priorityStr":"9223372036854775806"')
  })

  test('a router without entry point has only a priority of its own', async () => {
    const lost = JSON.parse((await ask('/api/http/routers/lost@file')).text)
    expect(lost).toMatchObject({ status: 'disabled', priorityStr: '0' })
    expect(lost).not.toHaveProperty('priority')
    expect(lost).not.toHaveProperty('using')
    expect(JSON.parse((await ask('/api/http/routers/chosen@file')).text)).toMatchObject({
      priority: 9,
      priorityStr: '9',
    })
    expect(JSON.parse((await ask('/api/http/routers/bad@file')).text)).toMatchObject({ priority: 9, using: ['web'] })
  })

  test('services show their servers once built', async () => {
    const { text } = await ask('/api/http/services/one@file')
    expect(text).toContain('"serverStatus":{"http://10.0.0.1:80":"UP","http://10.0.0.2:80":"UP"}')
    expect(text).toContain('"type":"loadbalancer"')
    expect((await ask('/api/http/services/unused@file')).text).not.toMatch(/serverStatus|usedBy/)
  })

  test('entry points', async () => {
    expect((await ask('/api/entrypoints/web')).text).toBe('{"address":":80","name":"web"}\n')
    expect((await ask('/api/entrypoints?per_page=1')).text).toBe('[{"address":":8080","name":"traefik"}]\n')
    // Whatever direction is asked for.
    expect((await ask('/api/entrypoints?per_page=1&direction=desc')).text).toContain('"traefik"')
  })

  test('raw data has neither names nor types, and no empty sections', async () => {
    const raw = JSON.parse((await ask('/api/rawdata')).text)
    expect(Object.keys(raw)).toEqual(['routers', 'middlewares', 'services'])
    expect(Object.keys(raw.routers)).toContain('__proto__x@file')
    expect(raw.middlewares['m@file']).toEqual({ addPrefix: { prefix: '/x' }, status: 'enabled', usedBy: ['b@file'] })
    // As often as they name it.
    expect(raw.middlewares['none@file'].usedBy).toEqual(['lost@file', 'lost@file'])
    expect(raw.services['two@file']).not.toHaveProperty('type')
  })

  test('an unclean path leads to the clean one', async () => {
    const { headers } = await ask('/api//http///routers?search=a')
    expect(headers.get('location')).toBe('/api/http/routers?search=a')
  })

  test('overview counts', async () => {
    const { http, features, providers } = JSON.parse((await ask('/api/overview')).text)
    expect(http.routers).toEqual({ total: 8, warnings: 1, errors: 3 })
    expect(http.services).toEqual({ total: 4, warnings: 0, errors: 0 })
    expect(features).toEqual({ tracing: '', metrics: '', accessLog: false })
    expect(providers).toEqual(['File'])
    expect((await ask('/api/overview', {}, apiOf({ providers: [] }))).text).not.toContain('providers')
  })
})

describe('lists', () => {
  const all = [
    '__proto__x@file',
    'a@file',
    'api@internal',
    'b@file',
    'bad@file',
    'c/d@file',
    'chosen@file',
    'lost@file',
  ]

  test.each<[string, string[]]>([
    ['routers', all],
    ['routers?sortBy=nosuch', all],
    ['routers?direction=desc', all.toReversed()],
    ['routers?direction=x', all.toReversed()],
    ['routers?sortBy=priority&per_page=3', ['lost@file', 'b@file', 'bad@file']],
    ['routers?sortBy=priority&direction=desc&per_page=1', ['api@internal']],
    ['routers?sortBy=entryPoints&direction=desc&per_page=1', ['c/d@file']],
    ['routers?sortBy=provider&direction=desc&per_page=1', ['api@internal']],
    ['routers?sortBy=status&per_page=3', ['bad@file', 'chosen@file', 'lost@file']],
    ['routers?search=LOST', ['chosen@file', 'lost@file']],
    ['routers?status=WARNING', ['c/d@file']],
    ['routers?serviceName=mix', ['c/d@file']],
    ['routers?serviceName=mix@file', ['c/d@file']],
    ['routers?serviceName=two', []],
    ['routers?serviceName=two@file', ['b@file']],
    ['routers?middlewareName=m@file', ['b@file']],
    ['routers?middlewareName=m', []],
    // As Go reads queries: what can't be decoded, or has a `;` in it, is not there.
    ['routers?search=lost&search=x', ['chosen@file', 'lost@file']],
    ['routers?search=%zz&status=warning', ['c/d@file']],
    ['routers?search=zzz;page=2&status=warning', ['c/d@file']],
    ['services?sortBy=servers', ['mix@file', 'two@file', 'unused@file', 'one@file']],
    ['services?sortBy=type', ['one@file', 'two@file', 'unused@file', 'mix@file']],
    ['services?search=http', []],
    ['services?serviceName=x', ['mix@file', 'one@file', 'two@file', 'unused@file']],
    ['middlewares?sortBy=type&direction=desc', ['none@file', 'm@file']],
  ])('%s', async (query, wanted) => {
    expect(await names(query)).toEqual(wanted)
  })

  test.each([
    ['page=2&per_page=3', 200, '3'],
    ['page=3&per_page=3', 200, '1'],
    ['page=&per_page=', 200, '1'],
    ['page=4&per_page=3', 400, 'invalid request: page: 4, per_page: 3'],
    ['page=x', 400, 'invalid request: page: 0'],
    ['page=-1', 400, 'invalid request: page: -1'],
    ['page=1.5', 400, 'invalid request: page: 0'],
    ['page=99999999999999999999999', 400, 'invalid request: page: 9223372036854775807'],
    ['per_page=0', 400, 'invalid request: per_page: 0'],
    ['page=0&per_page=0', 400, 'invalid request: per_page: 0'],
    ['per_page=9223372036854775807', 200, '1'],
    ['per_page=9223372036854775808', 400, 'invalid request: per_page: 9223372036854775807'],
    ['per_page=-99999999999999999999', 400, 'invalid request: per_page: -9223372036854775808'],
    ['per_page=%2B0005', 200, '2'],
    ['search=zzz', 200, '1'],
    ['search=zzz&page=2', 400, 'invalid request: page: 2, per_page: 100'],
  ])('routers?%s: %i', async (query, status, wanted) => {
    const answer = await ask(`/api/http/routers?${query}`)
    expect(answer.status).toBe(status)
    if (status === 200) expect(answer.headers.get('x-next-page')).toBe(wanted)
    else expect(JSON.parse(answer.text)).toEqual({ message: wanted })
  })
})
