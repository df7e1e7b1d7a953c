import { IttyRouter } from 'itty-router'
import { describe, expect, test } from 'vitest'
import { createSignalbox, defineMiddleware } from '../../adapters/web/index.ts'

const routing = {
  http: {
    routers: {
      app: { rule: 'PathPrefix(`/app`)', service: 'app', middlewares: ['strip', 'marked'] },
      local: { rule: 'ClientIP(`192.0.2.7`)', service: 'app', priority: 1000 },
      old: { rule: 'Path(`/old`)', service: 'app', middlewares: ['moved'] },
      broken: { rule: 'Nonsense(`x`)', service: 'app' },
    },
    middlewares: {
      strip: { stripPrefix: { prefixes: ['/app'] } },
      marked: { headers: { customResponseHeaders: { 'X-Served-By': 'signalbox' } } },
      moved: { redirectRegex: { regex: '^https?://[^/]+/old', replacement: 'https://new.test/' } },
    },
    services: {
      app: {
        loadBalancer: { passHostHeader: false, servers: [{ url: 'http://a.test' }, { url: 'http://b.test:81' }] },
      },
    },
  },
}

interface Seen {
  url: string
  method: string
  headers: Headers
  body: string
}

function setUp(answer: () => Response = () => new Response('hello', { headers: { 'X-From': 'server' } })) {
  const seen: Seen[] = []
  const signalbox = createSignalbox({
    routing,
    clientAddress: (request) => request.headers.get('x-test-client') ?? '',
    async fetch(url, init) {
      const body = init.body === undefined ? '' : await new Response(init.body as string).text()
      seen.push({ url, method: init.method ?? '', headers: init.headers as Headers, body })
      return answer()
    },
  })
  return { seen, signalbox }
}

describe('createSignalbox', () => {
  test('serves https as http', async () => {
    const { seen, signalbox } = setUp()
    expect((await signalbox.fetch(new Request('https://shop.test/app/x'))).status).toBe(200)
    expect(seen[0]!.headers.get('x-forwarded-proto')).toBe('https')
  })

  test('serves a request as the configuration says', async () => {
    const { seen, signalbox } = setUp()
    const response = await signalbox.fetch(new Request('http://shop.test/app/x?y=1', { headers: { 'X-A': 'é' } }))
    expect([response.status, await response.text()]).toEqual([200, 'hello'])
    expect(response.headers.get('x-served-by')).toBe('signalbox')
    expect(seen[0]?.url).toMatch(/^http:\/\/(a\.test:80|b\.test:81)\/x\?y=1$/)
    expect(seen[0]?.headers.get('x-forwarded-host')).toBe('shop.test')
    expect(seen[0]?.headers.get('x-a')).toBe('é')
  })

  test('streams content both ways', async () => {
    const { seen, signalbox } = setUp()
    const response = await signalbox.fetch(new Request('http://shop.test/app', { method: 'POST', body: 'payload' }))
    expect(await response.text()).toBe('hello')
    expect(seen.map(({ method, body }) => [method, body])).toEqual([['POST', 'payload']])
  })

  test('answers by itself: redirects, 404, 502', async () => {
    const { signalbox } = setUp(() => {
      throw new TypeError('fetch failed')
    })
    const moved = await signalbox.fetch(new Request('http://shop.test/old'))
    expect([moved.status, moved.headers.get('location')]).toEqual([302, 'https://new.test/'])
    expect((await signalbox.fetch(new Request('http://shop.test/none'))).status).toBe(404)
    const failed = await signalbox.fetch(new Request('http://shop.test/app'))
    expect([failed.status, await failed.text()]).toEqual([502, 'Bad Gateway'])
  })

  test('knows the client where the runtime tells it', async () => {
    const { signalbox } = setUp()
    const request = (address: string) => new Request('http://x.test/', { headers: { 'X-Test-Client': address } })
    expect((await signalbox.fetch(request('192.0.2.7'))).status).toBe(200)
    expect((await signalbox.fetch(request('192.0.2.8'))).status).toBe(404)
  })

  test('reports bad elements and refuses what can not be read', () => {
    const { signalbox } = setUp()
    expect(signalbox.report.routers.get('broken@file')?.status).toBe('disabled')
    expect(() => createSignalbox({ routing: { http: { routers: { a: { rul: 'x' } } } } })).toThrow(
      'field not found, node: rul',
    )
  })

  test('says that nobody runs active health checks', () => {
    const checked = {
      servers: [{ url: 'http://a.test' }],
      healthCheck: { path: '/up', interval: '2m' },
      passHostHeader: false,
    }
    const { problems } = createSignalbox({
      routing: {
        http: {
          routers: { r: { rule: 'Path(`/`)', service: 's' } },
          services: { s: { loadBalancer: checked } },
        },
      },
    })
    expect(problems.map(({ message }) => message)).toEqual([
      'active health checks are not run by a Fetch handler: servers count as up',
    ])
  })

  test('mounts in itty-router', async () => {
    const { signalbox } = setUp()
    const router = IttyRouter()
    router.get('/health', () => new Response('ok')).all('*', signalbox.fetch)
    expect(await (await router.fetch(new Request('http://shop.test/health'))).text()).toBe('ok')
    expect(await (await router.fetch(new Request('http://shop.test/app/x'))).text()).toBe('hello')
  })
})

test('middlewares of the program are called NAME@program', async () => {
  const stamp = defineMiddleware<null>({
    build:
      (_, { name }) =>
      (next) =>
      async (request, cx) => {
        const response = await next(request, cx)
        response.headers.set('X-Stamp', name)
        return response
      },
  })
  const signalbox = createSignalbox({
    routing: {
      http: {
        routers: { r: { rule: 'PathPrefix(`/`)', service: 's', middlewares: ['stamp@program'] } },
        services: { s: { loadBalancer: { servers: [{ url: 'http://a.test' }] } } },
      },
    },
    middlewares: { stamp },
    fetch: async () => new Response('hello'),
  })
  expect(signalbox.problems.filter(({ severity }) => severity === 'error')).toEqual([])
  const response = await signalbox.fetch(new Request('http://shop.test/'))
  expect(response.headers.get('x-stamp')).toBe('stamp@program')
})
