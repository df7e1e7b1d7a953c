import { describe, expect, it } from 'vitest'
import {
  readConnectLeaf,
  readConnectRoots,
  readConsulChecks,
  readConsulInstances,
  readConsulServices,
} from '../../../src/compiler/discovery/catalog/consul.ts'
import type { CatalogInstance } from '../../../src/compiler/discovery/catalog/instance.ts'
import { readNomadInstances, readNomadJob, readNomadServices } from '../../../src/compiler/discovery/catalog/nomad.ts'
import { consulTags, labelsOfTags, nomadTags } from '../../../src/compiler/discovery/catalog/own-tags.ts'
import { type CatalogDerivation, catalogPart, decideService } from '../../../src/compiler/discovery/catalog/part.ts'
import { tagConstraint } from '../../../src/compiler/discovery/constraints.ts'
import { ItemSet } from '../../../src/compiler/discovery/item-set.ts'
import { mismatches } from '../expectation.ts'
import { facts, hostRule } from './facts.ts'

interface Fact {
  readonly name: string
  readonly kind: 'consulcatalog' | 'nomad'
  readonly services: readonly (Partial<CatalogInstance> & { port: number })[]
  readonly provider?: Partial<Omit<CatalogDerivation, 'constraint'>> & { readonly constraints?: string }
  readonly expect: unknown
}

const instanceOf = (given: Partial<Omit<CatalogInstance, 'port'>> & { port?: number | string }): CatalogInstance => ({
  ...{ id: 's1', node: 'n1', name: 'shop', namespace: 'default', datacenter: 'dc1', address: '10.3.0.1', tags: [] },
  status: 'passing',
  ...given,
  port: String(given.port ?? 8080),
})

const derivation = (
  kind: Fact['kind'] = 'consulcatalog',
  { constraints = '', ...given }: Fact['provider'] = {},
): CatalogDerivation => ({
  dialect: kind === 'nomad' ? nomadTags : consulTags,
  prefix: 'traefik',
  exposedByDefault: true,
  rule: { render: ({ Name, ...data }) => hostRule.render({ ...data, Name: Name.replace(/[^a-z\d]+/g, '-') }) },
  strictChecks: kind === 'nomad' ? null : ['passing', 'warning'],
  allowEmptyServices: false,
  connectAware: false,
  connectByDefault: false,
  ...given,
  constraint: tagConstraint(constraints),
})

/** What Traefik's API does not show: ports and schemes of servers that became addresses, the mark of default rules. */
const withoutInputs = (config: unknown): unknown =>
  JSON.parse(
    JSON.stringify(config, (key, value) => {
      if (key === 'servers')
        return (value as Record<string, unknown>[]).map(({ port: _, scheme: __, ...server }) => server)
      return key === 'defaultRule' ? undefined : value
    }),
  )

const derive = (instances: readonly CatalogInstance[], given: CatalogDerivation) => {
  const set = new ItemSet()
  for (const instance of instances) {
    set.set(`${instance.node} ${instance.id}`, catalogPart(instance, given, null).part)
  }
  const { config, problems } = set.derive()
  return { config: withoutInputs(config) as typeof config, problems }
}

describe('facts of catalogs', () => {
  it.each(facts<Fact>('consulcatalog').map((fact) => [fact.name, fact] as const))('%s', (_, fact) => {
    const { config } = derive(fact.services.map(instanceOf), derivation(fact.kind, fact.provider))
    expect(mismatches(fact.expect, config, true)).toEqual([])
  })
})

