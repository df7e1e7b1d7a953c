import { describe, expect, test } from 'vitest'
import type { Control } from '../../src/api/control.ts'
import { HealthTable } from '../../src/engine/health/table.ts'
import { link } from '../../src/runtime/linking/linker.ts'
import { loadAllKinds } from '../../src/runtime/load-kinds.ts'
import type { Operator } from '../../src/runtime/operator.ts'
import { drain, stateOf, turn } from '../../src/runtime/operator-control.ts'
import { apiOptions } from '../support/api.ts'
import { fetchApi } from '../support/fetch-api.ts'
import { planOf } from '../support/plan.ts'
import { fakePorts } from '../support/ports.ts'
import { ClientContext, serviceBench } from '../support/services.ts'

const kinds = await loadAllKinds()

const controlOf = (operator: Operator): Control => ({
  state: () => stateOf(operator),
  drain: (...of) => drain(operator, ...of),
  turn: (...of) => turn(operator, ...of),
})

function rig() {
  const bench = serviceBench({
    app: { loadBalancer: { servers: [{ url: 'http://a' }, { url: 'http://b' }] } },
  })
  const api = fetchApi(() => bench.snapshot, { ...apiOptions, control: controlOf(bench.operator) })
  const ask = async (method: string, path: string, headers: Record<string, string> = {}) => {
    const response = await api(new Request(`http://api.example/api/http${path}`, { method, headers }))
    const text = await response.text()
    return {
      status: response.status,
      value: text === '' ? null : (JSON.parse(text) as unknown),
      headers: response.headers,
    }
  }
  return { ...bench, ask }
}

const drained = '/services/app@file/drained'
const a = `${drained}?server=${encodeURIComponent('http://a')}`

describe('drain by the API', () => {
  test('there and back', async () => {
    const { ask, operator } = rig()
    expect(await ask('GET', drained)).toMatchObject({ status: 200, value: [] })
    expect(await ask('PUT', a)).toMatchObject({ status: 200, value: { service: 'app@file', drained: ['http://a'] } })
    expect(stateOf(operator).drained).toEqual([{ service: 'app@file', url: 'http://a' }])
    expect(await ask('GET', drained)).toMatchObject({ value: ['http://a'] })
    expect(await ask('DELETE', a)).toMatchObject({ value: { drained: [] } })
  })

  test('the provider may be left out', async () => {
    expect(await rig().ask('PUT', a.replace('@file', ''))).toMatchObject({
      status: 200,
      value: { service: 'app@file' },
    })
  })

  test.each([
    ['PUT', '/services/app@file/drained', 404, 'service app@file has no server "" (there are: http://a, http://b)'],
    ['PUT', '/services/shop/drained', 404, 'service not found: shop (there are: app@file)'],
    ['PUT', '/services/app@fil/drained', 404, 'service not found: app@fil (there are: app@file)'],
    ['PUT', '/middlewares/app/switch', 404, 'middleware not found: app (there are: none)'],
  ])('%s %s: %i', async (method, path, status, message) => {
    expect(await rig().ask(method, path)).toMatchObject({ status, value: { message } })
  })

  test.each([
    ['origin', 'http://evil.example'],
    ['origin', 'http://api.example'],
    ['origin', 'null'],
    ['sec-fetch-site', 'same-origin'],
  ])('pages of browsers are refused: %s: %s', async (name, value) => {
    const { ask, operator } = rig()
    for (const method of ['PUT', 'DELETE']) expect((await ask(method, a, { [name]: value })).status).toBe(403)
    expect(stateOf(operator).drained).toEqual([])
  })

  test('user information of URLs is never shown, and need not be said', async () => {
    const bench = serviceBench({ app: { loadBalancer: { servers: [{ url: 'http://joe:sesame@a' }] } } })
    const api = fetchApi(() => bench.snapshot, { ...apiOptions, control: controlOf(bench.operator) })
    const say = async (method: string, path: string) =>
      (await api(new Request(`http://api.example/api/http${path}`, { method }))).text()
    const masked = encodeURIComponent('http://******@a')
    const answers = [
      await say('PUT', `${drained}?server=${masked}`),
      await say('GET', drained),
      await say('DELETE', `${drained}?server=${encodeURIComponent('http://joe:sesame@a')}`),
      await say('PUT', `${drained}?server=${encodeURIComponent('http://joe:sesame@b')}`),
      await say('GET', '/services/app@file'),
    ]
    expect(answers.slice(0, 2)).toEqual([
      '{"service":"app@file","drained":["http://******@a"]}\n',
      '["http://******@a"]\n',
    ])
    expect(answers[3]).toContain('service app@file has no server \\"http://******@b\\" (there are: http://******@a)')
    expect(answers.join('')).not.toContain('sesame')
  })

  test('a scheme in capitals is the scheme', async () => {
    const bench = serviceBench({ app: { loadBalancer: { servers: [{ url: 'HTTP://a' }] } } })
    const api = fetchApi(() => bench.snapshot, { ...apiOptions, control: controlOf(bench.operator) })
    for (const url of ['http://a', 'HTTP://a']) {
      const request = new Request(`http://api.example/api/http${drained}?server=${encodeURIComponent(url)}`, {
        method: 'PUT',
      })
      expect(await (await api(request)).json()).toEqual({ service: 'app@file', drained: ['http://a'] })
    }
  })

  test('other methods are not allowed, nor any of them without control', async () => {
    const { ask, snapshot } = rig()
    const refused = await ask('POST', a)
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, PUT, DELETE'])
    const reading = fetchApi(() => snapshot, apiOptions)
    const response = await reading(new Request(`http://api.example/api/http${a}`, { method: 'PUT' }))
    expect(response.status).toBe(404)
  })
})

