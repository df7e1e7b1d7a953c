import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { type Backend, file, text as prose, sha256, startBackend } from './backend.ts'
import { Authority } from './certificates.ts'
import { PeerRig } from './rig.ts'

const md5 = (text: string) => createHash('md5').update(text).digest('hex')
const rig = new PeerRig()
let backend: Backend
const ports = { web: 0, secure: 0, proxied: 0 }
let upload: string
let trust: readonly string[]

beforeAll(async () => {
  backend = await startBackend()
  const authority = await Authority.make(rig)
  trust = ['--cacert', authority.certFile]
  upload = rig.file('upload', file)
  ports.secure = await freePort()
  ports.proxied = await freePort()
  const apr1 = await rig.output('openssl', ['passwd', '-apr1', 'pass'])
  const proxy = await rig.proxy(
    {
      http: {
        routers: {
          web: { entryPoints: ['web'], rule: 'PathPrefix(`/`)', service: 'backend' },
          proxied: { entryPoints: ['proxied'], rule: 'PathPrefix(`/`)', service: 'backend' },
          small: { rule: 'Host(`small.test`)', service: 'backend', middlewares: ['compress'] },
          digest: { rule: 'Host(`digest.test`)', service: 'backend', middlewares: ['digest'] },
          basic: { rule: 'Host(`basic.test`)', service: 'backend', middlewares: ['basic'] },
          secure: { entryPoints: ['secure'], rule: 'Host(`site.test`)', service: 'backend', tls: {} },
        },
        middlewares: {
          compress: { compress: {} },
          digest: { digestAuth: { users: [`user:traefik:${md5('user:traefik:pass')}`] } },
          basic: { basicAuth: { users: [`user:${apr1}`] } },
        },
        services: { backend: { loadBalancer: { servers: [{ url: backend.url }] } } },
      },
      tls: { certificates: [await authority.issue('site.test')] },
    },
    [
      `--entryPoints.secure.address=127.0.0.1:${ports.secure}`,
      `--entryPoints.proxied.address=127.0.0.1:${ports.proxied}`,
      '--entryPoints.proxied.proxyProtocol.trustedIPs=127.0.0.1',
    ],
  )
  ports.web = proxy.port
})

afterAll(async () => {
  await rig.close()
  backend.close()
})

/** The certificate is checked: `--insecure` is nowhere. */
const curl = (at: keyof typeof ports, target: string, args: readonly string[]) => {
  const url = `${at === 'secure' ? 'https' : 'http'}://site.test:${ports[at]}${target}`
  const resolve = ['--noproxy', '*', '--resolve', `site.test:${ports[at]}:127.0.0.1`]
  return rig.run('curl', ['--silent', '--show-error', '--max-time', '50', ...resolve, ...trust, ...args, url])
}

const ways: readonly [string, 'web' | 'secure', string, string, string][] = [
  ['HTTP/1.1', 'web', '--http1.1', '1.1', 'hello http'],
  ['HTTP/1.0', 'web', '--http1.0', '1', 'hello http'],
  ['HTTP/2 by prior knowledge', 'web', '--http2-prior-knowledge', '2', 'hello http'],
  ['an upgrade to HTTP/2 is not taken', 'web', '--http2', '1.1', 'hello http'],
  ['HTTP/1.1 over TLS', 'secure', '--http1.1', '1.1', 'hello https'],
  ['HTTP/2 over TLS, by ALPN', 'secure', '--http2', '2', 'hello https'],
]

describe.each(ways)('curl, %s', (_, at, way, version, greeting) => {
  test('a request and its version', async () => {
    const { text } = await curl(at, '/', [way, '--write-out', ' %{http_code} %{http_version}'])
    expect(text).toBe(`${greeting} 200 ${version}`)
  })

  test('two transfers on one connection', async () => {
    const counted = ['--output', '/dev/null', '--write-out', '%{num_connects} ']
    const { text } = await curl(at, '/[1-2]', [way, ...counted])
    expect(text).toBe(version === '1' ? '1 1 ' : '1 0 ')
  })

  test('ten megabytes down', async () => {
    const { out, errors } = await curl(at, '/file', [way])
    expect(errors).toBe('')
    expect(sha256(out)).toBe(sha256(file))
  })

  test('ten megabytes up', async () => {
    const { text, errors } = await curl(at, '/hash', [way, '--header', 'Expect:', '--upload-file', upload])
    expect(errors).toBe('')
    expect(text).toBe(sha256(file))
  })

  test('HEAD', async () => {
    const { text } = await curl(at, '/', [way, '--head'])
    expect(text).toMatch(/^HTTP\/\S+ 200.*\r\n/)
    expect(text.toLowerCase()).toContain('x-method: head')
  })
})

test.each(ways.filter(([, , , version]) => version !== '1'))(
  'curl, %s: ten megabytes up, without a length',
  async (_, at, way) => {
    const { text } = await curl(at, '/hash', [way, '-H', 'Expect:', '-H', 'Transfer-Encoding: chunked', '-T', upload])
    expect(text).toBe(sha256(file))
  },
)

describe.each([
  ['in clear', 'web'],
  ['over TLS', 'secure'],
] as const)('curl with Expect: 100-continue, %s', (_, at) => {
  const patient = ['--http1.1', '-v', '-H', 'Expect: 100-continue', '--expect100-timeout', '40']

  test('leave is given and the content arrives', async () => {
    const { text, errors } = await curl(at, '/hash', [...patient, '--upload-file', upload])
    expect(errors).toContain('HTTP/1.1 100 Continue')
    expect(text).toBe(sha256(file))
  })

  test('a router that does not exist: no content is asked for', async () => {
    const nowhere = ['-H', 'Host: nowhere.test']
    const { text, errors } = await curl('secure', '/', [...patient, ...nowhere, '--upload-file', upload])
    expect(errors).not.toContain('100 Continue')
    expect(text).toBe('404 page not found\n')
  })

  test('the server refuses', async () => {
    const { text } = await curl(at, '/refuse', [...patient, '--write-out', ' %{http_code}', '--upload-file', upload])
    expect(text).toBe('refused 417')
  })
})

describe('curl and middlewares', () => {
  test.each(['gzip', 'br', 'zstd'])('compress: %s', async (coding) => {
    const wanted = ['--compressed', '-H', 'Host: small.test', '-H', `Accept-Encoding: ${coding}`]
    const { text } = await curl('web', '/text', [...wanted, '--dump-header', '-'])
    const [head = '', content] = text.split('\r\n\r\n')
    expect(head.toLowerCase()).toContain(`content-encoding: ${coding}`)
    expect(content).toBe(prose)
  })

  test.each([
    ['digest', 'user:pass', '200'],
    ['digest', 'user:wrong', '401'],
    ['basic', 'user:pass', '200'],
    ['basic', 'user:wrong', '401'],
  ])('%sAuth with %s: %s', async (scheme, user, status) => {
    const wanted = [`--${scheme}`, '--user', user, '-H', `Host: ${scheme}.test`, '-T', upload, '-o', '/dev/null']
    const { text } = await curl('web', '/hash', [...wanted, '--write-out', '%{http_code}'])
    expect(text).toBe(status)
  })
})

test.each(['--http1.1', '--http2-prior-knowledge'])('curl with a PROXY header, %s', async (way) => {
  const { text } = await curl('proxied', '/from', ['--haproxy-protocol', way])
  expect(text).toBe('127.0.0.1')
})
