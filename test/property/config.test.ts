import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decode } from '../../src/compiler/decode/decode.ts'
import { dottedTree } from '../../src/compiler/decode/dotted.ts'
import { parsePlainJson } from '../../src/compiler/decode/json.ts'
import { positionOf } from '../../src/compiler/decode/position.ts'
import { readTree } from '../../src/compiler/decode/read.ts'
import { parseYaml } from '../../src/compiler/decode/yaml.ts'
import { readPairs } from '../../src/compiler/discovery/kv.ts'
import { type DynamicConfig, dynamicSchema } from '../../src/compiler/dynamic/dynamic.ts'
import { readDynamicText } from '../../src/compiler/dynamic/read.ts'
import { emptyInstall, installDefaults } from '../../src/compiler/install/defaults.ts'
import { loadInstall } from '../../src/compiler/install/load.ts'
import { mergeConfigurations } from '../../src/compiler/merge/merge.ts'
import { formatDuration, parseDuration } from '../../src/schema/duration.ts'

const names = fc.constantFrom(
  'http',
  'HTTP',
  'routers',
  'services',
  'middlewares',
  'rule',
  'entryPoints',
  'tls',
  'priority',
  'loadBalancer',
  'servers',
  'url',
  'headers',
  'customRequestHeaders',
  'plugin',
  'a',
  '__proto__',
  'constructor',
  '[0]',
  '',
  'healthCheck',
  'interval',
)

const trees = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 7 },
    fc.oneof(
      fc.string(),
      fc.integer(),
      fc.double(),
      fc.boolean(),
      fc.bigInt(),
      fc.constantFrom(null, 'true', '10s', '', new Date(0)),
    ),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(names, tie('tree'), { maxKeys: 4 }),
  ),
})).tree

test('decoding returns for every tree', () => {
  fc.assert(
    fc.property(trees, fc.constantFrom('file' as const, 'label' as const, 'kv' as const), (tree, dialect) => {
      const { value, problems } = decode(dynamicSchema, tree, dialect)
      expect(value === null).toBe(problems.some(({ severity }) => severity === 'error'))
    }),
  )
})

test('reading returns for every text', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom('{', '}', '[', ']', ':', ',', '"', "'", ' ', '\n', '-', '&a', '*a', '=', 'a') }),
  )
  fc.assert(
    fc.property(texts, fc.constantFrom('yaml' as const, 'toml' as const), (text, format) => {
      readDynamicText(text, format, null)
      const tree = readTree(text, format, null)
      positionOf(tree, ['http', 'routers', 0])
    }),
  )
})

test('the fast way of reading JSON gives what the slow one gives', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(0, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      const fast = parsePlainJson(text)
      if (fast === undefined) return
      const slow = parseYaml(` ---\n${text}`.trimStart()).value
      expect(JSON.stringify(fast)).toBe(JSON.stringify(slow))
    }),
  )
})

test('keys that come twice are never taken for good JSON', () => {
  fc.assert(
    fc.property(fc.string(), fc.jsonValue(), fc.jsonValue(), (key, a, b) => {
      const pair = (value: unknown) => `${JSON.stringify(key)}:${JSON.stringify(value)}`
      expect(parsePlainJson(`{"x":[{${pair(a)},${pair(b)}}]}`)).toBeUndefined()
    }),
  )
})

test('durations: print and parse', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (ns) => {
      expect(parseDuration(formatDuration(ns))).toBe(ns)
    }),
  )
})

test('flags and variables: loading returns for everything', () => {
  const words = fc.string({
    unit: fc.constantFrom(
      '-',
      '.',
      '=',
      '[0]',
      'api',
      'entrypoints',
      'web',
      'address',
      'http',
      'true',
      '__proto__',
      '_',
    ),
  })
  fc.assert(
    fc.property(
      fc.array(words, { maxLength: 4 }),
      fc.dictionary(
        words.map((word) => `TRAEFIK_${word.toUpperCase()}`),
        fc.string(),
      ),
      (args, env) => {
        loadInstall({ args, env, exists: () => false, readFile: () => '' })
      },
    ),
  )
})

test('one configuration in a file and in dotted names', () => {
  const routers = fc.dictionary(
    fc.stringMatching(/^[a-z]{1,5}$/),
    fc.record({
      rule: fc.string({ minLength: 1 }),
      entryPoints: fc.array(fc.stringMatching(/^[a-z]+$/), { minLength: 1, maxLength: 3 }),
      priority: fc.integer(),
    }),
    { minKeys: 1 },
  )
  fc.assert(
    fc.property(routers, (map) => {
      const texts = new Map<string, string>()
      for (const [name, router] of Object.entries(map)) {
        for (const [option, value] of Object.entries(router))
          texts.set(`http.routers.${name}.${option.toLowerCase()}`, String(value))
      }
      const file = decode(dynamicSchema, { http: { routers: map } }, 'file')
      expect(decode(dynamicSchema, dottedTree(texts), 'label').value).toEqual(file.value)
    }),
  )
})

