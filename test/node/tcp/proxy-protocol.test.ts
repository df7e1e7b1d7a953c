import { afterEach, describe, expect, test } from 'vitest'
import { service, TcpRig } from './rig.ts'

const rig = new TcpRig()
afterEach(() => rig.close())

const V1 = 'PROXY TCP4 192.0.2.7 198.51.100.1 5555 80\r\n'
const V2 = '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x07\xc6\x33\x64\x01\x15\xb3\0P'
const UNIX = `\r\n\r\n\0\r\nQUIT\n\x21\x31\0\xd8${'a'.repeat(216)}`
const believed = ['--entryPoints.e.proxyProtocol.trustedIPs=127.0.0.0/8']

/** A server that sends back what it gets, with a PROXY header in front of it. */
async function entry(flags: readonly string[] = believed, router: object = {}): Promise<number> {
  const echo = await rig.echo()
  const { e } = await rig.proxy(
    {
      tcp: {
        routers: { r: { rule: 'HostSNI(`*`)', entryPoints: ['e'], service: 's', ...router } },
        services: { s: service([echo], { serversTransport: 'st' }) },
        serversTransports: { st: { proxyProtocol: { version: 1 } } },
      },
    },
    flags,
  )
  return e
}

describe('a header', () => {
  test.each([
    ['version 1', [V1, 'x']],
    ['version 1 with what follows', [`${V1}x`]],
    ['version 1 whose signature is cut', ['PRO', `${V1.slice(3)}x`]],
    ['version 2', [`${V2}x`]],
    ['version 2 in pieces', [V2.slice(0, 5), V2.slice(5, 20), V2.slice(20), 'x']],
  ])('%s is handed on', async (_, parts) => {
    const wire = await rig.dial(await entry())
    for (const part of parts) {
      wire.send(part)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await wire.seen(`${V1}x`)
  })

  test.each([
    ['none', believed, 'x'],
    ['UNKNOWN', believed, 'PROXY UNKNOWN\r\nx'],
    ['LOCAL', believed, '\r\n\r\n\0\r\nQUIT\n\x20\0\0\0x'],
    ['of somebody else', ['--entryPoints.e.proxyProtocol.trustedIPs=10.0.0.1'], `${V1}x`],
    ['of somebody else, with a Unix socket', ['--entryPoints.e.proxyProtocol.trustedIPs=10.0.0.1'], `${UNIX}x`],
  ])('%s: the peer speaks for itself', async (_, flags, text) => {
    const e = await entry(flags)
    const wire = await rig.dial(e)
    const { localPort } = wire.socket
    await wire.send(text).seen(`PROXY TCP4 127.0.0.1 127.0.0.1 ${localPort} ${e}\r\nx`)
  })

  test.each([
    ['a port that is none', V1.replace(' 80', ' 80000')],
    ['a line without its end', 'PROXY TCP4 192.0.2.7 '],
    ['a client without an address, on a Unix socket', UNIX],
    ['version 2 with a bad command', V2.replace('\x21\x11', '\x2f\x11')],
  ])('%s closes the connection', async (_, text) => {
    const wire = await rig.dial(await entry())
    await wire.send(text).over()
    expect(wire.text).toBe('')
  })

  test('comes before TLS', async () => {
    const wire = await rig.dial(await entry(believed, { rule: 'HostSNI(`a.test`)', tls: {} }))
    wire.send(V1)
    const secure = await rig.secure(0, { servername: 'a.test' }, wire)
    await secure.send('x').seen(`${V1}x`)
  })

  test('says who the client is to rules', async () => {
    const e = await entry(believed, { rule: 'ClientIP(`192.0.2.7`)' })
    await (await rig.dial(e)).send(`${V1}x`).seen(`${V1}x`)
    await (await rig.dial(e)).send('GET / HTTP/1.1\r\nHost: h\r\n\r\n').seen('404 page not found')
  })
})

test('where headers are expected, a server that speaks first waits for the read timeout at most', async () => {
  const banner = await rig.server((socket) => socket.write('ready'))
  const { e } = await rig.proxy(
    {
      tcp: {
        routers: { r: { rule: 'HostSNI(`*`)', entryPoints: ['e'], service: 's' } },
        services: { s: service([banner]) },
      },
    },
    [...believed, '--entryPoints.e.transport.respondingTimeouts.readTimeout=200ms'],
  )
  await (await rig.dial(e)).seen('ready')
})
