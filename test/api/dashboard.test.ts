import { describe, expect, test } from 'vitest'
import { Dashboard, type DashboardFiles } from '../../src/api/dashboard.ts'
import type { Snapshot } from '../../src/runtime/snapshot.ts'
import { apiOptions } from '../support/api.ts'
import { fetchApi, fetching } from '../support/fetch-api.ts'

const files: Readonly<Record<string, string>> = {
  'index.html': '<!doctype html><title>page</title>',
  'app-ABCDEFGH.js': 'const app = 1',
  'app-ABCDEFGH.js br': 'br of it',
  'app-ABCDEFGH.js gzip': 'gzip of it',
  'favicon-ABCDEFGH.svg': '<svg/>',
  'secret.txt': 'not to be served',
}

function served(more: Partial<DashboardFiles> = {}) {
  const read: string[] = []
  const dashboard = new Dashboard({
    encodings: ['br', 'gzip'],
    missing: 'build it',
    async read(name, encoding) {
      read.push(name)
      const text = files[encoding === null ? name : `${name} ${encoding}`]
      return text === undefined ? null : new TextEncoder().encode(text)
    },
    ...more,
  })
  const api = fetchApi(() => ({}) as Snapshot, { ...apiOptions, dashboard })
  const ask = async (path: string, headers: Record<string, string> = {}, handler = api) => {
    const answer = await handler(new Request(`http://api.example${path}`, { headers }))
    return { status: answer.status, headers: answer.headers, text: await answer.text() }
  }
  return { dashboard, ask, read }
}

describe('the page', () => {
  test('is asked for anew each time, and allows nothing of other origins', async () => {
    const { status, headers, text } = await served().ask('/dashboard/')
    expect([status, text]).toEqual([200, files['index.html']])
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(headers.get('cache-control')).toBe('no-cache')
    const policy = headers.get('content-security-policy')!
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; /)
    expect(policy).toContain("frame-ancestors 'self'")
    expect(policy).not.toMatch(/unsafe|http|\*/)
  })

  test('is not sent again to who has it', async () => {
    const { ask } = served()
    const tag = (await ask('/dashboard/')).headers.get('etag')!
    expect(tag).toMatch(/^"[0-9a-f]{24}"$/)
    for (const known of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
      const { status, text, headers } = await ask('/dashboard/', { 'If-None-Match': known })
      expect([status, text, headers.get('etag')]).toEqual([304, '', tag])
    }
    expect((await ask('/dashboard/', { 'If-None-Match': '"other"' })).status).toBe(200)
  })

  test('says what to do where it is not there', async () => {
    const { status, text, headers } = await served({ read: async () => null }).ask('/dashboard/')
    expect([status, text]).toEqual([404, '{"message":"build it"}\n'])
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
  })
})

describe('files beside it', () => {
  test('are kept for a year, and read once', async () => {
    const { ask, read } = served()
    for (let time = 0; time < 3; time++) {
      const { status, headers, text } = await ask('/dashboard/app-ABCDEFGH.js')
      expect([status, text]).toEqual([200, 'const app = 1'])
      expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      expect(headers.get('content-type')).toBe('text/javascript; charset=utf-8')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
    }
    expect(read).toEqual(['app-ABCDEFGH.js'])
  })

  test.each([
    ['br', 'br', 'br of it'],
    ['gzip, deflate, br', 'br', 'br of it'],
    ['gzip', 'gzip', 'gzip of it'],
    ['br;q=0, gzip;q=0.5', 'gzip', 'gzip of it'],
    ['br;q=0.0, gzip ; q=0', null, 'const app = 1'],
    ['identity', null, 'const app = 1'],
    ['*', null, 'const app = 1'],
  ])('come encoded as %s allows', async (accepted, encoding, content) => {
    const { headers, text } = await served().ask('/dashboard/app-ABCDEFGH.js', { 'Accept-Encoding': accepted })
    expect([headers.get('content-encoding'), text]).toEqual([encoding, content])
    expect(headers.get('vary')).toBe('Accept-Encoding')
  })

  test('come as they are where there is no such copy', async () => {
    const { headers, text } = await served().ask('/dashboard/favicon-ABCDEFGH.svg', { 'Accept-Encoding': 'br' })
    expect([headers.get('content-encoding'), headers.get('content-type'), text]).toEqual([
      null,
      'image/svg+xml',
      '<svg/>',
    ])
  })

  test.each([
    'secret.txt',
    'index.html',
    'index.html%00',
    'app-ABCDEFGH.js.br',
    'app-ABCDEFGH.js/',
    'app-ABCDEFGH%2Ejs',
    '..%2Fapp-ABCDEFGH.js',
    'x/app-ABCDEFGH.js',
    'nosuch-ABCDEFGH.js',
  ])('are nothing but those: %s', async (name) => {
    const { ask, read } = served()
    const { status, text } = await ask(`/dashboard/${name}`)
    expect([status, text]).toEqual([404, '404 page not found\n'])
    expect(read.every((asked) => asked === 'nosuch-ABCDEFGH.js')).toBe(true)
  })
})

test('dashboard@internal has the same below /', async () => {
  const { dashboard, ask } = served()
  const alone = fetching((request) => dashboard.alone(request))
  expect((await ask('/', {}, alone)).text).toBe(files['index.html'])
  expect((await ask('/app-ABCDEFGH.js', {}, alone)).text).toBe('const app = 1')
  expect((await ask('/secret.txt', {}, alone)).status).toBe(404)
  expect((await ask('/api/version', {}, alone)).status).toBe(404)
})
