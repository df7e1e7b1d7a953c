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

test('no value of a field that is named like a secret is shown, and no query of a URL', () => {
  const fields = { Authorization: 'Basic secret', 'X-API-Key': 'secret', 'X-Team': 'shop', Cookie: 'a=secret' }
  const masked = { Authorization: '******', 'X-API-Key': '******', 'X-Team': 'shop', Cookie: '******' }
  const options = {
    headers: { customRequestHeaders: { ...fields, 'X-Token': '' }, customResponseHeaders: { 'Set-Cookie': 'secret' } },
    loadBalancer: {
      servers: [{ url: 'http://a.test/x?token=secret' }],
      healthCheck: { path: '/health?token=secret', headers: fields },
    },
    forwardAuth: { address: 'https://auth.test/?key=secret', addAuthCookiesToResponse: ['session'] },
    errors: { service: 's', query: '/{status}.html?token=secret' },
    respond: { headers: fields, body: 'x' },
    requestHeaderModifier: { set: fields, add: fields, remove: ['Cookie'] },
    redirectRegex: { regex: 'http://(.*)?a=(.*)', replacement: 'https://x?b=$1' },
  }
  expect(visible(options)).toEqual({
    headers: {
      customRequestHeaders: { ...masked, 'X-Token': '' },
      customResponseHeaders: { 'Set-Cookie': '******' },
    },
    loadBalancer: {
      servers: [{ url: 'http://a.test/x?token=******' }],
      healthCheck: { path: '/health?token=******', headers: masked },
    },
    forwardAuth: { address: 'https://auth.test/?key=******', addAuthCookiesToResponse: ['session'] },
    errors: { service: 's', query: '/{status}.html?token=******' },
    respond: { headers: masked, body: 'x' },
    requestHeaderModifier: { set: masked, add: masked, remove: ['Cookie'] },
    redirectRegex: options.redirectRegex,
  })
})

test('of plugins the names are shown, and nothing that they hold', () => {
  expect(visible({ plugin: { crowdsec: { lapi: 'secret', list: ['secret', { deep: 'secret' }], on: true } } })).toEqual(
    {
      plugin: { crowdsec: { lapi: '******', list: ['******', { deep: '******' }], on: '******' } },
    },
  )
})
