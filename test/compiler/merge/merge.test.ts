import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { decode } from '../../../src/compiler/decode/decode.ts'
import { internalConfiguration } from '../../../src/compiler/discovery/internal.ts'
import { type DynamicConfig, dynamicSchema } from '../../../src/compiler/dynamic/dynamic.ts'
import { installDefaults } from '../../../src/compiler/install/defaults.ts'
import { type InstallConfig, traefikInstallSchema } from '../../../src/compiler/install/install.ts'
import { isEmptyConfiguration } from '../../../src/compiler/merge/empty.ts'
import { mergeFiles } from '../../../src/compiler/merge/files.ts'
import { mergeConfigurations } from '../../../src/compiler/merge/merge.ts'
import { mismatches } from '../expectation.ts'

const installOf = (tree: unknown): InstallConfig => {
  const { value, problems } = decode(traefikInstallSchema, tree, 'file')
  if (value === null) throw new Error(JSON.stringify(problems))
  return installDefaults(value)
}

const dynamicOf = (tree: unknown): DynamicConfig => {
  const { value, problems } = decode(dynamicSchema, tree, 'file')
  if (value === null) throw new Error(JSON.stringify(problems))
  return value
}

const merged = (install: unknown, providers: Readonly<Record<string, unknown>>) => {
  const effective = installOf(install)
  const messages: Record<string, DynamicConfig> = { internal: internalConfiguration(effective) }
  for (const [name, tree] of Object.entries(providers)) messages[name] = dynamicOf(tree)
  return mergeConfigurations(messages, effective)
}

interface Case {
  readonly name: string
  readonly entryPoints: unknown
  readonly static?: Readonly<Record<string, unknown>>
  readonly providers: Readonly<Record<string, { readonly directory?: Readonly<Record<string, unknown>> }>>
  readonly absent?: readonly string[]
  readonly expect: unknown
}

const at = (value: unknown, path: string): unknown =>
  path.split('/').reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], value)

describe('aggregation of the conformance data', () => {
  const cases = JSON.parse(readFileSync('../shared/conformance/data/aggregation.json', 'utf8')) as Case[]
  test.each(cases)('$name', ({ entryPoints, static: more, providers, absent = [], expect: wanted }) => {
    const trees: Record<string, unknown> = {}
    for (const [name, tree] of Object.entries(providers)) {
      const files = Object.entries(tree.directory ?? {}).map(([file, text]) => ({
        name: file,
        config: dynamicOf(text),
      }))
      trees[name] = tree.directory === undefined ? tree : mergeFiles(files).config
    }
    const config = merged({ entryPoints, ...more }, trees)
    expect(mismatches(wanted, config)).toEqual([])
    for (const path of absent) expect(at(config, path)).toBeUndefined()
  })
})

const routersOf = (install: unknown, routers: unknown) => merged(install, { file: { http: { routers } } }).http.routers

