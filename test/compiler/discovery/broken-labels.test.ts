import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ForeignAnswer } from '../../../src/compiler/discovery/answer.ts'
import { labelConstraint } from '../../../src/compiler/discovery/constraints.ts'
import { readContainer, readListed } from '../../../src/compiler/discovery/docker/container.ts'
import { dockerOwnLabels } from '../../../src/compiler/discovery/docker/own-labels.ts'
import { type DockerDerivation, dockerPart } from '../../../src/compiler/discovery/docker/part.ts'
import { readSwarm } from '../../../src/compiler/discovery/docker/swarm.ts'
import { ItemSet } from '../../../src/compiler/discovery/item-set.ts'
import { hostRule } from './facts.ts'

const derivation: DockerDerivation = {
  exposedByDefault: true,
  constraint: labelConstraint(''),
  allowEmptyServices: false,
  network: '',
  useBindPortIP: false,
  rule: hostRule,
  hostAddress: '127.0.0.1',
  ownNetworks: new Set(),
  publishedAt: '',
}

const inspected = (labels: unknown, more: object = {}) =>
  readContainer({
    Id: 'abc',
    Name: '/shop',
    State: { Status: 'running' },
    Config: { Labels: labels },
    HostConfig: { NetworkMode: 'web' },
    NetworkSettings: { Ports: { '80/tcp': null }, Networks: { web: { IPAddress: '10.0.0.1' } } },
    ...more,
  })!

const partOf = (labels: unknown, options: Partial<DockerDerivation> = {}, more: object = {}) =>
  dockerPart(inspected(labels, more), 'container', { ...derivation, ...options }, dockerOwnLabels, null)

const R = 'traefik.http.routers.a.'
const S = 'traefik.http.services.a.loadbalancer.'

describe('what is wrong with the labels of a container', () => {
  test.each<[label: string, value: string, message: string, hint: string | null]>([
    [`${R}entrypoint`, 'web', 'field not found, node: entrypoint', 'did you mean "entryPoints"?'],
    [`${R}tls.certresolve`, 'le', 'field not found, node: certresolve', 'did you mean "certResolver"?'],
    [`${S}server.weight`, 'three', 'strconv.ParseInt: parsing "three": invalid syntax', null],
    [`${S}healthcheck.intervall`, '1s', 'field not found, node: intervall', 'did you mean "interval"?'],
    [`${S}healthcheck.interval`, 'soon', 'soon', 'write seconds (10), or numbers with units (1m30s, 250ms)'],
    [`${S}sticky.cookie.secure`, 'yes', 'strconv.ParseBool: parsing "yes": invalid syntax', 'write true or false'],
    [`${S}passhostheader`, '2', 'strconv.ParseBool: parsing "2": invalid syntax', 'write true or false'],
    [`${S}servers[0].port`, '80', 'field not found, node: servers', 'did you mean "server"?'],
    ['traefik.http.middlewares.a.ratelimit', 'true', 'rateLimit cannot be a standalone element', null],
    ['traefik.http.middlewares.a.compresss', 'true', 'field not found, node: compresss', 'did you mean "compress"?'],
    [
      'traefik.tcp.routers.a.tls.passtrough',
      'true',
      'field not found, node: passtrough',
      'did you mean "passthrough"?',
    ],
    [
      'traefik.udp.services.a.loadbalancer.server.adress',
      'x',
      'field not found, node: adress',
      'did you mean "address"?',
    ],
    ['traefik.enable', 'no', 'strconv.ParseBool: parsing "no": invalid syntax', 'write true or false'],
    ['traefik.enabled', 'true', 'field not found, node: enabled', 'did you mean "enable"?'],
    ['traefik.docker.networks', 'web', 'field not found, node: networks', 'did you mean "network"?'],
    [
      'traefik.http.[a].rule',
      'x',
      "invalid leading character '[' in field name (bracket is a slice delimiter): [a]",
      null,
    ],
  ])('%s=%s', (label, value, message, hint) => {
    const part = partOf({ [label]: value })
    expect(part.config).toBeNull()
    const problem = part.problems.find(({ severity }) => severity === 'error')
    expect(problem?.message).toContain(message)
    expect(problem?.hint).toBe(hint)
    expect(problem?.origin).toEqual({ item: 'container shop', field: `label ${label}` })
  })

  test.each<[labels: Record<string, string>, message: string, hint: RegExp]>([
    [
      { [`${S}server.url`]: 'http://x', [`${S}server.port`]: '80' },
      'service "a" error: defining scheme or port is not allowed when URL is defined',
      /^$/,
    ],
    [
      { 'traefik.http.services.a': 'true' },
      'service "a" error: load-balancer is not defined',
      /loadbalancer\.server\.port/,
    ],
    [
      {
        [`${S}server.port`]: '80',
        'traefik.http.services.b.loadbalancer.server.port': '81',
        [`${R}rule`]: 'Path(`/`)',
      },
      'Router a cannot be linked automatically with multiple Services: ["a" "b"]',
      /traefik\.http\.routers\.a\.service=a/,
    ],
    [{ 'traefik.tcp.routers.a.entrypoints': 'web' }, 'router "a": Empty rule', /HostSNI/],
  ])('%j', (labels, message, hint) => {
    const [problem] = partOf(labels).problems
    expect(problem).toMatchObject({ severity: 'error', message, origin: { item: 'container shop' } })
    expect(problem?.hint ?? '').toMatch(hint)
  })

  test('a constraint that can’t be read leaves everything out', () => {
    const part = partOf({}, { constraint: labelConstraint('Label(`a`)') })
    expect(part.config).toBeNull()
    expect(part.problems[0]?.message).toContain('Error matching constraints expression')
  })

  test('no port, no address, networks to choose from', () => {
    const without = (NetworkSettings: object) => partOf({}, {}, { NetworkSettings })
    expect(without({ Networks: { web: { IPAddress: '10.0.0.1' } } }).problems[0]?.message).toBe(
      'service "shop" error: port is missing',
    )
    expect(without({ Ports: { '80/tcp': null } }).problems[0]?.message).toContain('unable to find the IP address')
    const both = without({
      Ports: { '80/tcp': null },
      Networks: { b: { IPAddress: '10.0.0.2' }, a: { IPAddress: '10.0.0.1' } },
    })
    expect(both.problems[0]).toMatchObject({
      severity: 'warning',
      message: 'it is on several networks: a, b; taking "a"',
    })
    expect(both.config?.http?.services?.shop?.loadBalancer?.servers).toEqual([{ url: 'http://10.0.0.1:80' }])
    const own = partOf(
      {},
      { ownNetworks: new Set(['b']) },
      {
        NetworkSettings: {
          Ports: { '80/tcp': null },
          Networks: { b: { IPAddress: '10.0.0.2' }, a: { IPAddress: '10.0.0.1' } },
        },
      },
    )
    expect(own.problems).toEqual([])
    expect(own.config?.http?.services?.shop?.loadBalancer?.servers).toEqual([{ url: 'http://10.0.0.2:80' }])
  })

  test('a published port of an engine elsewhere', () => {
    const published = {
      Ports: { '80/tcp': [{ HostIp: '0.0.0.0', HostPort: '32768' }] },
      Networks: { web: { IPAddress: '10.0.0.1' } },
    }
    const part = partOf({}, { publishedAt: 'blue.test' }, { NetworkSettings: published })
    expect(part.config?.http?.services?.shop?.loadBalancer?.servers).toEqual([{ url: 'http://blue.test:32768' }])
    expect(partOf({}, { publishedAt: 'blue.test' }).problems[0]?.message).toContain('port 80 is not published')
  })

  test('names of prototypes, long names and many labels', () => {
    const { config } = partOf({
      'traefik.http.routers.__proto__.rule': 'Path(`/`)',
      'traefik.http.routers.constructor.rule': 'Path(`/b`)',
    })
    expect(Object.keys(config?.http?.routers ?? {}).sort()).toEqual(['__proto__', 'constructor'])
    const long = partOf({ [`traefik.http.routers.${'a'.repeat(1024 * 1024)}.rule`]: 'x' })
    expect(long.config).toBeNull()
    expect(JSON.stringify(long.problems).length).toBeLessThan(2_000)
    const many = Object.fromEntries(
      Array.from({ length: 100_000 }, (_, at) => [`traefik.http.routers.r${at}.rule`, 'x']),
    )
    expect(partOf(many).problems[0]?.message).toBe('more than 10000 labels')
  })
})