describe('tags', () => {
  it.each([
    [['traefik.a=1', 'traefik.b= x=y', 'other=1', 'traefik.none'], false, { 'traefik.a': '1', 'traefik.b': ' x=y' }],
    [['traefik.a = 1 '], true, { 'traefik.a': '1' }],
    [['traefik.a=1', 'traefik.a=2'], false, { 'traefik.a': '2' }],
    [['traefik.__proto__=1', 'traefik='], false, { 'traefik.__proto__': '1', 'traefik.traefik': '' }],
  ])('%j', (tags, trims, labels) => {
    expect({ ...labelsOfTags(tags, 'traefik', trims) }).toEqual(labels)
  })

  it('a problem names the instance and the tag as it is written', () => {
    const tags = ['lb.http.routers.a.rul=x', 'lb.htp.routers=1']
    const { problems, config } = derive([instanceOf({ tags })], derivation('consulcatalog', { prefix: 'lb' }))
    expect(config.http?.routers).toBeUndefined()
    expect(problems).toMatchObject([
      { severity: 'warning', origin: { item: 'service shop, instance s1', field: 'tag lb.htp.routers' } },
      {
        severity: 'error',
        message: 'field not found, node: rul',
        hint: 'did you mean "rule"?',
        origin: { item: 'service shop, instance s1', field: 'tag lb.http.routers.a.rul' },
      },
    ])
  })

  it.each([
    ['consulcatalog', 'traefik.enable=1', true],
    ['consulcatalog', 'traefik.enable=yes', false],
    ['nomad', 'traefik.enable=1', false],
    ['nomad', 'traefik.enable=TRUE', true],
  ] as const)('%s: %s', (kind, tag, isUsed) => {
    const { config } = derive([instanceOf({ tags: [tag] })], derivation(kind))
    expect(config.http?.routers !== undefined).toBe(isUsed)
  })

  it('a canary has a service of its own, named by its tags whatever their order', () => {
    const tags = ['traefik.consulcatalog.canary=true', 'blue']
    const names = [tags, [...tags].reverse()].map((given) =>
      Object.keys(derive([instanceOf({ tags: given })], derivation()).config.http?.services ?? {}),
    )
    // Go: fnv.New64 of "bluetraefik.consulcatalog.canary=true"
    expect(names).toEqual([['shop-2613898733726224913'], ['shop-2613898733726224913']])
  })

  it('two rules for one router take it out; servers are joined', () => {
    const rule = (path: string) => [`traefik.http.routers.shop.rule=Path(\`/${path}\`)`]
    const { config, problems } = derive(
      [instanceOf({ tags: rule('a') }), instanceOf({ id: 's2', address: '10.3.0.2', tags: rule('b') })],
      derivation(),
    )
    expect(config.http?.routers).toEqual({})
    expect(config.http?.services?.shop?.loadBalancer?.servers).toHaveLength(2)
    expect(problems[0]?.message).toContain('defined multiple times with different configurations')
  })

  it.each([
    [{ address: '' }, 'address is missing'],
    [{ address: '', tags: ['traefik.http.services.s.loadbalancer.server.url=http://a'] }, 'address is missing'],
  ])('%j: %s', (given, message) => {
    expect(derive([instanceOf(given)], derivation()).problems).toMatchObject([{ message }])
  })

  it('a port that is missing', () => {
    const nomad = derive([instanceOf({ port: '' })], derivation('nomad'))
    expect(nomad.problems[0]?.message).toContain('port is missing')
  })

  it('an IPv6 address', () => {
    const { config } = derive([instanceOf({ address: 'fd00::1' })], derivation())
    expect(config.http?.services?.shop?.loadBalancer?.servers).toEqual([{ url: 'http://[fd00::1]:8080' }])
  })
})

describe('services', () => {
  it.each([
    [{}, [], true],
    [{ exposedByDefault: false }, [], false],
    [{ exposedByDefault: false }, ['traefik.enable=true'], true],
    [{ constraints: 'Tag(`blue`)' }, ['green'], false],
    [{ constraints: 'Tag(' }, ['green'], false],
    [{}, ['traefik.consulcatalog.connect=true'], false],
    [{ connectAware: true }, ['traefik.consulcatalog.connect=true'], true],
  ])('%j %j: %s', (provider, tags, isWanted) => {
    expect(decideService('shop', tags, derivation('consulcatalog', provider)).isWanted).toBe(isWanted)
  })

  it('one whose tags can’t be read is told', () => {
    const { isWanted, problems } = decideService('shop', ['traefik.enable=perhaps'], derivation())
    expect(isWanted).toBe(false)
    expect(problems).toMatchObject([
      { severity: 'error', origin: { item: 'service shop', field: 'tag traefik.enable' } },
    ])
  })
})

describe('the mesh', () => {
  const certificates = { trustDomain: 'td', roots: ['ROOT'], cert: 'CERT', key: 'KEY' }
  const tags = ['traefik.consulcatalog.connect=true']

  it('is reached over TLS by a transport of its own', () => {
    const { part } = catalogPart(
      instanceOf({ tags }),
      derivation('consulcatalog', { connectAware: true }),
      certificates,
    )
    expect(part.config?.http).toMatchObject({
      services: {
        shop: {
          loadBalancer: { servers: [{ url: 'https://10.3.0.1:8080' }], serversTransport: 'tls-default-dc1-shop' },
        },
      },
      serversTransports: {
        'tls-default-dc1-shop': {
          insecureSkipVerify: true,
          rootCAs: ['ROOT'],
          certificates: [{ certFile: 'CERT', keyFile: 'KEY' }],
          peerCertURI: 'spiffe://td/ns/default/dc/dc1/svc/shop',
        },
      },
    })
  })

  it('for TCP too', () => {
    const tcp = [...tags, 'traefik.tcp.routers.db.rule=HostSNI(`*`)']
    const { part } = catalogPart(
      instanceOf({ tags: tcp }),
      derivation('consulcatalog', { connectAware: true }),
      certificates,
    )
    expect(part.config?.http).toBeUndefined()
    expect(part.config?.tcp).toMatchObject({
      services: {
        shop: {
          loadBalancer: {
            servers: [{ address: '10.3.0.1:8080', tls: true }],
            serversTransport: 'tls-default-dc1-shop',
          },
        },
      },
      serversTransports: { 'tls-default-dc1-shop': { tls: { peerCertURI: 'spiffe://td/ns/default/dc/dc1/svc/shop' } } },
    })
  })

  it('is left alone unless it is asked for', () => {
    expect(catalogPart(instanceOf({ tags }), derivation(), null).part.config).toBeNull()
  })
})

