import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import type { ClientCertificate } from '../../src/http/request-context.ts'
import {
  requestHeaderModifierElement,
  responseHeaderModifierElement,
} from '../../src/middlewares/header-modifier/header-modifier.schema.ts'
import { requestHeaderModifier, responseHeaderModifier } from '../../src/middlewares/header-modifier/header-modifier.ts'
import { passTLSClientCertElement } from '../../src/middlewares/pass-tls-client-cert/pass-tls-client-cert.schema.ts'
import { passTLSClientCert } from '../../src/middlewares/pass-tls-client-cert/pass-tls-client-cert.ts'
import { requestRedirectElement } from '../../src/middlewares/request-redirect/request-redirect.schema.ts'
import { requestRedirect } from '../../src/middlewares/request-redirect/request-redirect.ts'
import { URLRewriteElement } from '../../src/middlewares/url-rewrite/url-rewrite.schema.ts'
import { URLRewrite } from '../../src/middlewares/url-rewrite/url-rewrite.ts'
import { buildMiddleware, exchange, prepareErrorOf, type RequestSketch, TestContext } from '../support/middleware.ts'

const certificate: ClientCertificate = {
  der: Uint8Array.of(1, 2, 255),
  subject: [
    ['C', 'DE'],
    ['O', 'Own'],
    ['O', 'Örtlich'],
    ['OU', 'Unit'],
    ['CN', 'first'],
    ['CN', 'client'],
    ['serialNumber', 'S1'],
    ['DC', 'org'],
  ],
  issuer: [
    ['O', 'CA'],
    ['CN', 'Root'],
  ],
  serialNumber: '12345678901234567890',
  notBefore: new Date(1_000_000),
  notAfter: new Date(2_000_999),
  alternativeNames: ['a.example', 'a@example', '::1'],
}

describe('passTLSClientCert', () => {
  type Options = z.input<typeof passTLSClientCertElement.schema>
  const run = async (options: Options, certificates: readonly ClientCertificate[]) => {
    const tls = { version: 'TLSv1.3', cipher: 'x', serverName: null, options: null, certificates: () => certificates }
    const middleware = buildMiddleware(passTLSClientCertElement, passTLSClientCert, options)
    const sketch = { headers: ['X-Forwarded-Tls-Client-Cert', 'trusted'] }
    return (await exchange(middleware, sketch, {}, new TestContext({ tls }))).seen!.headers
  }
  const info = async (options: Options['info'], certificates = [certificate]) =>
    decodeURIComponent(
      (await run({ info: options }, certificates)).get('x-forwarded-tls-client-cert-info')!.replaceAll('+', ' '),
    )

  test('the certificates', async () => {
    const headers = await run({ pem: true }, [certificate, { ...certificate, der: Uint8Array.of(0) }])
    expect(headers.lines).toEqual(['X-Forwarded-Tls-Client-Cert', 'AQL/,AA=='])
  })

  test('everything about them, in order', async () => {
    const name = {
      country: true,
      province: true,
      locality: true,
      organization: true,
      commonName: true,
      serialNumber: true,
      domainComponent: true,
    }
    const all = {
      notAfter: true,
      notBefore: true,
      sans: true,
      serialNumber: true,
      subject: { ...name, organizationalUnit: true },
      issuer: name,
    }
    expect(await info(all)).toBe(
      'Subject="DC=org,C=DE,O=Own,O=Örtlich,OU=Unit,SN=S1,CN=client";Issuer="O=CA,CN=Root";SerialNumber="12345678901234567890";NB="1000";NA="2000";SAN="a.example,a@example,::1"',
    )
  })

  test('parts of several', async () => {
    expect(await info({ subject: { province: true }, issuer: { commonName: true } }, [certificate, certificate])).toBe(
      'Issuer="CN=Root",Issuer="CN=Root"',
    )
    expect(await info({})).toBe('')
  })

  test('escaped as a query', async () => {
    const headers = await run({ info: { subject: { organization: true } } }, [certificate])
    expect(headers.get('x-forwarded-tls-client-cert-info')).toBe('Subject%3D%22O%3DOwn%2CO%3D%C3%96rtlich%22')
  })

  test('does nothing without certificates', async () => {
    expect((await run({ pem: true, info: { sans: true } }, [])).lines).toEqual([
      'X-Forwarded-Tls-Client-Cert',
      'trusted',
    ])
    const { seen } = await exchange(buildMiddleware(passTLSClientCertElement, passTLSClientCert, { pem: true }))
    expect(seen!.headers.lines).toEqual([])
  })
})

