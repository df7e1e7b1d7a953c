import { describe, expect, test } from 'vitest'
import type { DynamicConfig } from '../../../src/compiler/dynamic/dynamic.ts'
import { readDynamicText } from '../../../src/compiler/dynamic/read.ts'
import { compile } from '../../../src/compiler/planning/compile.ts'
import { HealthTable } from '../../../src/engine/health/table.ts'
import type { Plan, Target } from '../../../src/plan/plan.ts'
import { DEFAULT_SERVER_TLS } from '../../../src/plan/tls.ts'
import { link } from '../../../src/runtime/linking/linker.ts'
import { loadAllKinds } from '../../../src/runtime/load-kinds.ts'
import { Operator } from '../../../src/runtime/operator.ts'
import { installOf } from '../../support/install.ts'
import { fakePorts } from '../../support/ports.ts'

const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'

function planOf(dynamic: unknown, options: { strict?: boolean; target?: Target } = {}): Plan {
  const { value, problems } = readDynamicText(JSON.stringify(dynamic), 'json', null)
  if (value === null) throw new Error(JSON.stringify(problems))
  const { strict = false, target = 'node' } = options
  return compile(new Map<string, DynamicConfig>([['file', value]]), {
    install: installOf({
      entryPoints: { s: { address: ':1' } },
      ...(strict ? { core: { strictTLSOptions: true } } : {}),
    }),
    target,
    readFile(path) {
      if (path === '/ca.pem') return PEM
      throw new Error(`open ${path}: no such file or directory`)
    },
  })
}

