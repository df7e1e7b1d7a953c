import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import tls from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { CertificateResolvers } from '../../../adapters/node/acme/resolvers.ts'
import { runtimeClock } from '../../../adapters/web/clock.ts'
import { freePort } from '../../support/free-port.ts'
import { installOf } from '../../support/install.ts'
import { startProxy } from '../../support/node-proxy.ts'
import { until } from '../../support/until.ts'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

function resolversOf(certificatesResolvers: object) {
  const logged: string[] = []
  const resolvers = new CertificateResolvers(
    installOf({ entryPoints: { s: { address: ':1' } }, certificatesResolvers }),
    {
      clock: runtimeClock,
      log: { log: (_, message) => void logged.push(message) },
      random: Math.random,
      env: {},
      namesInForce: () => [],
      countFailure: () => undefined,
    },
  )
  ends.push(() => resolvers.close())
  return { resolvers, logged }
}

const folder = () => mkdtempSync(path.join(os.tmpdir(), 'signalbox-acme-'))

describe('the resolvers of an install configuration', () => {
  test('are providers of their names; a file that several of them name is one', () => {
    const storage = path.join(folder(), 'acme.json')
    const { resolvers, logged } = resolversOf({
      a: { acme: { storage, tlsChallenge: {} } },
      b: { acme: { storage, keyType: 'DSA', httpChallenge: { entryPoint: 's' } } },
      t: { tailscale: {} },
    })
    expect(resolvers.providers.map(({ name }) => name)).toEqual(['a.acme', 'b.acme'])
    expect(resolvers.http).not.toBeNull()
    expect(logged).toEqual(['Unable to determine the key type value "DSA": falling back on RSA4096.'])
    expect(existsSync(storage)).toBe(false)
  })

  test('without HTTP-01 there is nothing that answers it', () => {
    expect(resolversOf({ a: { acme: { tlsChallenge: {} } } }).resolvers.http).toBeNull()
  })

  test.each<[object, string]>([
    [{ certificatesDuration: 0 }, 'cannot manage certificates with duration lower than 1 hour'],
    [{ clientTimeout: '10s' }, 'clientTimeout must be at least clientResponseHeaderTimeout'],
    [{ caCertificates: ['/nowhere/ca.pem'] }, 'the authority’s certificate can’t be read: ENOENT'],
    [{ storage: 'redis://' }, 'the storage is no address of a Redis'],
    [{ storage: 'redis://:secret-word@/1' }, 'the storage is no address of a Redis'],
  ])('one that can’t work is left out, with the reason: %j', async (acme, reason) => {
    const { resolvers } = resolversOf({ a: { acme: { tlsChallenge: {}, ...acme } }, b: { acme: { tlsChallenge: {} } } })
    const [left, good] = resolvers.providers
    expect([left?.name, good?.name]).toEqual(['a.acme', 'b.acme'])
    const sink = { connected: () => undefined, emit: () => undefined }
    const error = await left!.run(sink, new AbortController().signal).catch((cause: unknown) => String(cause))
    expect(error).toContain(reason)
    expect(error).not.toContain('secret-word')
  })
})

describe('checks by TLS-ALPN-01 and routers of TCP', () => {
  const routing = (port: number) => `
tcp:
  routers: {all: {rule: "HostSNI(\`*\`)", service: s, entryPoints: [secure], tls: {passthrough: true}}}
  services: {s: {loadBalancer: {servers: [{address: "127.0.0.1:${port}"}]}}}
`
  /** How a check ends: the alert of the proxy, or what is behind it. */
  const check = (port: number) =>
    new Promise<string>((resolve) => {
      const socket = tls.connect({ port, host: '127.0.0.1', servername: 'a.test', ALPNProtocols: ['acme-tls/1'] })
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      socket.once('close', () => resolve('closed'))
    })

  test.each([false, true])('come before them, unless the entry point lets them pass: %s', async (isPassed) => {
    let reached = 0
    const sockets = new Set<Socket>()
    const behind = createServer((socket) => {
      reached++
      sockets.add(socket)
      socket.destroy()
    })
    await new Promise<void>((listening) => behind.listen(0, '127.0.0.1', listening))
    ends.push(() => new Promise((done) => behind.close(() => done())))
    const address = behind.address()
    const [port, file] = [await freePort(), path.join(folder(), 'acme.json')]
    writeFileSync(file, '', { mode: 0o600 })
    const proxy = await startProxy(routing(typeof address === 'object' && address !== null ? address.port : 0), [
      `--entryPoints.secure.address=127.0.0.1:${port}`,
      `--entryPoints.secure.allowACMEByPass=${isPassed}`,
      '--certificatesResolvers.le.acme.tlsChallenge=true',
      `--certificatesResolvers.le.acme.storage=${file}`,
    ])
    ends.push(() => proxy.stop())
    const outcome = await check(port)
    if (isPassed) {
      await until(
        () => reached,
        (count) => count === 1,
      )
    } else {
      expect(outcome).toBe('ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR')
      expect(reached).toBe(0)
    }
  })
})