/** Compared with Traefik 3.7.15. */
describe('models', () => {
  const entryPoints = {
    web: { address: ':80' },
    web2: { address: ':81', http: { encodedCharacters: { allowEncodedSlash: false } } },
  }

  test('split a router, and its children follow', () => {
    const routers = routersOf(
      { entryPoints },
      { p: { rule: 'Path(`/p`)' }, ch: { rule: 'Path(`/c`)', service: 's', parentRefs: ['p'] } },
    )
    expect(routers['p@file']?.entryPoints).toEqual(['web'])
    expect(routers['web2-p@file']).toMatchObject({ entryPoints: ['web2'], deniedEscapes: ['%2F'] })
    expect(routers['ch@file']?.parentRefs).toEqual(['p@file', 'web2-p@file'])
    expect(routers['ch@file']).not.toHaveProperty('observability')
    expect(routers['ch@file']).not.toHaveProperty('entryPoints')
  })

  test('parents that do not exist are forgotten, and entry points closed to whoever has no other', () => {
    const routers = routersOf(
      { entryPoints },
      {
        p: { rule: 'Path(`/p`)' },
        one: { rule: 'Path(`/c`)', service: 's', parentRefs: ['nobody', 'p'] },
        none: { rule: 'Path(`/c`)', service: 's', parentRefs: ['nobody'] },
        own: { rule: 'Path(`/c`)', service: 's', parentRefs: ['nobody'], entryPoints: ['web2'] },
      },
    )
    expect(routers['one@file']?.parentRefs).toEqual(['p@file', 'web2-p@file'])
    expect(routers['none@file']).not.toHaveProperty('parentRefs')
    expect(routers['none@file']).toHaveProperty('observability')
    expect(routers['own@file']?.parentRefs).toEqual(['nobody@file'])
  })

  test('so they are where a provider brings models, whatever these are for', () => {
    const config = merged(
      { entryPoints: { web: { address: ':80' } } },
      {
        redis: {
          http: {
            routers: { none: { rule: 'Path(`/c`)', service: 's', parentRefs: ['nobody'] } },
            models: { any: { tls: { options: 'o' } } },
          },
        },
      },
    )
    expect(config.http.routers['none@redis']).not.toHaveProperty('parentRefs')
  })

  test('a core section gives every entry point one', () => {
    const routers = routersOf(
      {
        entryPoints: { a: { address: ':1' }, b: { address: ':2' } },
        core: { strictTLSOptions: true },
        api: { insecure: true },
      },
      { p: { rule: 'Path(`/p`)' }, ch: { rule: 'Path(`/c`)', parentRefs: ['p'] } },
    )
    expect(Object.keys(routers).sort()).toEqual([
      'a-p@file',
      'api@internal',
      'b-p@file',
      'ch@file',
      'dashboard@internal',
    ])
    expect(routers['ch@file']?.parentRefs).toEqual(['a-p@file', 'b-p@file'])
    expect(routers['a-p@file']?.ruleSyntax).toBe('v3')
    expect(routers['api@internal']?.ruleSyntax).toBe('default')
  })

  test("the router's own values win", () => {
    const http = { middlewares: ['m@file'], tls: { options: 'o1@file' } }
    const observability = { tracing: false, traceVerbosity: 'detailed' }
    const routers = routersOf(
      { entryPoints: { a: { address: ':1', http, observability } } },
      {
        own: { rule: 'Host(`a`)', middlewares: ['n'], tls: {}, observability: { accessLogs: false } },
        bare: { rule: 'Host(`b`)' },
      },
    )
    expect(routers['own@file']).toMatchObject({
      middlewares: ['m@file', 'n'],
      tls: {},
      observability: { accessLogs: false, metrics: true, tracing: false, traceVerbosity: 'minimal' },
    })
    expect(routers['bare@file']).toMatchObject({
      tls: { options: 'o1@file' },
      observability: { accessLogs: true, metrics: true, tracing: false, traceVerbosity: 'detailed' },
    })
  })
})

/** Compared with Traefik 3.7.15. */
describe('conflicts of TLS options', () => {
  const entryPoints = { web: { address: ':443' }, web2: { address: ':444' } }
  const tls = (options?: string) => ({ tls: options === undefined ? {} : { options } })
  const CONFLICT = "router's TLSOptions configuration is conflicting with other routers on the same entrypoint and host"

  test('split the routers off', () => {
    const config = merged(
      { entryPoints },
      {
        file: {
          http: {
            routers: {
              a: { rule: 'Host(`x.test`)', ...tls('o1') },
              b: { rule: 'Host(`X.test`) && Path(`/b`)', entryPoints: ['web'], ...tls('o2') },
              c: { rule: 'Host(`x.test`) && Path(`/c`)', entryPoints: ['web'], ...tls() },
              d: { rule: 'Host(`y.test`)', ...tls('o1') },
              e: { rule: 'Path(`/e`)', entryPoints: ['web2'], ...tls('o1') },
              ne: { rule: '!Host(`n.test`)', entryPoints: ['web2'], ...tls('default') },
              bad: { rule: 'Host(`x.test`', entryPoints: ['web'], ...tls('o3') },
              // Broken later on: it is in conflict with others, and takes nothing away from them.
              worse: { rule: 'Host(`X.test`) && Query(`q`, ``)', entryPoints: ['web'], ...tls('o3') },
              alone: { rule: 'Host(`d.test`) && Query(`q`, ``)', entryPoints: ['web'], ...tls('o3') },
              other: { rule: 'Host(`d.test`)', entryPoints: ['web'], ...tls('o1') },
              plain: { rule: 'Host(`x.test`)' },
              child: { rule: 'Path(`/`)', parentRefs: ['a'], ...tls() },
            },
          },
        },
        docker: { http: { routers: { d: { rule: 'Host(`y.test`)', entryPoints: ['web2'], ...tls('o1@file') } } } },
      },
    )
    expect(
      Object.fromEntries(Object.entries(config.http.routers).map(([name, router]) => [name, router.entryPoints])),
    ).toEqual({
      'web-conflicted-a@file': ['web'],
      'a@file': ['web2'],
      'web-conflicted-b@file': ['web'],
      'web-conflicted-c@file': ['web'],
      'd@file': ['web', 'web2'],
      'd@docker': ['web2'],
      'web2-conflicted-e@file': ['web2'],
      'ne@file': ['web2'],
      'bad@file': ['web'],
      'web-conflicted-worse@file': ['web'],
      'web-conflicted-alone@file': ['web'],
      'other@file': ['web'],
      'plain@file': ['web', 'web2'],
    })
    expect(Object.fromEntries(config.tlsConflicts)).toEqual({
      'web-conflicted-a@file': {
        severity: 'warning',
        message: `${CONFLICT}, default TLS options will be used instead`,
      },
      'web-conflicted-b@file': {
        severity: 'warning',
        message: `${CONFLICT}, default TLS options will be used instead`,
      },
      'web-conflicted-c@file': { severity: 'warning', message: null },
      'web-conflicted-worse@file': {
        severity: 'warning',
        message: `${CONFLICT}, default TLS options will be used instead`,
      },
      'web-conflicted-alone@file': {
        severity: 'warning',
        message: `${CONFLICT}, default TLS options will be used instead`,
      },
      'web2-conflicted-e@file': {
        severity: 'warning',
        message: 'no domain found in rule Path(`/e`), the TLS option o1@file cannot be applied',
      },
    })
  })

  test('close them when strict', () => {
    const config = merged(
      { entryPoints: { web: { address: ':443' } }, core: { strictTLSOptions: true } },
      { file: { http: { routers: { a: { rule: 'Host(`x`)', ...tls('o1') }, b: { rule: 'Host(`x`)', ...tls() } } } } },
    )
    expect(Object.fromEntries(config.tlsConflicts)).toEqual({
      'web-conflicted-a@file': { severity: 'error', message: CONFLICT },
      'web-conflicted-b@file': { severity: 'error', message: CONFLICT },
    })
  })
})

