import { X509Certificate } from 'node:crypto'
import { connect as connectTcp, createServer } from 'node:net'
import { type ConnectionOptions, connect } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { loadPair } from '../../../adapters/node/tls/certificate-store.ts'
import type { ClientCertificate } from '../../../src/http/request-context.ts'
import type { TlsPlan } from '../../../src/plan/tls.ts'
import { cn, makeCertificate } from '../../support/certificates.ts'
import { until } from '../../support/until.ts'
import { plan, TlsRig } from './rig.ts'

const ca = makeCertificate({ subject: cn('ca'), isAuthority: true })
const otherCa = makeCertificate({ subject: cn('other ca'), isAuthority: true })
const server = makeCertificate({ subject: cn('server'), dns: ['*.a.test'] }, ca)
const second = makeCertificate({ subject: cn('second'), dns: ['x.a.test'] }, ca)
const client = makeCertificate({ subject: cn('client') }, ca)
const stranger = makeCertificate({ subject: cn('stranger') }, otherCa)

const pair = ({ cert, key }: { cert: string; key: string }) => ({ certFile: cert, keyFile: key })

const alert = (name: string) => `ERR_SSL_${name}`

const rigs: TlsRig[] = []
async function serve(tls: TlsPlan): Promise<TlsRig> {
  const rig = new TlsRig()
  rigs.push(rig)
  return await rig.start(tls)
}
afterEach(() => {
  for (const rig of rigs.splice(0)) rig.close()
})

describe('certificates', () => {
  test('by server name, else the generated one', async () => {
    const rig = await serve(plan({ x: {}, y: {} }, { certificates: [pair(server), pair(second)] }))
    expect(await rig.ask({ servername: 'x.a.test' })).toMatchObject({ cn: 'second', text: 'hello' })
    expect(await rig.ask({ servername: 'y.a.test' })).toMatchObject({ cn: 'server' })
    expect(await rig.ask({ servername: 'y.b.test' })).toMatchObject({ cn: 'TRAEFIK DEFAULT CERT' })
    expect(await rig.ask()).toMatchObject({ cn: 'TRAEFIK DEFAULT CERT' })
  })

  test('the default one of the store, and one for an address', async () => {
    const local = makeCertificate({ subject: cn('local'), ip: [[127, 0, 0, 1]] })
    const rig = await serve(plan({ y: {} }, { certificates: [pair(local)], defaultCertificate: pair(second) }))
    expect(await rig.ask({ servername: 'y.b.test' })).toMatchObject({ cn: 'second' })
    expect(await rig.ask()).toMatchObject({ cn: 'local' })
    rig.cameTo = '192.0.2.1'
    expect(await rig.ask()).toMatchObject({ cn: 'second' })
  })

  test('what can not be read is left out, with a word in the log', async () => {
    const broken = [
      { certFile: '/nowhere/cert.pem', keyFile: '/nowhere/key.pem' },
      { certFile: server.cert, keyFile: second.key },
      { certFile: 'text', keyFile: 'text' },
    ]
    const rig = await serve(
      plan({ x: {} }, { certificates: [...broken, pair(second)], defaultCertificate: broken[0]! }),
    )
    expect(await rig.ask({ servername: 'x.a.test' })).toMatchObject({ cn: 'second' })
    // A default certificate that was given is not replaced by one that nobody asked for.
    expect(await rig.ask({ servername: 'x.b.test' })).toBe('ECONNRESET')
    expect(rig.logged).toEqual(Array(4).fill('Unable to append certificate to store'))
  })

  test('a reload counts for the next connection and leaves open ones alone', async () => {
    const rig = await serve(plan({ x: {} }, { certificates: [pair(server)] }))
    let release = () => {}
    rig.onSecured((socket) => {
      release = () => socket.end('late')
    })
    const open = rig.ask({ servername: 'x.a.test' })
    while (rig.infos.length === 0) await new Promise((resolve) => setImmediate(resolve))
    rig.terminator.replace(plan({ x: { minVersion: 'TLSv1.3' } }, { certificates: [pair(second)] }))
    rig.onSecured((socket) => socket.end('new'))
    expect(await rig.ask({ servername: 'x.a.test' })).toMatchObject({ cn: 'second', text: 'new' })
    release()
    expect(await open).toMatchObject({ cn: 'server', text: 'late' })
  })
})

