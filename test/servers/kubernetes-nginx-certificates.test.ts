import http from 'node:http'
import https from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cn, makeCertificate, type TestCertificate } from '../support/certificates.ts'
import { startProxy, type TestProxy } from '../support/node-proxy.ts'
import { until } from '../support/until.ts'
import { ApiServer, type Manifest } from './support/kubernetes.ts'
import { externalName, ingressClass, tlsSecret } from './support/kubernetes-objects.ts'
import { echoServer } from './support/nginx-client.ts'

/** `auth-tls-*` with real clients; the expectations are what Traefik 3.7.15 did with the same Ingresses. */

const PROVIDER = 'kubernetesIngressNGINX'
const OPTION = `--providers.${PROVIDER}`
const DOMAIN = 'nginx.ingress.kubernetes.io/'

const authority = makeCertificate({ subject: cn('Test CA'), isAuthority: true })
const known = makeCertificate({ subject: [['2.5.4.10', 'Shop'], ...cn('jo')] }, authority)
const stranger = makeCertificate({ subject: cn('Stranger') })

const ingress = (
  name: string,
  port: number,
  annotations: Readonly<Record<string, string>>,
  path = '/',
  host = name,
) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: {
    name,
    namespace: 'shop',
    annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [DOMAIN + key, value])),
  },
  spec: {
    ingressClassName: 'nginx',
    tls: [{ secretName: 'server' }],
    rules: [
      {
        host: `${host}.test`,
        http: { paths: [{ path, pathType: 'Prefix', backend: { service: { name: 'echo', port: { number: port } } } }] },
      },
    ],
  },
})

let api: ApiServer
let proxy: TestProxy | null = null
let server: Server

beforeAll(async () => {
  const echo = echoServer('main')
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
  server = echo
  const { port } = echo.address() as AddressInfo
  api = await ApiServer.create()
  await api.start()
  const secret = { 'auth-tls-secret': 'shop/authority', 'ssl-redirect': 'false' }
  const passed = { ...secret, 'auth-tls-pass-certificate-to-upstream': 'true' }
  const manifests: readonly Manifest[] = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    ingressClass('nginx', 'k8s.io/ingress-nginx'),
    tlsSecret('server', makeCertificate({ subject: cn('server'), dns: ['*.test'] })),
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'authority', namespace: 'shop' },
      data: { 'ca.crt': Buffer.from(authority.cert).toString('base64') },
    },
    externalName('echo', 'localhost', port),
    ingress('on', port, { ...passed, 'auth-tls-verify-client': 'on' }),
    ingress('off', port, { ...passed, 'auth-tls-verify-client': 'off' }),
    ingress('optional', port, { ...passed, 'auth-tls-verify-client': 'optional' }),
    ingress('unchecked', port, { ...passed, 'auth-tls-verify-client': 'optional_no_ca' }),
    // Of one age the last name is the first.
    ingress('shared-z', port, secret, '/asks', 'shared'),
    ingress('shared-a', port, { 'ssl-redirect': 'false' }, '/silent', 'shared'),
  ]
  for (const manifest of manifests) await api.apply(manifest)
  const entryPoints = [`${OPTION}.httpEntryPoint=web`, `${OPTION}.httpsEntryPoint=web`]
  proxy = await startProxy('{}', [...api.flags(PROVIDER), ...entryPoints])
  await until(
    () => ask('shared', null),
    (answer) => answer === 'refused',
    60_000,
  )
}, 180_000)
afterAll(async () => {
  await proxy?.stop()
  server?.close()
  await api.stop()
})

/** Fields about the certificate that the server sees; `refused`: there is no connection. */
const ask = (host: string, certificate: TestCertificate | null, { isPlain = false, path = '/', headers = {} } = {}) =>
  new Promise<Readonly<Record<string, unknown>> | 'refused'>((resolve) => {
    const options = {
      ...{
        host: '127.0.0.1',
        port: proxy!.port,
        path,
        agent: false as const,
        headers: { Host: `${host}.test`, ...headers },
      },
      ...(isPlain ? {} : { servername: `${host}.test`, rejectUnauthorized: false }),
      ...(certificate === null ? {} : { cert: certificate.cert, key: certificate.key }),
    }
    const request = (isPlain ? http : https).get(options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', () => resolve('refused'))
      response.on('end', () => {
        const status = response.statusCode
        if (status !== 200) return resolve({ status })
        const told = JSON.parse(Buffer.concat(chunks).toString()) as { headers: Readonly<Record<string, string>> }
        const fields = Object.entries(told.headers).filter(([name]) => name.startsWith('ssl-client-'))
        resolve({ status, ...Object.fromEntries(fields) })
      })
    })
    request.on('error', () => resolve('refused'))
  })

const fieldsOf = (certificate: TestCertificate, verify: string, subject: string, issuer: string) => ({
  status: 200,
  'ssl-client-verify': verify,
  'ssl-client-subject-dn': subject,
  'ssl-client-issuer-dn': issuer,
  'ssl-client-cert': encodeURIComponent(certificate.cert),
})
const OF_KNOWN = fieldsOf(known, 'SUCCESS', 'CN=jo,O=Shop', 'CN=Test CA')
const OF_STRANGER = fieldsOf(
  stranger,
  'FAILED:x509: certificate signed by unknown authority',
  'CN=Stranger',
  'CN=Stranger',
)
const NONE = { status: 200, 'ssl-client-verify': 'NONE' }
const FORGED = { 'ssl-client-verify': 'SUCCESS', 'ssl-client-cert': 'forged', 'ssl-client-subject-dn': 'CN=root' }

describe('certificates of clients', () => {
  test.each([
    ['on', null, 'refused'],
    ['on', known, OF_KNOWN],
    ['on', stranger, 'refused'],
    ['off', null, NONE],
    ['off', known, NONE],
    ['optional', null, NONE],
    ['optional', known, OF_KNOWN],
    ['optional', stranger, 'refused'],
    ['unchecked', null, NONE],
    ['unchecked', known, OF_KNOWN],
    ['unchecked', stranger, OF_STRANGER],
  ] as const)('%s', async (host, certificate, wanted) => {
    expect(await ask(host, certificate)).toEqual(wanted)
    expect(await ask(host, certificate, { headers: FORGED })).toEqual(wanted)
  })

  test('over plain connections nobody tells of one', async () => {
    expect(await ask('on', null, { isPlain: true, headers: FORGED })).toEqual({ status: 200 })
  })

  test('are asked for on the whole host', async () => {
    expect(await ask('shared', null, { path: '/silent' })).toBe('refused')
    expect(await ask('shared', known, { path: '/silent' })).toEqual({ status: 200 })
  })
})