describe('the default TLS options and store', () => {
  const both = {
    options: { default: { sniStrict: true } },
    stores: { default: { defaultCertificate: { certFile: 'a' } } },
  }

  test('defined by two providers are nobody’s', () => {
    const { tls, problems } = merged({}, { file: { tls: both }, redis: { tls: both } })
    expect(tls?.options).toEqual({})
    expect(tls?.stores).toEqual({})
    expect(problems.filter(({ severity }) => severity === 'error').map(({ message }) => message)).toEqual([
      'Default TLS Options defined in multiple providers: [file redis]',
      'Default TLS Store defined in multiple providers: [file redis]',
    ])
  })

  test('certificates for the ALPN challenge come from its provider alone', () => {
    const certificates = [{ certFile: 'a', keyFile: 'b', stores: ['acme-tls/1'] }]
    expect(merged({}, { file: { tls: { certificates } } }).tls?.certificates).toEqual([])
    expect(merged({}, { 'tlsalpn.acme': { tls: { certificates } } }).tls?.certificates).toHaveLength(1)
  })
})

test('the arguments are left alone', () => {
  const config = dynamicOf({ http: { routers: { a: { rule: 'Host(`a`)', tls: { options: 'x' } } } } })
  const before = structuredClone(config)
  mergeConfigurations(
    { file: config },
    installOf({ entryPoints: { a: { address: ':1', http: { middlewares: ['m@file'] } } } }),
  )
  expect(config).toEqual(before)
})

describe('empty configurations', () => {
  test.each<[unknown, boolean]>([
    [{}, true],
    [{ http: {} }, false],
    [{ udp: {} }, false],
    [{ http: { serversTransports: { t: { serverName: 'x' } } } }, true],
    [{ tcp: { serversTransports: { t: { dialTimeout: '1s' } } } }, true],
    [{ http: { routers: { a: {} } } }, false],
    [{ tls: { certificates: [{ certFile: 'a' }] } }, false],
  ])('%j %s', (tree, wanted) => {
    expect(isEmptyConfiguration(dynamicOf(tree))).toBe(wanted)
  })
})

test('files of a directory: the first one wins, with a warning', () => {
  const files = [
    {
      name: 'a.yml',
      config: dynamicOf({
        http: { routers: { __proto__x: { rule: 'a' } } },
        tls: { certificates: [{ certFile: 'a' }] },
      }),
    },
    {
      name: 'b.yml',
      config: dynamicOf({
        http: { routers: { __proto__x: { rule: 'b' } } },
        tls: { certificates: [{ certFile: 'b' }] },
      }),
    },
    { name: 'c.yml', config: dynamicOf({ udp: {} }) },
  ]
  const { config, problems } = mergeFiles(files)
  expect(config).toEqual({
    http: { routers: { __proto__x: { rule: 'a' } } },
    tls: { certificates: [{ certFile: 'a' }, { certFile: 'b' }] },
    udp: {},
  })
  expect(problems.map(({ severity, message, position }) => [severity, message, position?.file])).toEqual([
    ['warning', 'HTTP router __proto__x already configured, skipping', 'b.yml'],
  ])
})