describe('whatever an engine answers', () => {
  const anything = fc.anything({ withNullPrototype: true, maxDepth: 5 })
  const container = fc.record(
    {
      Id: fc.oneof(fc.string(), anything),
      Name: fc.oneof(fc.string(), anything),
      Names: fc.oneof(fc.array(fc.string()), anything),
      Created: fc.oneof(fc.date().map(String), anything),
      State: fc.oneof(fc.constant('running'), anything),
      Status: fc.oneof(fc.string(), anything),
      Labels: anything,
      Config: fc.oneof(
        fc.record({
          Labels: fc.dictionary(
            fc.constantFrom('traefik.enable', 'traefik.http.routers.a.rule', 'x'),
            fc.oneof(fc.string(), anything),
          ),
        }),
        anything,
      ),
      HostConfig: fc.oneof(fc.record({ NetworkMode: fc.string() }), anything),
      NetworkSettings: fc.oneof(
        fc.record({
          Ports: fc.dictionary(fc.constantFrom('80/tcp', '0/tcp', '70000/tcp', 'x'), anything),
          Networks: fc.dictionary(fc.string(), anything),
        }),
        anything,
      ),
      Ports: fc.oneof(fc.array(fc.record({ PrivatePort: fc.oneof(fc.integer(), anything), Type: anything })), anything),
    },
    { requiredKeys: [] },
  )

  test('nothing is thrown, and a bad one spoils no other', () => {
    fc.assert(
      fc.property(fc.array(container, { maxLength: 5 }), (answers) => {
        const set = new ItemSet()
        set.set('good', partOf({ 'traefik.http.routers.good.rule': 'Path(`/good`)' }))
        answers.forEach((answer, at) => {
          for (const read of [readContainer(answer), readListed(answer)]) {
            if (read !== null) set.set(`${at}`, dockerPart(read, 'container', derivation, dockerOwnLabels, null))
          }
        })
        expect(set.derive().config.http?.routers?.good).toBeDefined()
      }),
    )
  })

  test('nor by a swarm', () => {
    const lists = fc.record({
      services: fc.array(anything),
      tasks: fc.array(anything),
      nodes: fc.array(anything),
      networks: fc.array(anything),
    })
    fc.assert(
      fc.property(lists, (answers) => {
        try {
          readSwarm(answers, derivation)
        } catch (error) {
          // A list of something else is refused as a whole: nothing is taken away for it.
          expect(error).toBeInstanceOf(ForeignAnswer)
        }
      }),
    )
  })
})