test('one configuration in a file and in a key-value store', () => {
  const name = fc.constantFrom('a', 'B', 'c.d', '__proto__', 'constructor', 'x-1')
  const word = fc.stringMatching(/^[a-z]{1,5}$/)
  const words = fc.array(word, { minLength: 1, maxLength: 12 })
  const some = { requiredKeys: [] }
  const router = fc.record(
    {
      rule: fc.string({ minLength: 1 }),
      entryPoints: words,
      priority: fc.integer(),
      tls: fc.record(
        { options: word, domains: fc.array(fc.record({ main: word, sans: words }), { minLength: 1 }) },
        some,
      ),
    },
    some,
  )
  const servers = fc.array(fc.record({ url: word, weight: fc.nat() }), { minLength: 1, maxLength: 10 })
  const service = fc.oneof(
    fc.record({ loadBalancer: fc.record({ servers, passHostHeader: fc.boolean() }) }),
    fc.record({
      weighted: fc.record({
        services: fc.array(fc.record({ name: word, weight: fc.nat() }), { minLength: 1, maxLength: 10 }),
      }),
    }),
  )
  const middleware = fc.oneof(
    fc.record({ headers: fc.record({ customRequestHeaders: fc.dictionary(word, fc.string(), { minKeys: 1 }) }) }),
    fc.record({ compress: fc.record({ minResponseBodyBytes: fc.nat(), excludedContentTypes: words }, some) }),
  )
  const config = fc.record({
    http: fc.record(
      {
        routers: fc.dictionary(name, router, { minKeys: 1 }),
        services: fc.dictionary(name, service, { minKeys: 1 }),
        middlewares: fc.dictionary(name, middleware, { minKeys: 1 }),
      },
      { requiredKeys: ['routers'] },
    ),
  })
  /** A list of plain values is written as one text or with an index each. */
  function* pairsOf(value: unknown, key: string, indexed: boolean): Generator<[string, string]> {
    const isList = Array.isArray(value)
    if (typeof value !== 'object' || value === null) yield [key, String(value)]
    else if (Object.keys(value).length === 0) yield [key, 'true']
    else if (isList && typeof value[0] === 'string' && !indexed) yield [key, value.join(',')]
    // Elements stand in the order of their texts.
    else
      for (const [name, inner] of Object.entries(value))
        yield* pairsOf(inner, `${key}/${isList ? 10 + Number(name) : name}`, indexed)
  }
  fc.assert(
    fc.property(config, fc.boolean(), fc.constantFrom('traefik', 'a/b'), (tree, indexed, root) => {
      const yaml = readDynamicText(JSON.stringify(tree), 'yaml', null)
      expect(yaml.problems).toEqual([])
      expect(readPairs(pairsOf(tree, root, indexed), root)).toEqual(yaml)
    }),
  )
})

test('reading keys returns for everything', () => {
  const fragment = fc.oneof(names, fc.string(), fc.nat().map(String))
  const key = fc.array(fragment, { maxLength: 8 }).map((fragments) => ['traefik', ...fragments].join('/'))
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.oneof(fc.string(), fc.constantFrom('true', '', '1')))), (pairs) => {
      const { value, problems } = readPairs(pairs, 'traefik')
      expect(value === null).toBe(problems.some(({ severity }) => severity === 'error'))
      for (const { origin } of problems) expect(origin?.item).toMatch(/^key traefik\//)
    }),
  )
})

test('merging does not depend on the order of the messages', () => {
  const router = fc.record(
    {
      rule: fc.constantFrom('Host(`a`)', 'Host(`b`)', 'Path(`/`)', 'Host('),
      entryPoints: fc.subarray(['http', 'x', 'y']),
      parentRefs: fc.subarray(['a', 'b', 'c@p']),
      tls: fc.record({ options: fc.constantFrom('o', 'default', 'p@q') }, { requiredKeys: [] }),
    },
    { requiredKeys: ['rule'] },
  )
  const config = fc.record({
    http: fc.record({ routers: fc.dictionary(fc.constantFrom('a', 'b', 'c'), router) }),
    tls: fc.record({
      options: fc.dictionary(fc.constantFrom('default', 'o'), fc.constant({ cipherSuites: [], alpnProtocols: [] })),
    }),
  })
  const install = { ...installDefaults(emptyInstall()), core: { defaultRuleSyntax: 'v3' } }
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('p', 'q', 'r', 's'), config), (messages) => {
      const entries = Object.entries(messages) as unknown as [string, DynamicConfig][]
      const forwards = mergeConfigurations(Object.fromEntries(entries), install)
      const backwards = mergeConfigurations(Object.fromEntries(entries.toReversed()), install)
      expect(JSON.stringify(forwards)).toBe(JSON.stringify(backwards))
      expect([...forwards.tlsConflicts]).toEqual([...backwards.tlsConflicts])
    }),
  )
})