describe('options', () => {
  test.each<[string, Parameters<typeof plan>[0], ConnectionOptions, unknown]>([
    [
      'TLS 1.2 to a set from 1.3 on',
      { x: { minVersion: 'TLSv1.3' } },
      { maxVersion: 'TLSv1.2' },
      alert('TLSV1_ALERT_PROTOCOL_VERSION'),
    ],
    ['a set up to 1.2', { x: { maxVersion: 'TLSv1.2' } }, {}, { protocol: 'TLSv1.2' }],
    [
      'TLS 1.0 to a set from 1.0 on',
      { x: { minVersion: 'TLSv1', cipherSuites: ['ECDHE-ECDSA-AES128-SHA'] } },
      { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' },
      { protocol: 'TLSv1' },
    ],
    [
      'a suite that is not in the set',
      { x: { cipherSuites: ['ECDHE-ECDSA-AES256-GCM-SHA384'] } },
      { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' },
      alert('SSL/TLS_ALERT_HANDSHAKE_FAILURE'),
    ],
    [
      'no suite of TLS 1.2 at all',
      { x: { cipherSuites: [] } },
      { maxVersion: 'TLSv1.2' },
      alert('TLSV1_ALERT_PROTOCOL_VERSION'),
    ],
    ['TLS 1.3 without suites', { x: { cipherSuites: [] } }, {}, { protocol: 'TLSv1.3' }],
    [
      'a group that is not in the set',
      { x: { groups: ['P-384'] } },
      { ecdhCurve: 'P-256' },
      alert('SSL/TLS_ALERT_HANDSHAKE_FAILURE'),
    ],
    ['a group of the set', { x: { groups: ['P-384', 'P-521'] } }, { ecdhCurve: 'P-521' }, { protocol: 'TLSv1.3' }],
    ['a hybrid group', { x: { groups: ['X25519MLKEM768'] } }, { ecdhCurve: 'X25519MLKEM768' }, { protocol: 'TLSv1.3' }],
    [
      'a group for which the client has sent a share, though others would do',
      { x: {} },
      { ecdhCurve: 'P-384:X25519' },
      { group: 'secp384r1' },
    ],
    [
      'a group of a set for which the client has sent a share',
      { x: { groups: ['X25519', 'P-521'] } },
      { ecdhCurve: 'P-521:X25519' },
      { group: 'secp521r1' },
    ],
    [
      'a hybrid group, though it takes another round trip',
      { x: {} },
      { ecdhCurve: 'X25519:X25519MLKEM768' },
      { group: 'X25519MLKEM768' },
    ],
    [
      'the suite that the server likes best',
      { x: {} },
      { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256' },
      { cipher: 'ECDHE-ECDSA-AES128-GCM-SHA256' },
    ],
    [
      'ChaCha20 for a client that likes it best',
      { x: { cipherSuites: ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305'] } },
      { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256' },
      { cipher: 'ECDHE-ECDSA-CHACHA20-POLY1305' },
    ],
    ['ALPN in the order of the server', { x: {} }, { ALPNProtocols: ['http/1.1', 'h2'] }, { alpn: 'h2' }],
    ['no ALPN of the client', { x: {} }, {}, { alpn: false }],
    [
      'HTTP/1.1 to a set with h2 alone',
      { x: { alpnProtocols: ['h2'] } },
      { ALPNProtocols: ['http/1.1'] },
      { alpn: false },
    ],
    [
      'no common protocol',
      { x: { alpnProtocols: ['http/1.1'] } },
      { ALPNProtocols: ['h2'] },
      alert('TLSV1_ALERT_NO_APPLICATION_PROTOCOL'),
    ],
    [
      'the challenge of an authority',
      { x: {} },
      { ALPNProtocols: ['acme-tls/1'] },
      alert('TLSV1_ALERT_INTERNAL_ERROR'),
    ],
    ['a name without a certificate, strictly', { x: { sniStrict: true } }, {}, alert('TLSV1_UNRECOGNIZED_NAME')],
    ['options that are not there', {}, {}, 'ECONNRESET'],
  ])('%s', async (what, sets, ask, outcome) => {
    const certificates = what.includes('strictly') ? [] : [pair(second)]
    const rig = await serve(plan(sets, { certificates }))
    const seen = await rig.ask({ servername: 'x.a.test', ...ask })
    if (typeof outcome === 'string') expect(seen).toBe(outcome)
    else expect(seen).toMatchObject(outcome as object)
  })

  test('options that OpenSSL does not take close the connection and nothing else', async () => {
    const rig = await serve(plan({ x: { cipherSuites: ['NOPE'] } }))
    expect(await rig.ask({ servername: 'x.a.test' })).toBe('ECONNRESET')
    expect(rig.logged).toContain('Unable to begin a TLS handshake')
    expect(await rig.ask()).toMatchObject({ text: 'hello' })
  })

  test('authorities that are none admit nobody', async () => {
    const clientCAs = ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n']
    const rig = await serve(plan({ x: { clientCAs, clientAuth: 'RequireAndVerifyClientCert' } }))
    const good = { cert: client.cert, key: client.key }
    expect(typeof (await rig.ask({ servername: 'x.a.test', ...good }))).toBe('string')
  })
})

describe('client certificates', () => {
  const none = {}
  const good = { cert: client.cert, key: client.key }
  const bad = { cert: stranger.cert, key: stranger.key }
  const modes = [
    ['NoClientCert', [none, good, bad], []],
    ['RequestClientCert', [none, good, bad], []],
    ['RequireAnyClientCert', [good, bad], [none]],
    ['VerifyClientCertIfGiven', [none, good], [bad]],
    ['RequireAndVerifyClientCert', [good], [none, bad]],
  ] as const
  const versions = ['TLSv1.2', 'TLSv1.3'] as const

  test.each(modes.flatMap((mode) => versions.map((version) => [...mode, version] as const)))(
    '%s (%#)',
    async (clientAuth, admitted, refused, version) => {
      const clientCAs = clientAuth.includes('Verify') ? [ca.cert] : []
      const rig = await serve(plan({ x: { clientAuth, clientCAs } }, { certificates: [pair(second)] }))
      const ask = (more: object) => rig.ask({ servername: 'x.a.test', maxVersion: version, ...more })
      for (const more of admitted) expect(await ask(more)).toMatchObject({ text: 'hello', protocol: version })
      for (const more of refused) expect(typeof (await ask(more))).toBe('string')
    },
  )

  test('what the client showed is there for those who ask', async () => {
    const rig = await serve(plan({ x: { clientAuth: 'RequestClientCert' } }))
    const shown: (readonly ClientCertificate[])[] = []
    const subjects: (string | null)[] = []
    rig.onSecured((socket) => {
      const info = rig.infos.at(-1)!
      shown.push(info.certificates())
      subjects.push(info.clientSubject!())
      socket.end('hello')
    })
    await rig.ask({ servername: 'x.a.test', cert: client.cert + ca.cert, key: client.key })
    await rig.ask({ servername: 'x.a.test' })
    expect(rig.infos[0]).toMatchObject({ serverName: 'x.a.test', options: 'x', version: 'TLSv1.3' })
    expect(shown[0]).toMatchObject([
      { subject: [['CN', 'client']], issuer: [['CN', 'ca']] },
      { subject: [['CN', 'ca']], issuer: [['CN', 'ca']] },
    ])
    expect(shown[0]![0]!.der).toEqual(new X509Certificate(client.cert).raw)
    expect(shown[1]).toEqual([])
    expect(subjects).toEqual(['CN=client', null])
  })
})

describe('sessions', () => {
  async function resume(rig: TlsRig, from: string, to: string, version: 'TLSv1.2' | 'TLSv1.3', more: object = {}) {
    const sessions: Buffer[] = []
    const first = await rig.ask({ servername: from, maxVersion: version, ...more }, (session) => sessions.push(session))
    expect(first).toMatchObject({ reused: false })
    const session = sessions.at(-1)
    return await rig.ask({
      servername: to,
      maxVersion: version,
      ...(session === undefined ? {} : { session }),
      ...more,
    })
  }

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('%s: a ticket opens a session of the same set only', async (version) => {
    const rig = await serve(plan({ x: {}, y: {}, z: { sessionTickets: false } }, { certificates: [pair(server)] }))
    expect(await resume(rig, 'x.a.test', 'x.a.test', version)).toMatchObject({ reused: true, text: 'hello' })
    expect(await resume(rig, 'x.a.test', 'y.a.test', version)).toMatchObject({ reused: false, text: 'hello' })
    expect(await resume(rig, 'z.a.test', 'z.a.test', version)).toMatchObject({ reused: false, text: 'hello' })
  })

  test('with client certificates a ticket does not carry past the check', async () => {
    const sets = {
      x: { clientAuth: 'RequestClientCert' },
      y: { clientAuth: 'RequireAndVerifyClientCert', clientCAs: [ca.cert] },
    } as const
    const rig = await serve(plan(sets, { certificates: [pair(server)] }))
    const bad = { cert: stranger.cert, key: stranger.key }
    expect(typeof (await resume(rig, 'x.a.test', 'y.a.test', 'TLSv1.3', bad))).toBe('string')
    const good = { cert: client.cert, key: client.key }
    expect(await resume(rig, 'y.a.test', 'y.a.test', 'TLSv1.3', good)).toMatchObject({ reused: true, text: 'hello' })
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    '%s: a certificate that has expired since opens no session',
    async (maxVersion) => {
      const end = new Date(Math.ceil(Date.now() / 1000) * 1000 + 1000)
      const brief = makeCertificate({ subject: cn('brief'), validity: [new Date('2020-01-01T00:00:00Z'), end] }, ca)
      const set = { clientAuth: 'RequireAndVerifyClientCert', clientCAs: [ca.cert] } as const
      const rig = await serve(plan({ x: set }, { certificates: [pair(server)] }))
      const sessions: Buffer[] = []
      const ask = { servername: 'x.a.test', maxVersion, cert: brief.cert, key: brief.key }
      expect(await rig.ask(ask, (session) => sessions.push(session))).toMatchObject({ text: 'hello' })
      const again = { ...ask, session: sessions.at(-1)! }
      expect(await rig.ask(again, (session) => sessions.push(session))).toMatchObject({ reused: true, text: 'hello' })
      await until(Date.now, (now) => now > end.getTime() + 100)
      expect(typeof (await rig.ask({ ...ask, session: sessions.at(-1)! }))).toBe('string')
    },
  )

  test('a set that changed forgets its sessions, one that did not keeps them', async () => {
    const rig = await serve(plan({ x: {}, y: {} }, { certificates: [pair(server)] }))
    const sessions: Buffer[] = []
    await rig.ask({ servername: 'x.a.test' }, (session) => sessions.push(session))
    const session = sessions.at(-1)!
    rig.terminator.replace(plan({ x: {}, y: { sniStrict: true } }, { certificates: [pair(server)] }))
    expect(await rig.ask({ servername: 'x.a.test', session })).toMatchObject({ reused: true })
    rig.terminator.replace(plan({ x: { maxVersion: 'TLSv1.3', groups: ['X25519'] } }, { certificates: [pair(server)] }))
    expect(await rig.ask({ servername: 'x.a.test', session })).toMatchObject({ reused: false, text: 'hello' })
  })
})

test('garbage after a ClientHello ends its connection alone', async () => {
  const rig = await serve(plan())
  const hello = await helloOf()
  await new Promise<void>((resolve) => {
    const garbage = Buffer.concat([hello, Buffer.alloc(300, 0xff)])
    const socket = connectTcp(rig.port, '127.0.0.1', () => socket.write(garbage))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve())
    socket.resume()
  })
  expect(await rig.ask()).toMatchObject({ text: 'hello' })
})

/** The octets of a real ClientHello. */
function helloOf(): Promise<Buffer> {
  return new Promise((resolve) => {
    const listener = createServer((socket) => {
      socket.once('data', (chunk: Buffer) => {
        resolve(chunk)
        socket.destroy()
        listener.close()
      })
    })
    listener.listen(0, '127.0.0.1', () => {
      const address = listener.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      connect({ port, host: '127.0.0.1' }).on('error', () => undefined)
    })
  })
}

describe('certificates that somebody else brings', () => {
  const loaded = (name: string) => loadPair(makeCertificate({ dns: [name], subject: cn(name) }))

  test('for the check of an authority: its certificate, its protocol, and nothing else', async () => {
    const rig = await serve(plan({ x: {} }))
    rig.terminator.use({
      challenge: async (name) => (name === 'x.a.test' ? loaded('challenge.test') : null),
      onDemand: () => null,
    })
    let served = false
    rig.onSecured(() => {
      served = true
    })
    const seen = await new Promise<unknown>((resolve, reject) => {
      const socket = connect(
        {
          port: rig.port,
          host: '127.0.0.1',
          servername: 'X.a.test',
          ALPNProtocols: ['acme-tls/1'],
          rejectUnauthorized: false,
        },
        () => {
          const facts = [socket.alpnProtocol, socket.getPeerCertificate().subject.CN]
          socket.resume().once('end', () => resolve(facts))
        },
      )
      socket.once('error', reject)
    })
    expect(seen).toEqual(['acme-tls/1', 'challenge.test'])
    expect(served).toBe(false)
    rig.onSecured((socket) => socket.end('hello'))
    expect(await rig.ask({ servername: 'x.b.test', ALPNProtocols: ['acme-tls/1'] })).toBe(
      alert('TLSV1_ALERT_INTERNAL_ERROR'),
    )
    expect(await rig.ask({ servername: 'x.a.test' })).toMatchObject({ text: 'hello' })
  })

  test('on demand: for names without one, before the default one and before the refusal of a strict set', async () => {
    const rig = await serve(plan({ x: {}, strict: { sniStrict: true } }, { certificates: [pair(second)] }))
    const asked: string[] = []
    rig.terminator.use({
      challenge: async () => null,
      onDemand: (name) => {
        asked.push(name)
        if (name.endsWith('no.test')) return Promise.resolve(null)
        return name.endsWith('yes.test') ? Promise.resolve(loaded(name)) : null
      },
    })
    expect(await rig.ask({ servername: 'x.yes.test' })).toMatchObject({ cn: 'x.yes.test' })
    expect(await rig.ask({ servername: 'strict.yes.test' })).toMatchObject({ cn: 'strict.yes.test' })
    expect(await rig.ask({ servername: 'strict.no.test' })).toBe(alert('TLSV1_UNRECOGNIZED_NAME'))
    expect(await rig.ask({ servername: 'x.no.test' })).toMatchObject({ cn: 'TRAEFIK DEFAULT CERT' })
    expect(await rig.ask({ servername: 'x.other.test' })).toMatchObject({ cn: 'TRAEFIK DEFAULT CERT' })
    expect(asked).toEqual(['x.yes.test', 'strict.yes.test', 'strict.no.test', 'x.no.test', 'x.other.test'])
  })
})

describe('a default certificate by its names', () => {
  test('is the one that has all of them, once it is there', async () => {
    const one = makeCertificate({ dns: ['d.test', 'e.test', 'f.test'], subject: cn('d.test') })
    const rig = await serve(plan({ nobody: {} }, { defaultNames: ['d.test', 'e.test'] }))
    expect(await rig.ask({ servername: 'nobody.test' })).toMatchObject({ cn: 'TRAEFIK DEFAULT CERT' })
    rig.terminator.replace(plan({ nobody: {} }, { defaultNames: ['d.test', 'e.test'], certificates: [pair(one)] }))
    expect(await rig.ask({ servername: 'nobody.test' })).toMatchObject({ cn: 'd.test' })
  })
})

describe('who leaves', () => {
  /** A client that is gone as soon as it has what the server says first: its own last message never leaves. */
  const leave = (port: number, maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<void> =>
    new Promise((resolve) => {
      const options = { servername: 'x.a.test', rejectUnauthorized: false, maxVersion }
      const socket = connect(port, '127.0.0.1', options, () => {
        socket.destroy()
        resolve()
      })
      socket.on('error', () => resolve())
    })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('in the middle of a handshake is let go at once: %s', async (version) => {
    const rig = await serve(plan({ x: {} }, { certificates: [pair(server)] }))
    for (let i = 0; i < 20; i++) await leave(rig.port, version)
    await until(
      () => rig.open,
      (open) => open === 0,
      2_000,
    )
  })

  test('ends its side after the handshake and still gets what is sent', async () => {
    const rig = await serve(plan({ x: {} }, { certificates: [pair(server)] }))
    rig.onSecured((socket) => {
      socket.on('end', () => socket.end('late'))
      socket.resume()
    })
    const options = { servername: 'x.a.test', rejectUnauthorized: false, allowHalfOpen: true }
    const socket = connect(rig.port, '127.0.0.1', options)
    socket.once('secureConnect', () => socket.end())
    let text = ''
    for await (const chunk of socket) text += String(chunk)
    expect(text).toBe('late')
  })
})
