import { describe, expect, test } from 'vitest'
import { fromNative } from '../../adapters/cloudflare/bridge/request.ts'

const read = (url: string, init: RequestInit = {}, host = 'app.example.test') =>
  fromNative(new Request(url, { ...init, headers: { Host: host, ...(init.headers as Record<string, string>) } }))
    .request

describe('a native request', () => {
  test.each([
    ['http://a.test/', '/'],
    ['http://a.test/x/y?z=1&z=2', '/x/y?z=1&z=2'],
    ['http://a.test/a%2Fb//c;d', '/a%2Fb//c;d'],
    ['https://a.test:8443/p?q=http://b/', '/p?q=http://b/'],
  ])('%s has the target %s', (url, target) => {
    expect(read(url)?.target).toBe(target)
  })

  test.each([
    'app.example.test',
    'APP.example.test:8080',
    '127.0.0.1:80',
    '[::1]',
    '[::1]:443',
    'under_score.test',
    'a%20b',
    'a%zz',
    '[fe80::1%25en0]',
  ])('the host %s is taken from the field', (host) => {
    expect(read('http://other.test/', {}, host)?.authority).toBe(host)
  })

  test.each(['a/b', 'a@b', 'a b', 'a:80:90', '[::1', 'a:port', 'a\\b', 'a?b', 'a#b', '[::1%25]x', 'a:123456'])(
    'the host %s is refused',
    (host) => {
      expect(read('http://other.test/', {}, host)).toBe(null)
    },
  )

  test.each([
    ['http://a.test/%', 'a.test', 'Bad Request'],
    ['http://a.test/a%2/b', 'a.test', 'Bad Request'],
    ['http://a.test/%zz', 'a/b', 'Bad Request'],
    ['http://a.test/x?%zz', 'a/b', 'Bad Request: malformed Host header'],
    ['http://a.test/x', 'x..', 'Bad Request: malformed Host header'],
    ['http://a.test/%2F?%zz', 'a.test', ''],
  ])('%s for the host %s is refused as "%s"', (url, host, refusal) => {
    expect(fromNative(new Request(url, { headers: { Host: host } })).refusal).toBe(refusal)
  })

  test('cookie lines that the platform joined are one list of cookies again', () => {
    const headers = new Headers({ Host: 'a.test' })
    headers.append('Cookie', 'a=1; b=2')
    headers.append('Cookie', 'c=3, 4')
    const { request, received } = fromNative(new Request('http://a.test/', { headers }))
    expect(request?.headers.get('cookie')).toBe('a=1; b=2; c=3, 4')
    expect(received?.lines).toContain('a=1; b=2, c=3, 4')
  })

  test('text in fields becomes a byte string', () => {
    expect(read('http://a.test/', { headers: { 'X-Name': 'caf\u00e9' } })?.headers.get('x-name')).toBe(
      'caf\u00c3\u00a9',
    )
  })

  test('content is the native stream', () => {
    const native = new Request('http://a.test/', { method: 'POST', body: 'abc', headers: { Host: 'a.test' } })
    const { request } = fromNative(native)
    expect(request?.content?.stream()).toBe(native.body)
  })

  test('WebSocket is the only upgrade', () => {
    expect(read('http://a.test/', { headers: { Upgrade: 'WebSocket' } })?.upgrade).toBe('websocket')
    expect(read('http://a.test/', { headers: { Upgrade: 'h2c' } })?.upgrade).toBe(null)
  })
})
