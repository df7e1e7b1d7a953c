import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import type { ClientCertificate } from '../../src/http/request-context.ts'
import { passTLSClientCertElement } from '../../src/middlewares/pass-tls-client-cert/pass-tls-client-cert.schema.ts'
import { passTLSClientCert } from '../../src/middlewares/pass-tls-client-cert/pass-tls-client-cert.ts'
import { buildMiddleware, exchange, TestContext } from '../support/middleware.ts'

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