const router = (rule: string, options?: string) => ({
  rule,
  service: 'a',
  tls: options === undefined ? {} : { options },
})
const services = { a: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:1' }] } } }

describe('sets of options', () => {
  const errorOf = (set: unknown): string | undefined =>
    planOf({ http: { routers: { r: router('Host(`h`)', 'o') }, services }, tls: { options: { o: set } } }).routers[
      'r@file'
    ]!.errors[0]

  test.each([
    [{ cipherSuites: ['NOPE'] }, 'building router handler: building TLS config: invalid CipherSuite: NOPE'],
    [
      { curvePreferences: ['NOPE'] },
      'building router handler: building TLS config: invalid CurveID in curvePreferences: NOPE',
    ],
    [
      { clientAuth: { caFiles: ['/nowhere'] } },
      'building router handler: building TLS config: invalid certificate(s) content',
    ],
    [
      { clientAuth: { caFiles: ['text'], clientAuthType: 'NoClientCert' } },
      'building router handler: building TLS config: invalid certificate(s) content',
    ],
    [
      { clientAuth: { clientAuthType: 'Foo' } },
      'building router handler: building TLS config: unknown client auth type "Foo"',
    ],
    [
      { clientAuth: { clientAuthType: 'VerifyClientCertIfGiven' } },
      'building router handler: building TLS config: invalid clientAuthType: VerifyClientCertIfGiven, CAFiles is required',
    ],
    [{ minVersion: 'Foo', maxVersion: 'Bar' }, undefined],
    [{ cipherSuites: [], alpnProtocols: [] }, undefined],
  ])('%j: %s', (set, error) => expect(errorOf(set)).toBe(error))

  test('names become those of OpenSSL, authorities texts', () => {
    const { options } = planOf({
      tls: {
        options: {
          o: {
            minVersion: 'VersionTLS10',
            maxVersion: 'VersionTLS12',
            cipherSuites: [
              'TLS_RSA_WITH_AES_128_CBC_SHA256',
              'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305',
              'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
              'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
              'TLS_AES_128_GCM_SHA256',
            ],
            curvePreferences: ['CurveP384', 'secp384r1', 'x25519', 'X25519MLKEM768'],
            clientAuth: { caFiles: ['/ca.pem'] },
            disableSessionTickets: true,
          },
        },
      },
    }).tls
    expect(options['o@file']).toEqual({
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.2',
      // In Go's order, whatever that of the options.
      cipherSuites: [
        'ECDHE-RSA-AES128-GCM-SHA256',
        'ECDHE-ECDSA-AES256-GCM-SHA384',
        'ECDHE-ECDSA-CHACHA20-POLY1305',
        'AES128-SHA256',
      ],
      groups: ['X25519MLKEM768', 'X25519', 'P-384'],
      clientAuth: 'RequireAndVerifyClientCert',
      clientCAs: [PEM],
      sniStrict: false,
      alpnProtocols: ['h2', 'http/1.1', 'acme-tls/1'],
      sessionTickets: false,
    })
    expect(options.default).toMatchObject({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', clientAuth: 'NoClientCert' })
  })

  test('a set that is not there', () => {
    const { routers, tls } = planOf({ http: { routers: { r: router('Host(`h`)', 'missing') }, services } })
    expect(routers['r@file']!.errors).toEqual(['building router handler: unknown TLS options: missing@file'])
    expect(tls.hosts.s).toEqual({ h: 'missing@file' })
  })
})

describe('options of hosts', () => {
  const hostsOf = (routers: Record<string, unknown>, strict = false) => {
    const plan = planOf(
      { http: { routers, services }, tls: { options: { v12: { maxVersion: 'VersionTLS12' }, v13: {} } } },
      { strict },
    )
    return { hosts: plan.tls.hosts.s, routers: plan.routers }
  }

  test('each host has those of its router', () => {
    const { hosts } = hostsOf({
      one: router('Host(`A.test.`) || Host(`*.w.test`)', 'v12'),
      two: router('Host(`b.test`)'),
      plain: { rule: 'Host(`c.test`)', service: 'a' },
      negated: router('!Host(`d.test`) && Host(`e.test`)', 'v13'),
    })
    expect(hosts).toEqual({ 'a.test': 'v12@file', '*.w.test': 'v12@file', 'b.test': 'default', 'e.test': 'v13@file' })
  })

  test('routers without a host make the default ones the choice for the rest', () => {
    expect(hostsOf({ r: router('PathPrefix(`/`)') }).hosts).toEqual({ '*': 'default' })
    expect(hostsOf({ r: router('PathPrefix(`/`)'), s: router('Host(`*`)', 'v12') }).hosts).toEqual({ '*': 'v12@file' })
  })

  test('nobody looks at the options of a router that has no place', () => {
    const nowhere = { ...router('Host(`h`)', 'nosuch'), entryPoints: ['x'] }
    expect(planOf({ http: { routers: { r: nowhere }, services } }).routers['r@file']!.errors).toEqual([
      'entryPoint "x" doesn\'t exist',
      'no valid entryPoint for this router',
    ])
  })

  test('what keeps a router from being built is said before what it falls back to', async () => {
    const bad = { ...router('Path(`/`)', 'v13'), service: 'nosuch' }
    const report = link(planOf({ http: { routers: { r: bad }, services }, tls: { options: { v13: {} } } }), {
      kinds: await loadAllKinds(),
      ports: fakePorts(),
      health: new HealthTable(),
      operator: new Operator(fakePorts().clock),
      internal: new Map(),
      observer: null,
    }).report.routers.get('s-conflicted-r@file')!
    expect([report.status, report.errors]).toEqual([
      'disabled',
      [
        'the service "nosuch@file" does not exist',
        'no domain found in rule Path(`/`), the TLS option v13@file cannot be applied',
      ],
    ])
  })

  test('a conflict falls back to the default ones, for all hosts of the router', () => {
    const { hosts, routers } = hostsOf({
      one: router('Host(`c`) || Host(`d`)', 'v13'),
      two: router('Host(`c`)', 'v12'),
      three: router('Host(`d`) && Path(`/y`)', 'v13'),
    })
    expect(hosts).toEqual({ c: 'default', d: 'v13@file' })
    expect(routers['s-conflicted-one@file']).toMatchObject({ tlsOptions: 'default', errors: [] })
    expect(routers['s-conflicted-one@file']!.tlsWarning).toMatch(/conflicting .* default TLS options will be used/)
    expect(routers['three@file']!.tlsOptions).toBe('v13@file')
  })

  test('strict: such a router is disabled', () => {
    const { routers } = hostsOf({ one: router('Host(`c`)', 'v13'), two: router('Host(`c`)', 'v12') }, true)
    expect(routers['s-conflicted-two@file']!.errors[0]).toMatch(/conflicting with other routers/)
  })

  test('where the platform ends TLS there are none', () => {
    const plan = planOf({ http: { routers: { r: router('Host(`h`)', 'missing') }, services } }, { target: 'edge' })
    expect(plan.routers['r@file']).toMatchObject({ errors: [], tls: true, tlsOptions: null })
    expect(plan.tls).toEqual({ certificates: [], defaultCertificate: null, options: {}, hosts: {} })
  })
})

test('only certificates of the default store count', () => {
  const { certificates, defaultCertificate } = planOf({
    tls: {
      certificates: [
        { certFile: 'a', keyFile: 'b' },
        { certFile: 'c', keyFile: 'd', stores: ['other'] },
        { certFile: 'e', keyFile: 'f', stores: ['other', 'default'] },
      ],
      stores: { default: { defaultCertificate: { certFile: 'x', keyFile: 'y' } } },
    },
  }).tls
  expect(certificates.map(({ certFile }) => certFile)).toEqual(['a', 'e'])
  expect(defaultCertificate).toEqual({ certFile: 'x', keyFile: 'y' })
})

describe('TLS to servers', () => {
  const tlsOf = (options: unknown) =>
    planOf({ http: { serversTransports: { t: options }, services } }).serversTransports['t@file']!

  test.each([
    [{ serverName: 's', cipherSuites: ['NOPE'] }],
    [{ serverName: 's', minVersion: 'NOPE' }],
    [{ serverName: 's', maxVersion: 'NOPE' }],
    [{ serverName: 's', minVersion: 'VersionTLS12' }],
    [{ serverName: 's', minVersion: 'VersionTLS13', maxVersion: 'VersionTLS12' }],
  ])('%j: nothing of it counts', (options) => expect(tlsOf(options).tls).toEqual(DEFAULT_SERVER_TLS))

  test('everything counts', () => {
    expect(
      tlsOf({
        serverName: 's',
        insecureSkipVerify: true,
        rootCAs: ['ca'],
        certificates: [{ certFile: 'c', keyFile: 'k' }],
        cipherSuites: ['TLS_RSA_WITH_AES_128_CBC_SHA'],
        minVersion: 'VersionTLS12',
        maxVersion: 'VersionTLS13',
        peerCertURI: 'spiffe://x/y',
        disableHTTP2: true,
        forwardingTimeouts: { readIdleTimeout: '5s', pingTimeout: '2s' },
      }),
    ).toMatchObject({
      http2: false,
      readIdleTimeoutMs: 5000,
      pingTimeoutMs: 2000,
      error: null,
      tls: {
        serverName: 's',
        insecureSkipVerify: true,
        rootCAs: ['ca'],
        certificates: [{ certFile: 'c', keyFile: 'k' }],
        cipherSuites: ['AES128-SHA'],
        minVersion: 'TLSv1.2',
        maxVersion: 'TLSv1.3',
        peerCertURI: 'spiffe://x/y',
      },
    })
  })
})
