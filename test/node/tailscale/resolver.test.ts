import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { TailscaleResolver } from '../../../adapters/node/tailscale/resolver.ts'
import type { Derived } from '../../../src/compiler/discovery/derived.ts'
import type { WantedCertificate } from '../../../src/plan/tls.ts'
import { certificateOf } from '../../servers/support/acme-proxy.ts'
import { cn, makeCertificate, type TestCertificate } from '../../support/certificates.ts'
import { closed } from '../../support/closed.ts'
import { freePort } from '../../support/free-port.ts'
import { startProxy, type TestProxy } from '../../support/node-proxy.ts'
import { FakeClock } from '../../support/ports.ts'
import { until } from '../../support/until.ts'

const DAY = 24 * 3_600_000
const folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-tailscale-'))
const socket = path.join(folder, 'tailscaled.sock')

/** The daemon, as far as it is asked for certificates. */
let asked: string[]
let answer: (name: string) => { readonly status: number; readonly text: string }
let server: Server | null

const pairOf = ({ cert, key }: TestCertificate): { status: number; text: string } => ({
  status: 200,
  text: `${key}${cert}`,
})
const issue = (name: string, end = new Date('2040-01-01')) =>
  makeCertificate({ subject: cn(name), dns: [name], validity: [new Date('2020-01-01'), end] })

async function startDaemon(): Promise<void> {
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.headers.host} ${request.url}`)
    const { status, text } = answer(decodeURIComponent(request.url!.split('/')[4]!.split('?')[0]!))
    response.writeHead(status).end(text)
  })
  await new Promise<void>((resolve) => server!.listen(socket, resolve))
}

beforeEach(async () => {
  asked = []
  answer = (name) => pairOf(issue(name))
  await startDaemon()
})
afterEach(async () => {
  if (server !== null) await closed(server)
  server = null
})

const wanted = (...names: readonly string[]): readonly WantedCertificate[] =>
  names.map((name) => ({ resolver: 'ts', names: [name], origin: `router r`, isDefault: false }))

const A = 'a.tail1.ts.net'
const B = 'b.tail1.ts.net'

describe('the resolver', () => {
  let clock: FakeClock
  let said: Derived[]
  let resolver: TailscaleResolver
  let running: AbortController
  let task: Promise<void>

  beforeEach(() => {
    clock = new FakeClock()
    said = []
    resolver = new TailscaleResolver({ resolver: 'ts', socket, clock, log: { log: () => undefined } })
    running = new AbortController()
    const sink = { connected: () => undefined, emit: (derive: () => unknown) => void said.push(derive() as Derived) }
    task = resolver.run(sink, running.signal)
  })
  afterEach(async () => {
    running.abort()
    await task
  })

  const last = () => said.at(-1)!
  const count = () => last().config.tls?.certificates?.length ?? 0
  const problems = () => last().problems.map(({ message }) => message)

  test('asks the daemon for each name, and forgets what nobody wants any more', async () => {
    resolver.want(wanted(B, A, B))
    await until(count, (n) => n === 2)
    expect(asked).toEqual([
      `GET local-tailscaled.sock /localapi/v0/cert/${B}?type=pair`,
      `GET local-tailscaled.sock /localapi/v0/cert/${A}?type=pair`,
    ])
    const certificates = last().config.tls!.certificates!
    expect(certificates.map(({ certFile, stores }) => [certFile!.includes('BEGIN CERTIFICATE'), stores])).toEqual([
      [true, ['default']],
      [true, ['default']],
    ])
    resolver.want(wanted(A))
    expect(count()).toBe(1)
    resolver.want(wanted(A))
    expect(asked).toHaveLength(2)
  })

  test('asks again when 14 days are left, hour by hour until there is a new one', async () => {
    const end = new Date(clock.date().getTime() + 90 * DAY)
    answer = (name) => pairOf(issue(name, end))
    resolver.want(wanted(A))
    await until(count, (n) => n === 1)
    clock.advance(75 * DAY)
    expect(asked).toHaveLength(1)
    clock.advance(1.1 * DAY)
    await until(
      () => asked.length,
      (times) => times === 2,
    )
    answer = (name) => pairOf(issue(name))
    await until(
      () => {
        clock.advance(DAY / 24)
        return asked.length
      },
      (times) => times === 3,
    )
    await until(
      () => said.length,
      () =>
        !last().config.tls!.certificates![0]!.certFile!.includes(said.at(-2)!.config.tls!.certificates![0]!.certFile!),
    )
    clock.advance(30 * DAY)
    expect(asked).toHaveLength(3)
  })

  test('says which names are none of Tailscale’s', () => {
    resolver.want(wanted('example.test', '*.tail1.ts.net', 'x.y.tail1.ts.net'))
    expect(problems()).toEqual([
      'Domain example.test is not a valid Tailscale domain',
      'Domain *.tail1.ts.net is not a valid Tailscale domain',
      'Domain x.y.tail1.ts.net is not a valid Tailscale domain',
    ])
    expect(asked).toEqual([])
  })

  test.each([
    ['an error', { status: 500, text: 'no such domain' }, '500 Internal Server Error: no such domain'],
    ['no pair', { status: 200, text: 'hello' }, 'the daemon’s answer has no key and certificate'],
    ['two keys', { status: 200, text: issue(A).key + issue(A).key }, 'a key where certificates should be'],
    ['the key of another', { status: 200, text: issue(A).key + issue(A).cert }, 'don’t belong together'],
  ])('%s fails that name alone, and is asked for again ever more rarely', async (_, given, reason) => {
    answer = (name) => (name === A ? given : pairOf(issue(name)))
    resolver.want(wanted(A, B))
    await until(count, (n) => n === 1)
    expect(problems()).toHaveLength(1)
    expect(problems()[0]).toContain(reason)
    expect(resolver.trouble()!.error).toContain(reason)
    expect(JSON.stringify(last().problems)).not.toContain('PRIVATE')
    clock.advance(61_000)
    await until(
      () => asked.length,
      (times) => times === 3,
    )
    answer = (name) => pairOf(issue(name))
    await until(
      () => {
        clock.advance(60_000)
        return count()
      },
      (n) => n === 2,
    )
    expect(problems()).toEqual([])
    expect(resolver.trouble()).toBeNull()
  })

  test('a daemon that is not there is named, with its socket', async () => {
    await closed(server!)
    server = null
    rmSync(socket, { force: true })
    resolver.want(wanted(A))
    await until(problems, (all) => all.length === 1)
    expect(last().problems[0]!.hint).toContain(socket)
  })
})

test('in a proxy: the certificate is served', async () => {
  vi.stubEnv('TS_SOCKET', socket)
  const port = await freePort()
  const proxy: TestProxy = await startProxy(
    JSON.stringify({
      http: { routers: { a: { rule: `Host(\`${A}\`)`, service: 'noop@internal', tls: { certResolver: 'ts' } } } },
    }),
    [`--entryPoints.websecure.address=127.0.0.1:${port}`, '--certificatesResolvers.ts.tailscale=true'],
  )
  try {
    await until(
      () => certificateOf(port, A),
      ({ subject }) => subject === `CN=${A}`,
    )
    expect(asked).toHaveLength(1)
    expect(proxy.logged.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([])
  } finally {
    await proxy.stop()
    vi.unstubAllEnvs()
  }
})
