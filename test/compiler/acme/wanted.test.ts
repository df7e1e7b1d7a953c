import { describe, expect, test } from 'vitest'
import type { DynamicConfig } from '../../../src/compiler/dynamic/dynamic.ts'
import { readDynamicText } from '../../../src/compiler/dynamic/read.ts'
import { compile } from '../../../src/compiler/planning/compile.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { installOf } from '../../support/install.ts'

const RESOLVERS = { le: { acme: { tlsChallenge: {} } }, other: { acme: { tlsChallenge: {} } } }

function planOf(dynamic: object, install: object = {}): Plan {
  const { value, problems } = readDynamicText(JSON.stringify(dynamic), 'json', null)
  if (value === null) throw new Error(JSON.stringify(problems))
  return compile(new Map<string, DynamicConfig>([['file', value]]), {
    install: installOf({ entryPoints: { s: { address: ':1' } }, certificatesResolvers: RESOLVERS, ...install }),
    target: 'node',
    readFile: () => '',
  })
}

const http = (routers: object) => ({
  http: { routers, services: { a: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:1' }] } } } },
})
const tcp = (routers: object) => ({
  tcp: { routers, services: { a: { loadBalancer: { servers: [{ address: '127.0.0.1:1' }] } } } },
})
const router = (rule: string, tls: object = { certResolver: 'le' }) => ({ rule, service: 'a', tls })

const wanted = ({ tls }: Plan) => (tls.wanted ?? []).map(({ resolver, names }) => [resolver, ...names])
const problems = (plan: Plan) =>
  plan.problems.map(({ severity, message, path }) => `${severity} ${path.join('.')}: ${message}`)

describe('by the rule', () => {
  test.each<[string, string[][]]>([
    ['Host(`A.test`)', [['le', 'a.test']]],
    ['Host(`a.test`) || Host(`b.test`)', [['le', 'a.test', 'b.test']]],
    ['Host(`a.test`) && !Host(`b.test`)', [['le', 'a.test']]],
    ['HostRegexp(`^.+$`)', []],
    ['PathPrefix(`/`)', []],
    ['Host(`a.test`) || Host(`a.test`)', [['le', 'a.test']]],
  ])('%s', (rule, names) => {
    expect(wanted(planOf(http({ r: router(rule) })))).toEqual(names)
  })

  test('of TCP', () => {
    const plan = planOf(tcp({ r: router('HostSNI(`a.test`) || HostSNI(`b.test`)'), all: router('HostSNI(`*`)') }))
    expect(wanted(plan)).toEqual([['le', 'a.test', 'b.test']])
  })

  test('a router without a resolver, or without TLS, wants none', () => {
    expect(
      wanted(planOf(http({ r: router('Host(`a.test`)', {}), s: { rule: 'Host(`b.test`)', service: 'a' } }))),
    ).toEqual([])
  })

  test('the resolver of an entry point counts', () => {
    const entryPoints = { s: { address: ':1', http: { tls: { certResolver: 'other' } } } }
    const plan = planOf(http({ r: { rule: 'Host(`a.test`)', service: 'a' } }), { entryPoints })
    expect(wanted(plan)).toEqual([['other', 'a.test']])
  })

  test('routers on several entry points, and several routers of a host, want one certificate', () => {
    const entryPoints = { s: { address: ':1', http: { tls: {} } }, t: { address: ':2', http: { tls: {} } } }
    const plan = planOf(http({ r: router('Host(`a.test`)'), q: router('Host(`a.test`) && Path(`/q`)') }), {
      entryPoints,
    })
    expect(wanted(plan)).toEqual([['le', 'a.test']])
  })
})

describe('by tls.domains', () => {
  test('one for each entry, thinned', () => {
    const domains = [{ main: 'a.test', sans: ['b.test'] }, { main: '*.x.test' }, { main: 'y.x.test' }]
    const plan = planOf(http({ r: router('Host(`z.test`)', { certResolver: 'le', domains }) }))
    expect(wanted(plan)).toEqual([
      ['le', 'a.test', 'b.test'],
      ['le', '*.x.test'],
    ])
    expect(problems(plan)).toEqual([
      'warning http.routers.r.tls.domains: y.x.test is in the certificate for *.x.test already',
    ])
  })

  test('what can’t be had is a problem', () => {
    const domains = [{ main: '*.*.x.test' }]
    const plan = planOf(http({ r: router('Host(`z.test`)', { certResolver: 'le', domains }) }))
    expect(wanted(plan)).toEqual([])
    expect(problems(plan)).toEqual([
      `error http.routers.r.tls.domains: unable to generate a wildcard certificate in ACME provider for domain "*.*.x.test" : ACME does not allow '*.*' wildcard domain`,
    ])
  })
})

describe('resolvers that there are not', () => {
  test('the router stays', () => {
    const plan = planOf(http({ r: router('Host(`a.test`)', { certResolver: 'lee' }) }))
    expect(plan.routers['r@file']?.errors).toEqual([])
    expect(wanted(plan)).toEqual([])
    expect(plan.problems).toMatchObject([
      { severity: 'error', message: 'Router uses a nonexistent certificate resolver: lee', hint: 'did you mean "le"?' },
    ])
  })

  test('of TCP', () => {
    const plan = planOf(tcp({ r: router('HostSNI(`a.test`)', { certResolver: 'no' }) }))
    expect(problems(plan)).toEqual([
      'error tcp.routers.r.tls.certResolver: Router uses a nonexistent certificate resolver: no',
    ])
  })
})

describe('the default certificate', () => {
  const stores = (more: object) => ({ tls: { stores: { default: more } } })
  const generated = { resolver: 'le', domain: { main: 'd.test', sans: ['e.test'] } }

  test('of a resolver', () => {
    const { tls } = planOf(stores({ defaultGeneratedCert: generated }))
    expect(tls.wanted).toMatchObject([{ resolver: 'le', names: ['d.test', 'e.test'], isDefault: true }])
    expect(tls.defaultNames).toEqual(['d.test', 'e.test'])
  })

  test.each<[object, string]>([
    [
      { defaultGeneratedCert: generated, defaultCertificate: { certFile: 'a', keyFile: 'b' } },
      'warning tls.stores.default.defaultGeneratedCert: defaultCertificate and defaultGeneratedCert cannot be defined at the same time.',
    ],
    [
      { defaultGeneratedCert: { resolver: 'le' } },
      'warning tls.stores.default.defaultGeneratedCert: default generated certificate domain or resolver is missing.',
    ],
    [
      { defaultGeneratedCert: { ...generated, resolver: 'no' } },
      'error tls.stores.default.defaultGeneratedCert.resolver: nonexistent certificate resolver: no',
    ],
  ])('%j', (store, problem) => {
    const plan = planOf(stores(store))
    expect(plan.tls.wanted).toBeUndefined()
    expect(problems(plan)).toEqual([problem])
  })
})
