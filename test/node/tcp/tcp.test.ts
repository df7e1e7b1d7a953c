import { createHash } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { SSL_REQUEST } from '../../../src/engine/streams/tcp/sniffer.ts'
import { until } from '../../support/until.ts'
import { service, TcpRig } from './rig.ts'

const rig = new TcpRig()
afterEach(() => rig.close())

const any = { rule: 'HostSNI(`*`)', entryPoints: ['e'], service: 's' }

describe('a connection without TLS', () => {
  test('the server may speak first', async () => {
    const banner = await rig.server((socket) => socket.write('220 ready\r\n'))
    const { e } = await rig.proxy({ tcp: { routers: { r: any }, services: { s: service([banner]) } } })
    await (await rig.dial(e)).seen('220 ready')
  })

  test('beside an HTTPS router the client speaks first, and its octets arrive', async () => {
    const echo = await rig.echo()
    const { e } = await rig.proxy({
      http: {
        routers: { h: { rule: 'Host(`h.test`)', entryPoints: ['e'], service: 'x', tls: {} } },
        services: { x: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:1' }] } } },
      },
      tcp: { routers: { r: any }, services: { s: service([echo]) } },
    })
    const wire = await rig.dial(e)
    await wire.send('\0\0').send('\0x').seen('\0\0\0x')
  })

  test.each([
    [['foo', 'http/1.1'], ''],
    [['http/1.0'], '404 page not found'],
    [['http/1.1'], '404 page not found'],
  ])('HTTP is not spoken to who was promised another protocol: %j', async (offers, text) => {
    const { e } = await rig.proxy({
      http: {
        routers: { h: { rule: 'Host(`h.test`)', entryPoints: ['e'], service: 'x', tls: {} } },
        services: { x: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:1' }] } } },
      },
      tls: { options: { default: { alpnProtocols: ['foo', 'http/1.0', 'http/1.1'] } } },
    })
    const wire = await rig.secure(e, { servername: 'h.test', ALPNProtocols: offers })
    await wire.send('GET / HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n').over()
    expect(wire.text.split('\r\n\r\n')[1]?.trim() ?? '').toBe(text)
  })

  test.each([
    ['ECDHE-RSA-AES128-GCM-SHA256', false],
    ['ECDHE-RSA-CHACHA20-POLY1305', false],
    ['ECDHE-RSA-AES256-SHA', true],
    ['AES128-GCM-SHA256', true],
  ])('HTTP/2 over %s is refused: %s', async (ciphers, isRefused) => {
    const suites = [
      'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
      'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305',
      'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA',
      'TLS_RSA_WITH_AES_128_GCM_SHA256',
    ]
    const { e } = await rig.proxy({
      http: {
        routers: { h: { rule: 'Host(`h.test`)', entryPoints: ['e'], service: 'x', tls: {} } },
        services: { x: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:1' }] } } },
      },
      tls: { options: { default: { cipherSuites: suites } } },
    })
    const offers = { servername: 'h.test', ALPNProtocols: ['h2'], maxVersion: 'TLSv1.2', ciphers } as const
    const wire = await rig.secure(e, offers)
    const settings = '\0\0\0\x04\0\0\0\0\0'
    wire.send(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${settings}`)
    if (!isRefused) return void (await wire.seen('\x04\0'))
    await wire.over()
    // GOAWAY with INADEQUATE_SECURITY.
    expect(wire.text).toBe('\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\x0c')
  })

  test('large content in both directions at once', async () => {
    const echo = await rig.echo()
    const { e } = await rig.proxy({ tcp: { routers: { r: any }, services: { s: service([echo]) } } })
    const content = Buffer.alloc(8 * 1024 * 1024)
    for (let at = 0; at < content.length; at += 4) content.writeUInt32LE((at * 2_654_435_761) >>> 0, at)
    const socket = connect({ port: e, host: '127.0.0.1' })
    const seen = createHash('sha256')
    let length = 0
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject)
      socket.on('data', (chunk) => {
        seen.update(chunk)
        length += chunk.length
        if (length === content.length) resolve()
      })
      socket.write(content)
    })
    socket.destroy()
    expect(seen.digest('hex')).toBe(createHash('sha256').update(content).digest('hex'))
  })

  test('a client that does not read holds the server up', async () => {
    let sent = 0
    const flood = await rig.server((socket) => {
      const chunk = Buffer.alloc(64 * 1024)
      const write = () => {
        while (socket.writable && socket.write(chunk)) sent += chunk.length
      }
      socket.on('drain', write)
      write()
    })
    const { e } = await rig.proxy({ tcp: { routers: { r: any }, services: { s: service([flood]) } } })
    const wire = await rig.dial(e)
    wire.socket.pause()
    // Still, once the buffers of kernel and proxy are full.
    let before = -1
    await until(
      () => {
        const still = sent === before && sent > 0
        before = sent
        return still
      },
      (still) => still,
    )
    expect(sent).toBeLessThan(64 * 1024 * 1024)
  })

  test('a server that refuses: the client is closed', async () => {
    const { e } = await rig.proxy({ tcp: { routers: { r: any }, services: { s: service(['127.0.0.1:1']) } } })
    await (await rig.dial(e)).send('x').over()
  })
})

describe('half-close', () => {
  /** Answers once the client has ended. */
  const patient = () =>
    rig.server((socket) => {
      socket.on('data', () => undefined)
      socket.on('end', () => setTimeout(() => socket.end('bye'), 60))
    })

  test.each([
    ['within the termination delay', { st: { terminationDelay: '5s' } }, 'bye'],
    ['without end', { st: { terminationDelay: '-1s' } }, 'bye'],
    ['after it', { st: { terminationDelay: '1ms' } }, ''],
  ])('an answer %s', async (_, serversTransports, expected) => {
    const server = await patient()
    const { e } = await rig.proxy({
      tcp: { routers: { r: any }, services: { s: service([server], { serversTransport: 'st' }) }, serversTransports },
    })
    const wire = await rig.dial(e)
    wire.send('x').socket.end()
    await wire.until(({ closed }) => closed)
    expect(wire.text).toBe(expected)
  })

  test.each([
    ['without a servers transport', {}],
    ['by the old option, in milliseconds', { terminationDelay: 5000 }],
  ])('there is a delay %s', async (_, options) => {
    const server = await rig.server((socket) => {
      socket.on('data', () => undefined)
      // Not in the same turn: the proxy has seen the client's end and could have closed by now.
      socket.on('end', () => setTimeout(() => socket.end('bye'), 10))
    })
    const { e } = await rig.proxy({ tcp: { routers: { r: any }, services: { s: service([server], options) } } })
    const wire = await rig.dial(e)
    wire.send('x').socket.end()
    await wire.until(({ closed }) => closed)
    expect(wire.text).toBe('bye')
  })

  test('the server may end first and still listen', async () => {
    let heard = ''
    const server = await rig.server((socket) => {
      socket.end('hi')
      socket.on('data', (chunk: Buffer) => {
        heard += chunk.toString()
      })
    })
    const { e } = await rig.proxy({
      tcp: {
        routers: { r: any },
        services: { s: service([server], { serversTransport: 'st' }) },
        serversTransports: { st: { terminationDelay: '-1s' } },
      },
    })
    const wire = await rig.dial(e)
    await wire.over()
    wire.send('still here').socket.end()
    await until(
      () => heard,
      (text) => text === 'still here',
    )
    expect(wire.text).toBe('hi')
  })

  test('a client that resets ends the connection to the server', async () => {
    let server: Socket | null = null
    const address = await rig.server((socket) => {
      server = socket
      socket.on('data', () => undefined)
    })
    const { e } = await rig.proxy({ tcp: { routers: { r: any }, services: { s: service([address]) } } })
    const wire = await rig.dial(e)
    wire.send('x')
    await until(
      () => server !== null,
      (there) => there,
    )
    const ended = new Promise<void>((resolve) => server!.once('end', resolve))
    wire.socket.resetAndDestroy()
    await ended
  })
})

describe('TLS', () => {
  test('ends here: the server gets the plain octets, and may speak first', async () => {
    const banner = await rig.server((socket) => {
      socket.write('hello ')
      socket.pipe(socket)
    })
    const { e } = await rig.proxy({
      tcp: { routers: { r: { ...any, rule: 'HostSNI(`a.test`)', tls: {} } }, services: { s: service([banner]) } },
    })
    const wire = await rig.secure(e, { servername: 'A.test' })
    await wire.seen('hello ')
    await wire.send('secret').seen('hello secret')
  })

  test('large content', async () => {
    const echo = await rig.echo()
    const { e } = await rig.proxy({ tcp: { routers: { r: { ...any, tls: {} } }, services: { s: service([echo]) } } })
    const wire = await rig.secure(e, { servername: 'a.test' })
    const text = 'x'.repeat(3_000_000)
    await wire.send(text).until((seen) => seen.text.length >= text.length)
    expect(wire.text === text).toBe(true)
  })

  test('PostgreSQL: S, then TLS, and plain octets for the server', async () => {
    const echo = await rig.echo()
    const { e } = await rig.proxy({ tcp: { routers: { r: { ...any, tls: {} } }, services: { s: service([echo]) } } })
    const wire = await rig.dial(e)
    wire.socket.write(SSL_REQUEST.subarray(0, 3))
    wire.socket.write(SSL_REQUEST.subarray(3))
    await wire.seen('S')
    wire.socket.removeAllListeners('data')
    const secure = await rig.secure(0, { servername: 'a.test' }, wire)
    await secure.send('startup').seen('startup')
  })

  test.each([
    ['nothing that is TLS', 'hello'],
    ['half a ClientHello and the end', '\x16\x03\x01\x00\x20\x01'],
  ])('after S %s: closed', async (_, text) => {
    const { e } = await rig.proxy({
      tcp: { routers: { r: { ...any, tls: {} } }, services: { s: service(['127.0.0.1:1']) } },
    })
    const wire = await rig.dial(e)
    wire.socket.write(SSL_REQUEST)
    await wire.seen('S')
    wire.send(text).socket.end()
    await wire.over()
    expect(wire.text).toBe('S')
  })

  test('a record of garbage is closed without an answer', async () => {
    const { e } = await rig.proxy({})
    const wire = await rig.dial(e)
    await wire.send('\x16\x03\x01\x00\x05hello').over()
    expect(wire.text).toBe('')
  })
})

describe('limits', () => {
  test('who sends nothing is closed after the read timeout, and who got through is not', async () => {
    const echo = await rig.echo()
    const { e, proxy } = await rig.proxy(
      { tcp: { routers: { r: any }, services: { s: service([echo]) } } },
      ['web', 'e'].map((name) => `--entryPoints.${name}.transport.respondingTimeouts.readTimeout=200ms`),
    )
    const tunnel = await rig.dial(e)
    await tunnel.send('1').seen('1')
    const silent = await rig.dial(proxy.port)
    await silent.over()
    await tunnel.send('2').seen('12')
  })

  test('inFlightConn lets the next one in when one has left', async () => {
    const echo = await rig.echo()
    const { e } = await rig.proxy({
      tcp: {
        routers: { r: { ...any, middlewares: ['one'] } },
        services: { s: service([echo]) },
        middlewares: { one: { inFlightConn: { amount: 1 } } },
      },
    })
    const first = await rig.dial(e)
    await first.send('1').seen('1')
    await (await rig.dial(e)).over()
    first.socket.end()
    await first.until(({ closed }) => closed)
    await until(
      async () => {
        const next = await rig.dial(e)
        await next.send('2').until(({ text, ended, closed }) => text !== '' || ended || closed)
        return next.text
      },
      (text) => text === '2',
    )
  })
})

test('a stop waits for open connections, and no longer than the grace time', async () => {
  const echo = await rig.echo()
  const { e, proxy } = await rig.proxy({ tcp: { routers: { r: any }, services: { s: service([echo]) } } }, [
    '--entryPoints.e.transport.lifeCycle.graceTimeOut=300ms',
  ])
  const wire = await rig.dial(e)
  await wire.send('1').seen('1')
  const stopped = proxy.stop()
  await wire.send('2').seen('12')
  await stopped
  await wire.over()
})
