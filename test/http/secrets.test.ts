import { describe, expect, test } from 'vitest'
import { maskUrl } from '../../src/http/masked-url.ts'
import { isSecretName, maskSecrets } from '../../src/http/secrets.ts'

test.each([
  'Authorization',
  'proxy-authorization',
  'Cookie',
  'Set-Cookie',
  'X-Api-Key',
  'apikey',
  'ACCESS_TOKEN',
  'clientSecret',
  'password',
  'passwd',
  'X-Password',
])('%s names a secret', (name) => {
  expect(isSecretName(name)).toBe(true)
})

test.each(['X-Forwarded-For', 'Host', 'Accept', 'service', 'provider', 'X-Auth-User'])('%s does not', (name) => {
  expect(isSecretName(name)).toBe(false)
})

describe('what URLs carry is masked', () => {
  test.each([
    ['http://joe:pw@a.test/x@y', 'http://******@a.test/x@y'],
    [
      'error at "http://a.test/x?token=s3cret&b=1": refused',
      'error at "http://a.test/x?token=******&b=******": refused',
    ],
    ['redis://:s3cret@a, redis://u:s3cret@b', 'redis://******@a, redis://******@b'],
    ['https?://a.test/(.*)?', 'https?://a.test/(.*)?'],
    ['GET /x?token=s3cret', 'GET /x?token=s3cret'],
  ])('%s', (text, wanted) => {
    expect(maskSecrets(text)).toBe(wanted)
  })

  test.each([
    ['http://a.test/x?s3cret', 'http://a.test/x?******'],
    ['http://u:p@a.test/?a=b&s3cret#f', 'http://******@a.test/?a=******&******#f'],
    ['/health?token=s3cret', '/health?token=******'],
    ['/{status}.html?code={status}&t=s3cret', '/{status}.html?code={status}&t=******'],
    ['http://a.test/?a=b=c==&d=&e', 'http://a.test/?a=******&******&******'],
    ['http://a.test', 'http://a.test'],
  ])('the whole query of %s', (url, wanted) => {
    expect(maskUrl(url)).toBe(wanted)
  })
})

test('a hostile text takes no time', () => {
  const started = performance.now()
  for (const text of ['://', 'a://b?', 'x?', 'a=', '://@']) maskSecrets(`http://${text.repeat(100_000)}`)
  expect(performance.now() - started).toBeLessThan(1_000)
})