describe('answers', () => {
  it('of Consul', () => {
    expect(readConsulServices({ a: ['x'], b: null })).toEqual(
      new Map([
        ['a', ['x']],
        ['b', []],
      ]),
    )
    const entry = {
      Node: { Node: 'n1', Address: '10.0.0.1', Datacenter: 'dc1' },
      Service: { ID: 's1', Service: 'shop', Address: '', Port: 80, Tags: ['t', 7] },
      Checks: [{ CheckID: 'a', Status: 'passing' }],
    }
    expect(readConsulInstances('shop', [entry])).toEqual([
      {
        ...{ id: 's1', node: 'n1', name: 'shop', namespace: 'default', datacenter: 'dc1', address: '10.0.0.1' },
        ...{ port: '80', tags: ['t'], status: 'passing' },
      },
    ])
    expect(
      readConsulChecks([{ Node: 'n', ServiceName: 's', ServiceID: 'i', CheckID: 'c', Status: 'passing' }]),
    ).toEqual([{ node: 'n', service: 's', id: 'i c', status: 'passing' }])
    expect(readConnectRoots({ TrustDomain: 'td', Roots: [{ RootCert: 'R' }] })).toEqual({
      trustDomain: 'td',
      roots: ['R'],
    })
    expect(readConnectLeaf({ CertPEM: 'C', PrivateKeyPEM: 'K' })).toEqual({ cert: 'C', key: 'K' })
  })

  it.each([
    [[], 'passing'],
    [null, 'passing'],
    [[{ Status: 'passing' }, { Status: 'warning' }], 'warning'],
    [[{ Status: 'critical' }, { Status: 'warning' }], 'critical'],
    [[{ CheckID: '_node_maintenance', Status: 'critical' }], 'maintenance'],
    [[{ CheckID: '_service_maintenance:x', Status: 'critical' }, { Status: 'critical' }], 'maintenance'],
    [[{ Status: 'odd' }, { Status: 'critical' }], ''],
  ])('checks %j: %s', (Checks, status) => {
    const entry = { Node: {}, Service: { ID: 'i' }, Checks }
    expect(readConsulInstances('shop', [entry])[0]!.status).toBe(status)
  })

  it('of Nomad', () => {
    const stubs = [{ Namespace: 'default', Services: [{ ServiceName: 'shop', Tags: ['x'] }] }]
    expect(readNomadServices(stubs)).toEqual(new Map([['shop', ['x']]]))
    const service = { ID: 'i', ServiceName: 'shop', NodeID: 'n', Address: '10.0.0.1', Port: 0, Tags: null }
    expect(readNomadInstances([service])).toMatchObject([{ id: 'i', name: 'shop', port: '', tags: [] }])
    const job = {
      ...{ Namespace: 'default', Name: 'j' },
      TaskGroups: [
        {
          ...{ Name: 'g', Count: 0, Scaling: { Enabled: true }, Services: [{ Name: 's', Tags: ['t'] }] },
          Tasks: [{ Name: 'x', Services: [{ Name: 'u', TaskName: 'x' }] }],
        },
        { Name: 'h', Count: 1, Services: [{ Name: 'v' }], Tasks: null },
      ],
    }
    expect(readNomadJob(job)).toMatchObject([
      { name: 's', tags: ['t'], empty: { id: 'default-j-g--s', address: '' } },
      { name: 'u', empty: { id: 'default-j-g-x-u' } },
      { name: 'v', empty: null },
    ])
  })

  it.each([
    [() => readConsulServices([])],
    [() => readConsulServices({ a: 'b' })],
    [() => readConsulServices('<html>')],
    [() => readConsulInstances('a', {})],
    [() => readConsulInstances('a', [null])],
    [() => readConsulInstances('a', [{ Node: {}, Service: {} }])],
    [() => readConsulChecks({})],
    [() => readConnectRoots({ Roots: [] })],
    [() => readConnectLeaf({ CertPEM: 'C' })],
    [() => readNomadServices({})],
    [() => readNomadServices([{ Services: [{}] }])],
    [() => readNomadInstances([{}])],
    [() => readNomadJob(null)],
  ])('of another shape are refused: %s', (read) => {
    expect(read).toThrow('the answer holds')
  })

  it('names of prototypes are ordinary', () => {
    expect([...readConsulServices(JSON.parse('{"__proto__":["t"],"constructor":[]}')).keys()]).toEqual([
      '__proto__',
      'constructor',
    ])
    const { config } = derive([instanceOf({ name: '__proto__' })], derivation())
    expect(Object.keys(config.http?.services ?? {})).toEqual(['proto'])
  })
})
