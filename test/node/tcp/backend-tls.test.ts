import { createServer, type Server } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { probeBy } from '../../../adapters/node/tcp/probe.ts'
import type { TcpTarget } from '../../../src/engine/streams/tcp/decision.ts'
import type { TcpTransportPlan } from '../../../src/plan/tcp.ts'
import { DEFAULT_SERVER_TLS } from '../../../src/plan/tls.ts'
import { cn, makeCertificate } from '../../support/certificates.ts'
import { TcpRig } from './rig.ts'

const rig = new TcpRig()
const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) server.close()
  await rig.close()
})

const ca = makeCertificate({ subject: cn('ca') ?? [], isAuthority: true })
const identity = 'spiffe://x.test/server'
const own = makeCertificate({ dns: ['server.test'], uri: [identity] }, ca)
const client = makeCertificate({ subject: cn('client') ?? [] }, ca)

/** A TLS server that says PONG; what it saw of the client. */
async function tlsServer(
  wantsClient = false,
): Promise<{ address: string; seen: { name: string | false; client: string }[] }> {
  const seen: { name: string | false; client: string }[] = []
  const server = createServer(
    { cert: own.cert, key: own.key, ca: ca.cert, requestCert: wantsClient, rejectUnauthorized: wantsClient },
    (socket) => {
      socket.on('error', () => undefined)
      const { servername } = socket as { servername?: string | false }
      seen.push({ name: servername ?? false, client: socket.getPeerX509Certificate()?.subject ?? '' })
      socket.write('PONG')
    },
  )
  server.on('tlsClientError', () => undefined)
  servers.push(server)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { address: `127.0.0.1:${address.port}`, seen }
}

function target(address: string, tls: Partial<TcpTransportPlan['tls']> | null): TcpTarget {
  const transport: TcpTransportPlan = {
    error: null,
    dialTimeoutMs: 5000,
    dialKeepAliveMs: 0,
    terminationDelayMs: 0,
    proxyProtocol: 2,
    tls: { ...DEFAULT_SERVER_TLS, ...tls },
  }
  const [host = '', port = ''] = address.split(':')
  return { address, host, port: Number(port), tls: tls !== null, transport }
}

const check = { port: 0, send: '', expect: 'PONG', intervalMs: 1, unhealthyIntervalMs: 1, timeoutMs: 1 }
const never = new AbortController().signal

const sans = (...names: string[]) => names.map((value) => ({ type: 'DNSName', value }) as const)

describe('TLS to a server', () => {
  const roots = { rootCAs: [ca.cert] }
  test.each<[string, Partial<TcpTransportPlan['tls']>, boolean]>([
    ['a name that fits', { ...roots, serverName: 'server.test' }, true],
    ['another name', { ...roots, serverName: 'other.test' }, false],
    ['no name', roots, false],
    ['nobody is trusted', { serverName: 'server.test' }, false],
    ['authorities that can not be read', { serverName: 'server.test', rootCAs: ['/nowhere'] }, false],
    ['no check at all', { insecureSkipVerify: true }, true],
    ['a URI that fits', { ...roots, insecureSkipVerify: true, peerCertURI: identity }, true],
    ['another URI', { ...roots, insecureSkipVerify: true, peerCertURI: `${identity}2` }, false],
    [
      'a name among others',
      { ...roots, insecureSkipVerify: true, peerCertSANs: sans('nope.test', 'server.test') },
      true,
    ],
    ['none of the names', { ...roots, insecureSkipVerify: true, peerCertSANs: sans('nope.test') }, false],
    [
      'names of a certificate that nobody trusts',
      { insecureSkipVerify: true, peerCertSANs: sans('server.test') },
      false,
    ],
    [
      'a URI among the names',
      { ...roots, insecureSkipVerify: true, peerCertSANs: [{ type: 'URI', value: identity }] },
      true,
    ],
    ['a URI of a certificate that nobody trusts', { insecureSkipVerify: true, peerCertURI: identity }, false],
    [
      'a client certificate that can not be read',
      { insecureSkipVerify: true, certificates: [{ certFile: '/nowhere', keyFile: '/nowhere' }] },
      false,
    ],
  ])('%s', async (_, tls, works) => {
    const { address, seen } = await tlsServer()
    const reason = await probeBy(null)(target(address, tls), check, never)
    expect(reason === null).toBe(works)
    if (works) expect(seen[0]?.name).toBe(tls.serverName ?? false)
  })

  test('a client certificate is shown', async () => {
    const { address, seen } = await tlsServer(true)
    const certificates = [{ certFile: client.cert, keyFile: client.key }]
    const tls = { insecureSkipVerify: true, certificates }
    expect(await probeBy(null)(target(address, tls), check, never)).toBeNull()
    expect(seen[0]?.client).toBe('CN=client')
  })
})

describe('health checks', () => {
  test('what is sent and what must come back', async () => {
    const address = await rig.echo()
    const ask = (send: string, expected: string) =>
      probeBy(null)(target(address, null), { ...check, send, expect: expected }, never)
    expect(await ask('PING', 'PING')).toBeNull()
    expect(await ask('PING PONG', 'PING')).toBeNull()
    expect(await ask('PONG', 'PING')).toBe('unexpected health check response')
    expect(await ask('PIN', 'PING')).toBe('unexpected health check response')
    expect(await ask('PING', '')).toBeNull()
    expect(await ask('', '')).toBeNull()
  })

  test('the port of the check', async () => {
    const address = await rig.echo()
    const elsewhere = { ...target(address, null), port: 1 }
    const own = { ...check, send: 'x', expect: 'x' }
    expect(await probeBy(null)(elsewhere, { ...own, port: Number(address.split(':')[1]) }, never)).toBeNull()
    expect(await probeBy(null)(elsewhere, own, never)).toContain('ECONNREFUSED')
  })

  test('a server that closes or stays silent', async () => {
    const closes = await rig.server((socket) => socket.destroy())
    expect(await probeBy(null)(target(closes, null), check, never)).toMatch(/closed by the server|ECONNRESET/)
    const silent = await rig.server(() => undefined)
    const limit = new AbortController()
    const asked = probeBy(null)(target(silent, null), check, limit.signal)
    limit.abort()
    expect(await asked).toBe('timeout')
  })
})
