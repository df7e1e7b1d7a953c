import { describe, expect, test } from 'vitest'
import { createApi } from '../../src/api/api.ts'
import { apiOptions } from '../support/api.ts'
import { serviceBench } from '../support/services.ts'

function rig() {
  const bench = serviceBench({
    app: { loadBalancer: { servers: [{ url: 'http://a' }, { url: 'http://b' }] } },
  })
  const api = createApi(() => bench.snapshot, { ...apiOptions, control: bench.operator })
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
    expect(operator.state().drained).toEqual([{ service: 'app@file', url: 'http://a' }])
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
    expect(operator.state().drained).toEqual([])
  })

  test('user information of URLs is never shown, and need not be said', async () => {
    const bench = serviceBench({ app: { loadBalancer: { servers: [{ url: 'http://joe:sesame@a' }] } } })
    const api = createApi(() => bench.snapshot, { ...apiOptions, control: bench.operator })
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
    const api = createApi(() => bench.snapshot, { ...apiOptions, control: bench.operator })
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
    const reading = createApi(() => snapshot, apiOptions)
    const response = await reading(new Request(`http://api.example/api/http${a}`, { method: 'PUT' }))
    expect(response.status).toBe(404)
  })
})
