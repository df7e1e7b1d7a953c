import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readPairs } from '../../src/compiler/discovery/kv.ts'
import { decodeLabels } from '../../src/compiler/discovery/labels.ts'
import { readDynamicText } from '../../src/compiler/dynamic/read.ts'

type Tree = { readonly [key: string]: Tree | string | number | boolean | readonly string[] }

/** Names and values that each notation can say: no dot, no slash, no comma, no index. */
const name = fc.constantFrom('web', 'my-router', 'Api_2', '__proto__', 'constructor')
const value = fc.stringMatching(/^[A-Za-z(`)][A-Za-z0-9(`) =]{0,10}[A-Za-z)]$/)
const list = fc.array(value, { minLength: 1, maxLength: 3 })

const router = fc.record(
  {
    rule: value,
    service: value,
    entryPoints: list,
    middlewares: list,
    priority: fc.integer({ min: -5, max: 1_000_000 }),
    ruleSyntax: fc.constantFrom('v2', 'v3'),
    tls: fc.record({ certResolver: value, options: value }, { requiredKeys: ['options'] }),
  },
  { requiredKeys: ['rule'] },
)
const middleware = fc.oneof(
  fc.record({ stripPrefix: fc.record({ prefixes: list }) }),
  fc.record({ addPrefix: fc.record({ prefix: value }) }),
  fc.record({
    headers: fc.record({
      customRequestHeaders: fc.dictionary(fc.constantFrom('X-A', 'x-b'), value, { minKeys: 1 }),
      stsSeconds: fc.nat(9),
    }),
  }),
  fc.record({ rateLimit: fc.record({ average: fc.nat(100), period: fc.constantFrom('1s', '2m') }) }),
  fc.record({ retry: fc.record({ attempts: fc.integer({ min: 1, max: 9 }), initialInterval: fc.constant('100ms') }) }),
)
const service = fc.record({
  loadBalancer: fc.record({
    passHostHeader: fc.boolean(),
    strategy: fc.constantFrom('wrr', 'p2c'),
    healthCheck: fc.record({ path: value, interval: fc.constant('10s') }),
  }),
})

const configuration = fc.record({
  http: fc.record({
    routers: fc.dictionary(name, router, { minKeys: 1 }),
    middlewares: fc.dictionary(name, middleware),
    services: fc.dictionary(name, service),
  }),
  tcp: fc.record({ routers: fc.dictionary(name, fc.record({ rule: value, service: value })) }),
})

/** The leaves of a tree by their path; lists are joined as they are written without an index. */
function* leaves(
  tree: Tree,
  path: readonly string[] = [],
): Generator<readonly [path: readonly string[], text: string]> {
  for (const [key, inner] of Object.entries(tree)) {
    if (Array.isArray(inner)) yield [[...path, key], inner.join(',')]
    else if (typeof inner === 'object') yield* leaves(inner as Tree, [...path, key])
    else yield [[...path, key], String(inner)]
  }
}

/** Sections without elements are none in labels and keys. */
const withoutEmpty = (config: unknown): unknown =>
  JSON.parse(JSON.stringify(config), (_, inner) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner) && Object.keys(inner).length === 0
      ? undefined
      : inner,
  )

test('labels, keys and YAML of one configuration say the same', () => {
  fc.assert(
    fc.property(configuration, (tree) => {
      const all = [...leaves(tree as unknown as Tree)]
      const labels = decodeLabels(Object.fromEntries(all.map(([path, text]) => [`traefik.${path.join('.')}`, text])))
      const keys = readPairs(
        all.map(([path, text]) => [`traefik/${path.join('/')}`, text]),
        'traefik',
      )
      const yaml = readDynamicText(JSON.stringify(withoutEmpty(tree)), 'yaml', null)
      for (const { problems } of [labels, keys, yaml]) expect(problems).toEqual([])
      expect(withoutEmpty(labels.value)).toEqual(withoutEmpty(yaml.value))
      expect(withoutEmpty(keys.value)).toEqual(withoutEmpty(yaml.value))
    }),
    { numRuns: 300 },
  )
})