/** Compared with what Traefik 3.7.15 logs for these options. */
test('the internal provider', () => {
  const install = installOf({
    entryPoints: {
      web: { address: '127.0.0.1:80', allowACMEByPass: true, http: { redirections: { entryPoint: { to: 'web2' } } } },
      web2: { address: '[::1]:443' },
      x: { address: ':81/TCP', http: { redirections: { entryPoint: { to: ':8443', permanent: false, priority: 5 } } } },
      y: { address: ':82', http: { redirections: { entryPoint: { to: 'nope' } } } },
    },
    api: { insecure: true, debug: true },
    ping: { entryPoint: 'web' },
    metrics: { prometheus: { manualRouting: true } },
    providers: { rest: { insecure: true } },
  })
  const { http, tcp } = internalConfiguration(install)
  const own = (entryPoint: string, rule: string, service: string, priority: string) => ({
    entryPoints: [entryPoint],
    rule,
    ruleSyntax: 'default',
    service: `${service}@internal`,
    priority,
  })
  expect(http?.routers).toEqual({
    api: own('traefik', 'PathPrefix(`/api`)', 'api', '9223372036854775806'),
    dashboard: {
      ...own('traefik', 'PathPrefix(`/`)', 'dashboard', '9223372036854775805'),
      middlewares: ['dashboard_redirect@internal', 'dashboard_stripprefix@internal'],
    },
    debug: own('traefik', 'PathPrefix(`/debug`)', 'api', '9223372036854775806'),
    ping: own('web', 'PathPrefix(`/ping`)', 'ping', '9223372036854775807'),
    rest: own('traefik', 'PathPrefix(`/api/providers`)', 'rest', '9223372036854775807'),
    'web-to-web2': {
      ...own('web', 'HostRegexp(`^.+$`) && !PathPrefix(`/.well-known/acme-challenge/`)', 'noop', '9223372036854775806'),
      middlewares: ['redirect-web-to-web2'],
    },
    'x-to-8443': { ...own('x', 'HostRegexp(`^.+$`)', 'noop', '5'), middlewares: ['redirect-x-to-8443'] },
  })
  expect(http?.middlewares).toMatchObject({
    'redirect-web-to-web2': { redirectScheme: { scheme: 'https', port: '443', permanent: true } },
    'redirect-x-to-8443': { redirectScheme: { scheme: 'https', port: '8443', permanent: false } },
  })
  expect(Object.keys(http?.services ?? {}).sort()).toEqual(['api', 'dashboard', 'noop', 'ping', 'prometheus', 'rest'])
  expect(http?.serversTransports).toEqual({ default: { maxIdleConnsPerHost: 200 } })
  expect(tcp?.serversTransports).toMatchObject({ default: { dialTimeout: '30s', dialKeepAlive: '15s' } })
})

describe('answers to challenges', () => {
  const challenges = (more: object) => {
    const { http } = internalConfiguration(
      installOf({
        entryPoints: { web: { address: ':80' }, by: { address: ':81', allowACMEByPass: true }, s: { address: ':443' } },
        ...more,
      }),
    )
    return { routers: http?.routers ?? {}, services: Object.keys(http?.services ?? {}) }
  }
  const http = (entryPoint: string) => ({ acme: { httpChallenge: { entryPoint } } })
  const rule = 'PathPrefix(`/.well-known/acme-challenge/`)'
  const router = { rule, ruleSyntax: 'default', service: 'acme-http@internal' }

  test('above everything else, once for all resolvers', () => {
    const { routers, services } = challenges({
      certificatesResolvers: { a: http('web'), b: http('web'), c: http('s') },
    })
    expect(routers).toEqual({ 'acme-http': { ...router, entryPoints: ['s', 'web'], priority: '9223372036854775807' } })
    expect(services).toContain('acme-http')
  })

  test('below routers of users, where an entry point says so', () => {
    const { routers } = challenges({ certificatesResolvers: { a: http('by') } })
    expect(routers).toEqual({ 'acme-http-bypass': { ...router, entryPoints: ['by'] } })
  })

  test('nowhere, for other challenges', () => {
    expect(challenges({ certificatesResolvers: { a: { acme: { tlsChallenge: {} } } } }).services).not.toContain(
      'acme-http',
    )
  })
})