describe('commands from pages', () => {
  const { snapshot, operator } = serviceBench({
    app: { loadBalancer: { servers: [{ url: 'http://a' }, { url: 'http://b' }] } },
  })
  const named = link(
    planOf({
      http: {
        routers: {
          named: { rule: 'Host(`api.example`) && PathPrefix(`/api`)', service: 'app', entryPoints: ['web'] },
          open: { rule: 'PathPrefix(`/api`)', service: 'app', entryPoints: ['web'] },
          either: { rule: 'Host(`api.example`) || PathPrefix(`/api`)', service: 'app', entryPoints: ['web'] },
          parent: { rule: 'Host(`api.example`)', entryPoints: ['web'] },
          child: { rule: 'PathPrefix(`/api`)', service: 'app', parentRefs: ['parent'] },
        },
        services: { app: { loadBalancer: { servers: [{ url: 'http://a' }, { url: 'http://b' }] } } },
      },
    }),
    { kinds, ports: fakePorts(), health: new HealthTable(), operator, internal: new Map(), observer: null },
  )
  operator.settle([...snapshot.servers, ...named.servers])
  const api = fetchApi(() => named, { ...apiOptions, control: controlOf(operator) })

  /** @param router that led to the API; null: the request came by none */
  async function put(host: string, headers: Record<string, string>, router: string | null = null): Promise<number> {
    const cx = new ClientContext()
    if (router !== null) cx.record.router = router
    const request = new Request(`http://${host}/api/http${a}`, { method: 'PUT', headers })
    return (await api(request, router === null ? undefined : cx)).status
  }

  /** What the dashboard's page sends when it is read from that host. */
  const ours = (host: string) => ({
    origin: `http://${host}`,
    'sec-fetch-site': 'same-origin',
    'x-signalbox-command': '1',
  })

  test.each(['127.0.0.1:8080', '[::1]:8080', '10.0.0.7', 'localhost:8080'])('our own page at %s may', async (host) => {
    expect(await put(host, ours(host))).toBe(200)
  })

  test.each(['named@file', 'parent@file -> child@file'])('at a host that the rule of %s names', async (router) => {
    expect(await put('api.example', ours('api.example'), router)).toBe(200)
    expect(await put('api.example', { ...ours('api.example'), origin: 'https://api.example' }, router)).toBe(200)
  })

  test.each([null, 'open@file', 'either@file', 'nosuch@file', '__proto__'])(
    'DNS rebinding: a page of a host that was made to lead here, by %s',
    async (router) => {
      expect(await put('evil.example', ours('evil.example'), router)).toBe(403)
    },
  )

  test.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a sister domain', { 'sec-fetch-site': 'same-site' }],
    ['a typed address with an origin', { 'sec-fetch-site': 'none' }],
    ['another origin', { origin: 'http://evil.example' }],
    ['another port', { origin: 'http://127.0.0.1:9999' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['an extension', { origin: 'chrome-extension://127.0.0.1:8080' }],
    ['no field', { 'x-signalbox-command': '' }],
    ['another field', { 'x-signalbox-command': 'true' }],
  ])('%s may not', async (_, wrong: Record<string, string>) => {
    expect(await put('127.0.0.1:8080', { ...ours('127.0.0.1:8080'), ...wrong })).toBe(403)
  })

  test('an old browser, which says nothing of the site, may not', async () => {
    const { 'sec-fetch-site': _, ...rest } = ours('localhost')
    expect(await put('localhost', rest)).toBe(403)
  })

  test('nobody is told that a field may be sent: a preflight gets no permission', async () => {
    const answer = await api(
      new Request(`http://127.0.0.1/api/http${a}`, {
        method: 'OPTIONS',
        headers: { origin: 'http://evil.example', 'access-control-request-headers': 'x-signalbox-command' },
      }),
    )
    expect(answer.status).toBe(405)
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  })

  test('the version tells that there are commands', async () => {
    const version = async (handler: typeof api) => (await handler(new Request('http://a/api/version'))).json()
    expect(await version(api)).toMatchObject({ control: true })
    expect(await version(fetchApi(() => named, apiOptions))).not.toHaveProperty('control')
  })
})
