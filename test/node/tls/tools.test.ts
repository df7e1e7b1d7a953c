import { execFile, execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cn, makeCertificate } from '../../support/certificates.ts'
import { startProxy, startServer, type TestProxy } from '../../support/node-proxy.ts'
import { until } from '../../support/until.ts'

/** A whole proxy, asked by clients that others wrote. They have to be there: a machine without them can't vouch for TLS. */
function need(tool: string, args: readonly string[], feature: RegExp): void {
  let text = ''
  try {
    text = execFileSync(tool, args).toString()
  } catch {
    // Said below.
  }
  if (!feature.test(text)) throw new Error(`these tests need ${tool} with ${String(feature)}; install it`)
}

const run = (tool: string, args: readonly string[], input = ''): Promise<string> =>
  new Promise((resolve) => {
    const child = execFile(tool, args, { timeout: 10_000 }, (_, stdout, stderr) => resolve(stdout + stderr))
    child.stdin?.end(input)
  })

const ca = makeCertificate({ subject: cn('ca'), isAuthority: true })
const server = makeCertificate({ subject: cn('server'), dns: ['*.x.test'] }, ca)
const renewed = makeCertificate({ subject: cn('renewed'), dns: ['*.x.test'] }, ca)
const client = makeCertificate({ subject: cn('client') }, ca)

let backend: Awaited<ReturnType<typeof startServer>>
let proxy: TestProxy
const file = (name: string) => path.join(proxy.dir, name)

const routing = () =>
  JSON.stringify({
    http: {
      routers: {
        open: { rule: 'Host(`open.x.test`)', service: 'app', tls: {} },
        closed: { rule: 'Host(`closed.x.test`)', service: 'app', tls: { options: 'mutual' } },
        plain: { rule: 'Host(`plain.test`)', service: 'app' },
      },
      services: { app: { loadBalancer: { servers: [{ url: backend.url }] } } },
    },
    tls: {
      certificates: [{ certFile: file('server.pem'), keyFile: file('server.key') }],
      options: { mutual: { clientAuth: { caFiles: [file('ca.pem')] } } },
    },
  })

beforeAll(async () => {
  need('curl', ['--version'], /HTTP2/)
  need('openssl', ['version'], /OpenSSL [3-9]/)
  backend = await startServer((asked, answer) => {
    const chunks: Buffer[] = []
    asked.on('data', (chunk: Buffer) => chunks.push(chunk))
    asked.on('end', () => answer.end(`${asked.method} ${asked.headers.host} ${Buffer.concat(chunks).length}`))
  })
  proxy = await startProxy('http: {}')
  for (const [name, { cert, key }] of Object.entries({ ca, server, client })) {
    writeFileSync(file(`${name}.pem`), cert)
    writeFileSync(file(`${name}.key`), key)
  }
  proxy.write(routing())
  await until(
    () => curl('https', 'open'),
    (text) => text.startsWith('200'),
  )
})

afterAll(async () => {
  await proxy.stop()
  await backend.close()
})

/** Version and status, then the content. */
function curl(scheme: string, host: string, ...more: string[]): Promise<string> {
  const name = scheme === 'https' ? `${host}.x.test` : `${host}.test`
  return run('curl', [
    ...['-sS', '--max-time', '8', '--cacert', file('ca.pem'), '-w', '\n%{http_version}'],
    ...['--connect-to', `${name}:${scheme === 'https' ? 443 : 80}:127.0.0.1:${proxy.port}`],
    ...['-o', '-', '-H', 'Accept-Encoding: identity', '-D', file('head.txt'), ...more],
    `${scheme}://${name}/`,
  ]).then((text) => {
    const [content = '', version = ''] = text.split('\n').slice(-2)
    return /^[0-9.]+$/.test(version) && version !== '0' ? `200 ${version} ${content}` : `failed: ${text}`
  })
}

describe('curl', () => {
  test.each<[string, string, string, string[], string]>([
    ['HTTP/2 over TLS', 'https', 'open', ['--http2'], '200 2 GET open.x.test 0'],
    ['HTTP/1.1 over TLS', 'https', 'open', ['--http1.1'], '200 1.1 GET open.x.test 0'],
    ['HTTP/2 by prior knowledge', 'http', 'plain', ['--http2-prior-knowledge'], '200 2 GET plain.test 0'],
    ['no upgrade to h2c', 'http', 'plain', ['--http2'], '200 1.1 GET plain.test 0'],
    ['TLS 1.2', 'https', 'open', ['--tls-max', '1.2'], '200 2 GET open.x.test 0'],
  ])('%s', async (_, scheme, host, more, answer) => expect(await curl(scheme, host, ...more)).toBe(answer))

  test('content', async () => {
    writeFileSync(file('content'), Buffer.alloc(500_000))
    const send = ['--data-binary', `@${file('content')}`]
    expect(await curl('https', 'open', '--http2', ...send)).toBe('200 2 POST open.x.test 500000')
    expect(await curl('http', 'plain', '--http2-prior-knowledge', ...send)).toBe('200 2 POST plain.test 500000')
  })

  test('client certificates', async () => {
    const shown = ['--cert', file('client.pem'), '--key', file('client.key')]
    expect(await curl('https', 'closed', ...shown)).toBe('200 2 GET closed.x.test 0')
    expect(await curl('https', 'closed')).toMatch(/^failed/)
    await curl('https', 'open', '-H', 'Host: closed.x.test')
    expect(readFileSync(file('head.txt'), 'utf8')).toMatch(/^HTTP\/2 421/)
  })

  test('a certificate that was renewed counts with the next event of the routing file', async () => {
    const shown = () =>
      run('openssl', ['s_client', '-connect', `127.0.0.1:${proxy.port}`, '-servername', 'open.x.test'])
    expect(await shown()).toContain('CN = server')
    writeFileSync(file('server.pem'), renewed.cert)
    writeFileSync(file('server.key'), renewed.key)
    proxy.write(routing())
    await until(shown, (text) => text.includes('CN = renewed'))
    expect(await curl('https', 'open')).toBe('200 2 GET open.x.test 0')
  })
})

describe('openssl', () => {
  const connect = (host: string, ...more: string[]) =>
    run('openssl', ['s_client', '-connect', `127.0.0.1:${proxy.port}`, '-servername', host, ...more], '')

  test('alerts and protocols', async () => {
    expect(await connect('open.x.test', '-alpn', 'http/1.1,h2')).toContain('ALPN protocol: h2')
    expect(await connect('open.x.test', '-alpn', 'foo')).toContain('SSL alert number 120')
    expect(await connect('open.x.test', '-tls1_1', '-cipher', 'DEFAULT@SECLEVEL=0')).toContain('SSL alert number 70')
  })

  test('a session of one host opens none of another with other options', async () => {
    const session = file('session.pem')
    await connect('open.x.test', '-tls1_2', '-sess_out', session)
    expect(await connect('open.x.test', '-tls1_2', '-sess_in', session)).toContain('Reused, TLSv1.2')
    expect(await connect('closed.x.test', '-tls1_2', '-sess_in', session)).not.toContain('Reused')
  })
})
