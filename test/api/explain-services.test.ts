import { describe, expect, test } from 'vitest'
import { drain } from '../../src/runtime/operator-control.ts'
import { explaining, router, servers } from '../support/explain.ts'

const app = { app: servers('http://10.0.0.1:80') }

describe('services', () => {
  const { explain, snapshot, operator, health } = explaining({
    routers: {
      round: router('Host(`round.test`)', 'round'),
      chance: router('Host(`chance.test`)', 'chance'),
      bound: router('Host(`bound.test`)', 'bound'),
      tree: router('Host(`tree.test`)', 'tree'),
      spare: router('Host(`spare.test`)', 'spare'),
      checked: router('Host(`checked.test`)', 'checked'),
      kept: router('Host(`kept.test`)', 'kept'),
    },
    services: {
      round: servers('http://a', 'http://b', 'http://c'),
      chance: { loadBalancer: { strategy: 'p2c', servers: [{ url: 'http://a' }, { url: 'http://b' }] } },
      bound: {
        loadBalancer: { sticky: { cookie: { name: 'at' } }, servers: [{ url: 'http://a' }, { url: 'http://b' }] },
      },
      tree: {
        weighted: {
          services: [
            { name: 'one', weight: 3 },
            { name: 'none', weight: 0 },
          ],
        },
      },
      one: servers('http://u:sesame@a/base?token=sesame'),
      none: servers('http://z'),
      spare: { failover: { service: 'checked', fallback: 'one' } },
      checked: { loadBalancer: { healthCheck: { path: '/up' }, servers: [{ url: 'http://k' }] } },
      kept: { loadBalancer: { passHostHeader: false, servers: [{ url: 'http://k:8080/base', preservePath: true }] } },
    },
  })

  test('the next server, as often as it is asked for; then a request takes it', async () => {
    const first = await explain('http://round.test/')
    for (let i = 0; i < 5; i++) expect((await explain('http://round.test/')).server).toBe(first.server)
    expect(first.service!.servers.filter(({ chosen }) => chosen).map(({ url }) => url)).toEqual([first.server])
    expect(first.service).toMatchObject({ name: 'round@file', type: 'loadBalancer', weight: null, children: [] })
  })

  test('what chance decides is not told', async () => {
    const trace = await explain('http://chance.test/')
    expect(trace).toMatchObject({ server: null, forwarded: null, answer: null })
    expect(trace.service!.servers.map(({ chosen }) => chosen)).toEqual([false, false])
  })

  test('a client that is bound to a server gets it', async () => {
    const { config } = snapshot.plan.services['bound@file']!
    const values = (config as { sticky: { values: Record<string, string[]> } }).sticky.values
    for (const url of ['http://a', 'http://b']) {
      const trace = await explain('http://bound.test/', { header: `Cookie: at=${values[url]![0]}` })
      expect(trace.server).toBe(url)
      expect(trace.request.headers).toEqual([['Cookie', '******']])
    }
  })

  test('members with their weights, no secrets', async () => {
    const trace = await explain('http://tree.test/')
    expect(trace.service).toMatchObject({
      name: 'tree@file',
      type: 'weighted',
      children: [
        { name: 'one@file', weight: 3, servers: [{ url: 'http://******@a/base?token=******', chosen: true }] },
        { name: 'none@file', weight: 0 },
      ],
    })
    expect(JSON.stringify(trace)).not.toContain('sesame')
  })

  test('drained and dead servers take nothing', async () => {
    drain(operator, 'round@file', 'http://a', true)
    drain(operator, 'round@file', 'http://b', true)
    const trace = await explain('http://round.test/')
    expect(trace.server).toBe('http://c')
    expect(trace.service!.servers).toContainEqual({ url: 'http://a', state: 'DRAINED', chosen: false })
    drain(operator, 'round@file', 'http://c', true)
    expect(await explain('http://round.test/')).toMatchObject({
      server: null,
      answer: { status: 503, reason: 'no server of round@file is available' },
    })
    expect((await explain('http://spare.test/')).server).toBe('http://k')
    for (const check of snapshot.checks) health.set(check.key, false)
    const down = await explain('http://spare.test/')
    expect(down.server).toContain('@a/base')
    expect(down.service!.children[0]!.servers).toEqual([{ url: 'http://k', state: 'DOWN', chosen: false }])
  })

  test('the request as the server would get it', async () => {
    const trace = await explain('http://kept.test/x?y=1', {
      method: 'POST',
      clientAddress: '203.0.113.7',
      header: ['Accept: text/html', 'X-Forwarded-For: 1.2.3.4', 'Connection: close', 'Authorization: Basic c2VzYW1l'],
    })
    expect(trace.forwarded).toEqual({
      method: 'POST',
      url: 'http://k:8080/base/x?y=1',
      headers: [
        ['Host', 'k:8080'],
        ['Accept', 'text/html'],
        ['Authorization', '******'],
        ['X-Real-Ip', '203.0.113.7'],
        ['X-Forwarded-Proto', 'http'],
        ['X-Forwarded-Port', '80'],
        ['X-Forwarded-Host', 'kept.test'],
        ['X-Forwarded-Server', 'gateway'],
        ['X-Forwarded-For', '203.0.113.7'],
        ['Accept-Encoding', 'gzip'],
      ],
    })
  })
})

describe('questions that can’t be answered', () => {
  const { ask } = explaining({ routers: { a: router('Host(`a`)', 'app') }, services: app })
  test.each([
    [{}, 'url must be'],
    [{ url: 'ftp://a/' }, 'url must be'],
    [{ url: 'http://u:p@a/' }, 'url must name a host'],
    [{ url: 'http://a/ b' }, 'printable ASCII'],
    [{ url: 'http://a/ü' }, 'printable ASCII'],
    [{ url: 'http://a/', method: 'GET /' }, 'method must be'],
    [{ url: 'http://a/', header: 'nonsense' }, 'header must be'],
    [{ url: 'http://a/', header: 'A: b\r\nC: d' }, 'header must be'],
    [{ url: 'http://a/', header: 'Host: b' }, 'the host is that of the url'],
    [{ url: 'http://a/', header: Array.from({ length: 101 }, () => 'A: b') }, 'at most 100'],
    [{ url: 'http://a/', clientAddress: 'me' }, 'clientAddress must be'],
    [
      { url: 'http://a/', entryPoint: 'nosuch' },
      'there is no entry point "nosuch" for HTTP (there are: web, websecure)',
    ],
    [{ url: 'http://a/', entryPoint: '__proto__' }, 'there is no entry point'],
  ])('%j', async (query, message) => {
    const { status, value } = await ask(query as Record<string, string>)
    expect([status, value.message]).toEqual([400, expect.stringContaining(message)])
  })
})
