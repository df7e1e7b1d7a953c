import { expect, test } from 'vitest'
import { visible } from '../../../src/compiler/planning/definition.ts'

test('zero values are left out, pointers and blocks whose presence means something stay', () => {
  expect(
    visible({ a: 0, b: '', c: false, d: [], passHostHeader: false, tls: {}, e: { f: 0 }, statusRewrites: {}, g: 'x' }),
  ).toEqual({
    passHostHeader: false,
    tls: {},
    e: {},
    g: 'x',
  })
})

test('zero values that mean something where they stand', () => {
  const options = {
    headers: { customRequestHeaders: { 'X-A': '' }, sslRedirect: false },
    retry: { attempts: 0, maxRequestBodyBytes: 0 },
    buffering: { maxRequestBodyBytes: 0 },
    errors: { statusRewrites: { 503: 0 } },
    forwardAuth: { maxResponseBodySize: 0 },
  }
  expect(visible(options)).toEqual({ ...options, retry: { maxRequestBodyBytes: 0 }, buffering: {} })
})

test('no secret is shown', () => {
  const shown = visible({
    basicAuth: { users: ['joe:$2y$05$secret', 'ann:{SHA}secret='] },
    digestAuth: { users: ['joe:realm:secret'] },
    redis: { endpoints: ['r:6379'], username: 'u', password: 'secret' },
    tls: { key: '-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----', cert: 'cert.pem' },
    servers: [{ url: 'http://user:secret@a.test/x@y' }],
  })
  expect(JSON.stringify(shown)).not.toContain('secret')
  expect(shown).toMatchObject({
    basicAuth: { users: ['joe:******', 'ann:******'] },
    digestAuth: { users: ['joe:realm:******'] },
    servers: [{ url: 'http://******@a.test/x@y' }],
  })
})