describe('header modifiers', () => {
  const options = { set: { 'x-a': '1', Host: 'other' }, add: { 'X-B': '2' }, remove: ['x-c'] }

  test('of requests', async () => {
    const middleware = buildMiddleware(requestHeaderModifierElement, requestHeaderModifier, options)
    const { seen } = await exchange(middleware, { headers: ['X-A', '0', 'X-B', '0', 'X-C', '0'] })
    expect([seen!.authority, seen!.headers.lines]).toEqual(['other', ['X-A', '1', 'X-B', '0', 'X-B', '2']])
  })

  test('of responses', async () => {
    const middleware = buildMiddleware(responseHeaderModifierElement, responseHeaderModifier, options)
    const { seen, response } = await exchange(middleware, {}, { headers: ['X-C', '0', 'X-A', '0'] })
    expect([seen!.authority, response.headers.lines]).toEqual(['host.example', ['X-A', '1', 'X-B', '2']])
  })

  test('refuse what is no field', () => {
    expect(prepareErrorOf(requestHeaderModifierElement, { set: { 'a b': 'c' } })).toMatch(/invalid header field name/)
    expect(prepareErrorOf(requestHeaderModifierElement, { add: { a: 'b\r\nc: d' } })).toMatch(
      /invalid header field value/,
    )
  })
})

describe('requestRedirect', () => {
  type Options = z.input<typeof requestRedirectElement.schema>
  test.each<[Options, RequestSketch, number, string]>([
    [{}, { host: 'h:80', target: '/a%2Fb?x=1' }, 302, 'http://h:80/a%2Fb?x=1'],
    [
      { scheme: 'https', hostname: 'other', port: '8443', statusCode: 301 },
      { host: 'h', target: '/a' },
      301,
      'https://other:8443/a',
    ],
    [{ hostname: 'other' }, { host: 'h:81', target: '/a' }, 302, 'http://other:81/a'],
    [{ port: '' }, { host: '[::1]:81', scheme: 'https', target: '/' }, 302, 'https://[::1]/'],
    [{ path: '/new path' }, { host: 'h', target: '/a?x=1' }, 302, 'http://h/new%20path?x=1'],
    [{ path: '/new', pathPrefix: '/old' }, { host: 'h', target: '/old/a/' }, 302, 'http://h/new/a/'],
    [{ path: '/', pathPrefix: '/old' }, { host: 'h', target: '/old' }, 302, 'http://h/'],
    [{ path: '/new', pathPrefix: '/old' }, { host: 'h', target: '/old//../a' }, 302, 'http://h/a'],
  ])('%o of %o', async (options, sketch, status, location) => {
    const { response, seen } = await exchange(buildMiddleware(requestRedirectElement, requestRedirect, options), sketch)
    expect([response.status, response.headers.lines, seen]).toEqual([status, ['Location', location], null])
  })

  test('a status that is none', () => {
    expect(prepareErrorOf(requestRedirectElement, { statusCode: 200 })).toBe('unsupported status code: 200')
  })
})

describe('URLRewrite', () => {
  test.each<[z.input<typeof URLRewriteElement.schema>, string, string, string]>([
    [{ hostname: 'other' }, '/a%2Fb?x', 'other', '/a%2Fb?x'],
    [{ path: '/new' }, '/a?x', 'host.example', '/new?x'],
    [{ path: '/new', pathPrefix: '/a' }, '/a/b/', 'host.example', '/new/b/'],
    [{ path: '/', pathPrefix: '/a' }, '/a/b%20c', 'host.example', '/b%20c'],
  ])('%o of %s', async (options, target, host, rewritten) => {
    const { seen } = await exchange(buildMiddleware(URLRewriteElement, URLRewrite, options), { target })
    expect([seen!.authority, seen!.target]).toEqual([host, rewritten])
  })

  test('refuses what can not be sent', () => {
    expect(prepareErrorOf(URLRewriteElement, { hostname: 'a b' })).toMatch(/invalid hostname/)
    expect(prepareErrorOf(URLRewriteElement, { path: '/a\nb' })).toMatch(/control character/)
  })
})
