import { createServer as createHttps } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { createServer as createTls, type Server, type TLSSocket } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cn, makeCertificate, type TestCertificate } from '../../../support/certificates.ts'
import { freePort } from '../../../support/free-port.ts'
import { startProxy, type TestProxy } from '../../../support/node-proxy.ts'
import { until } from '../../../support/until.ts'
import { messageOf, ScriptedWorkloadApi, TrustDomain } from '../../../support/workload-api.ts'

const own = new TrustDomain('own.test')
const other = new TrustDomain('other.test')
const stranger = new TrustDomain('own.test')
const proxyId = own.id('/proxy')

let api: ScriptedWorkloadApi
const ends: (() => Promise<void>)[] = []

beforeEach(async () => {
  api = await new ScriptedWorkloadApi().start()
  api.give({ id: proxyId, svid: own.issue('/proxy'), domain: own })
})
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
  await api.stop()
})

const idOf = (socket: TLSSocket): string => socket.getPeerCertificate().subjectaltname ?? ''

/** A server that shows a certificate and says who has asked. */
async function serve(certificate: TestCertificate, more: readonly TestCertificate[] = []): Promise<string> {
  const cert = [certificate, ...more].map(({ cert }) => cert).join('')
  const options = { cert, key: certificate.key, ca: own.authority.cert, requestCert: true, rejectUnauthorized: true }
  const server = createHttps(options, (request, response) => {
    // The next request comes on a connection of its own.
    response.setHeader('connection', 'close')
    response.end(idOf(request.socket as TLSSocket))
  })
  return `https://127.0.0.1:${await listening(server)}`
}

async function listening(server: Server): Promise<number> {
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(() => new Promise((resolve) => void server.close(() => resolve())))
  return (server.address() as AddressInfo).port
}

async function start(url: string, spiffe: object, flags?: readonly string[], more: object = {}): Promise<TestProxy> {
  const proxy = await startProxy(
    JSON.stringify({
      http: {
        routers: { a: { rule: 'PathPrefix(`/`)', service: 'a' } },
        services: { a: { loadBalancer: { servers: [{ url }], serversTransport: 't' } } },
        serversTransports: { t: { spiffe, ...more } },
      },
    }),
    flags ?? [`--spiffe.workloadAPIAddr=${api.address}`],
  )
  ends.push(() => proxy.stop())
  return proxy
}

/** Status and content of an answer; the connection is not kept. */
const ask = async ({ url }: TestProxy): Promise<string> => {
  const response = await fetch(url, { headers: { connection: 'close' } })
  return `${response.status} ${await response.text()}`
}

/** What comes on a connection until it ends. */
async function readAll(port: number): Promise<string> {
  let text = ''
  for await (const chunk of connect(port, '127.0.0.1')) text += String(chunk)
  return text
}

const accepted = `200 URI:${proxyId}`
const ERROR = '500 Internal Server Error'
const messages = ({ logged }: TestProxy) => logged.map(({ message }) => message)

describe('who is accepted', () => {
  test.each<[string, object]>([
    ['one of the identities', { ids: [own.id('/x'), own.id('/shop')] }],
    ['identities go over a trust domain', { ids: [own.id('/shop')], trustDomain: 'nowhere.test' }],
    ['any of a trust domain', { trustDomain: 'own.test' }],
    ['a trust domain by its identity', { trustDomain: 'spiffe://own.test' }],
    ['any that can be verified', {}],
  ])('%s', async (_, spiffe) => {
    expect(await ask(await start(await serve(own.issue('/shop')), spiffe))).toBe(accepted)
  })

  test('of a domain that is federated, by its own authority', async () => {
    api.give({ id: proxyId, svid: own.issue('/proxy'), domain: own, federated: [other] })
    const url = await serve(other.issue('/shop'))
    expect(await ask(await start(url, { ids: [other.id('/shop')] }))).toBe(accepted)
  })

  test('by an authority in between, on either side', async () => {
    const between = makeCertificate({ subject: cn('between'), isAuthority: true }, own.authority)
    const svid = makeCertificate({ subject: cn('proxy'), uri: [proxyId] }, between)
    api.give({ id: proxyId, svid, between: [between], domain: own })
    const shop = makeCertificate({ subject: cn('shop'), uri: [own.id('/shop')] }, between)
    expect(await ask(await start(await serve(shop, [between]), {}))).toBe(accepted)
  })
})

describe('who is refused', () => {
  test.each<[string, TestCertificate, object]>([
    ['another identity', own.issue('/other'), { ids: [own.id('/shop')] }],
    ['another case of it', own.issue('/Shop'), { ids: [own.id('/shop')] }],
    ['another trust domain', own.issue('/shop'), { trustDomain: 'other.test' }],
    ['a domain whose authorities nobody has given', other.issue('/shop'), {}],
    ['an authority that only calls itself so', stranger.issue('/shop'), {}],
    ['no URI', makeCertificate({ subject: cn('a'), dns: ['localhost'], ip: [[127, 0, 0, 1]] }, own.authority), {}],
    ['two URIs', own.issue('/shop', [own.id('/shop'), own.id('/two')]), {}],
    ['a URI of another kind beside it', own.issue('/shop', [own.id('/shop'), 'urn:shop']), {}],
    ['a URI that is no identity', own.issue('/shop', ['https://own.test/shop']), {}],
    ['an authority', makeCertificate({ uri: [own.id('/shop')], isAuthority: true }, own.authority), {}],
  ])('%s', async (_, certificate, spiffe) => {
    expect(await ask(await start(await serve(certificate), spiffe))).toBe(ERROR)
  })

  test('an identity of one domain that the authority of another, which is trusted too, has signed', async () => {
    api.give({ id: proxyId, svid: own.issue('/proxy'), domain: own, federated: [other] })
    const forged = makeCertificate({ subject: cn('forged'), uri: [own.id('/shop')] }, other.authority)
    expect(await ask(await start(await serve(forged), {}))).toBe(ERROR)
    expect(await ask(await start(await serve(forged), { ids: [own.id('/shop'), other.id('/x')] }))).toBe(ERROR)
  })
})

describe('the workload API', () => {
  test('a new identity counts for the next connection', async () => {
    const proxy = await start(await serve(own.issue('/shop')), {})
    expect(await ask(proxy)).toBe(accepted)
    api.give({ id: own.id('/renewed'), svid: own.issue('/renewed'), domain: own })
    await until(
      () => ask(proxy),
      (text) => text === `200 URI:${own.id('/renewed')}`,
    )
  })

  test('that is lost leaves what it has said, and is asked again', async () => {
    const proxy = await start(await serve(own.issue('/shop')), {})
    await api.lose()
    await until(
      () => messages(proxy),
      (all) => all.includes('The SPIFFE workload API is not available'),
    )
    expect(await ask(proxy)).toBe(accepted)
    await api.start()
    api.give({ id: own.id('/later'), svid: own.issue('/later'), domain: own })
    await until(
      () => ask(proxy),
      (text) => text === `200 URI:${own.id('/later')}`,
    )
  })

  test('that says what can’t be used leaves what it has said', async () => {
    const proxy = await start(await serve(own.issue('/shop')), {})
    const good = messageOf({ id: proxyId, svid: own.issue('/proxy'), domain: own })
    for (const message of [
      Buffer.alloc(0),
      Buffer.from('garbage'),
      good.subarray(0, good.length / 2),
      messageOf({ id: 'nonsense', svid: own.issue('/proxy'), domain: own }),
      messageOf({ id: proxyId, svid: { ...own.issue('/proxy'), cert: own.issue('/other').cert }, domain: own }),
    ]) {
      const complaints = () => messages(proxy).filter((text) => text.includes('is not available')).length
      const before = complaints()
      api.send(message)
      await until(complaints, (count) => count > before)
      expect(await ask(proxy)).toBe(accepted)
      const said = messages(proxy).length
      // What is good again ends the complaint.
      api.send(good)
      await until(
        () => messages(proxy).length,
        (count) => count > said,
      )
    }
    expect(JSON.stringify(proxy.logged)).not.toContain('PRIVATE')
  })

  test('is waited for at the start', async () => {
    api.refuse(7)
    const starting = start(await serve(own.issue('/shop')), {})
    await until(
      () => api.calls.length,
      (calls) => calls > 0,
    )
    api.refuse(null)
    expect(await ask(await starting)).toBe(accepted)
    expect(new Set(api.calls)).toEqual(new Set(['/SpiffeWorkloadAPI/FetchX509SVID']))
  })

  test('that is not there holds up nobody for ever, and fails those alone who need it', async () => {
    await api.lose()
    const proxy = await start(await serve(own.issue('/shop')), {})
    expect(await ask(proxy)).toBe(ERROR)
  }, 30_000)

  test('without the option a transport that needs an identity is refused', async () => {
    const proxy = await start(await serve(own.issue('/shop')), {}, [])
    expect((await ask(proxy)).slice(0, 3)).toBe('404')
    expect(messages(proxy).join('\n')).toContain('SPIFFE is enabled for this transport, but not configured')
  })

  test('other options of TLS beside it are an error', async () => {
    const proxy = await start(await serve(own.issue('/shop')), { ids: [] }, undefined, { serverName: 'x' })
    expect((await ask(proxy)).slice(0, 3)).toBe('404')
    expect(messages(proxy).join('\n')).toContain('TLS and SPIFFE configuration cannot be defined at the same time')
  })
})

test('servers of TCP likewise', async () => {
  const certificate = own.issue('/db')
  const port = await listening(
    createTls({ cert: certificate.cert, key: certificate.key, ca: own.authority.cert, requestCert: true }, (socket) =>
      socket.end(idOf(socket)),
    ),
  )
  const [tcp, refused] = [await freePort(), await freePort()]
  const service = (transport: string) => ({
    loadBalancer: { servers: [{ address: `127.0.0.1:${port}`, tls: true }], serversTransport: transport },
  })
  const proxy = await startProxy(
    JSON.stringify({
      tcp: {
        routers: {
          a: { rule: 'HostSNI(`*`)', entryPoints: ['tcp'], service: 'a' },
          b: { rule: 'HostSNI(`*`)', entryPoints: ['refused'], service: 'b' },
        },
        services: { a: service('a'), b: service('b') },
        serversTransports: {
          a: { tls: { spiffe: { ids: [own.id('/db')] } } },
          b: { tls: { spiffe: { ids: [own.id('/other')] } } },
        },
      },
    }),
    [
      `--spiffe.workloadAPIAddr=${api.address}`,
      `--entryPoints.tcp.address=127.0.0.1:${tcp}`,
      `--entryPoints.refused.address=127.0.0.1:${refused}`,
    ],
  )
  ends.push(() => proxy.stop())
  expect(await readAll(tcp)).toBe(`URI:${proxyId}`)
  expect(await readAll(refused)).toBe('')
})
