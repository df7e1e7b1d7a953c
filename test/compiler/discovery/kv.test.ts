import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { normalizeRootKey, readPairs } from '../../../src/compiler/discovery/kv.ts'
import { isEmptyConfiguration } from '../../../src/compiler/merge/empty.ts'
import { mismatches } from '../expectation.ts'

interface Case {
  readonly name: string
  readonly pairs: Readonly<Record<string, string>>
  readonly rootKey?: string
  readonly expect: Record<string, unknown>
}

const cases = JSON.parse(readFileSync('../shared/conformance/data/kv.json', 'utf8')) as Case[]

const read = (pairs: Readonly<Record<string, string>>, rootKey = 'traefik') => readPairs(Object.entries(pairs), rootKey)

describe('key-value stores of the conformance data', () => {
  test.each(cases)('$name', ({ pairs, rootKey, expect: wanted }) => {
    const { value, problems } = read(pairs, rootKey)
    if (typeof wanted.error === 'string') {
      expect(value).toBeNull()
      expect(problems.map((problem) => problem.message).join()).toMatch(new RegExp(wanted.error, 'i'))
    } else {
      expect(problems).toEqual([])
      expect(mismatches(wanted, value, true)).toEqual([])
    }
  })
})

describe('what clears', () => {
  test.each<[string, Record<string, string>, unknown]>([
    ['nothing', {}, { http: {} }],
    ['only other keys', { 'traefik/enable': 'true', 'traefik/alias': '' }, { http: {} }],
    ['the root itself', { traefik: '', 'traefik/': '' }, { http: {} }],
    [
      'what counts for nothing by itself',
      { 'traefik/http/serversTransports/t/serverName': 'a.test' },
      { http: { routers: {}, serversTransports: { t: { serverName: 'a.test' } } } },
    ],
  ])('%s', (_name, pairs, wanted) => {
    const { value, problems } = read(pairs)
    expect(problems).toEqual([])
    expect(value).toMatchObject(wanted as object)
    expect(isEmptyConfiguration(value!)).toBe(false)
  })
})

/** Each compared with Traefik 3.7.15 on etcd. */
describe('keys', () => {
  const routers = (pairs: Readonly<Record<string, string>>) => read(pairs).value?.http?.routers

  test('empty fragments and trailing slashes are skipped', () => {
    expect(routers({ 'traefik/http//routers///a/rule/': 'x' })).toEqual({ a: { rule: 'x' } })
  })

  test('levels match without regard to case; the spelling that comes first counts', () => {
    expect(routers({ 'traefik/http/routers/a/rule': 'x', 'traefik/HTTP/Routers/A/Service': 's' })).toEqual({
      A: { rule: 'x', service: 's' },
    })
  })

  test('an index counts over a list with commas', () => {
    const list = 'traefik/http/routers/a/entryPoints'
    expect(routers({ [list]: 'web,dns', [`${list}/0`]: 'x' })).toEqual({ a: { entryPoints: ['x'] } })
  })

  test('elements stand in the order of their texts', () => {
    const list = 'traefik/http/routers/a/entryPoints'
    expect(routers({ [`${list}/2`]: 'two', [`${list}/10`]: 'ten', [`${list}/0`]: 'zero' })).toEqual({
      a: { entryPoints: ['zero', 'ten', 'two'] },
    })
  })

  test('so do blocks', () => {
    const servers = 'traefik/http/services/s/loadBalancer/servers'
    const pairs = Object.fromEntries([2, 10, 1, 0].map((index) => [`${servers}/${index}/url`, `http://s${index}`]))
    expect(read(pairs).value?.http?.services?.s?.loadBalancer?.servers).toEqual(
      [0, 1, 10, 2].map((index) => expect.objectContaining({ url: `http://s${index}` })),
    )
    const list = 'traefik/http/middlewares/m/plugin/p/list'
    const options = Object.fromEntries([2, 10, 1].map((index) => [`${list}/${index}/x`, `${index}`]))
    expect(read(options).value?.http?.middlewares).toEqual({
      m: { plugin: { p: { list: [{ x: '1' }, { x: '10' }, { x: '2' }] } } },
    })
  })

  test('further levels of a map of texts belong to the name', () => {
    const fields = 'traefik/http/middlewares/m/headers/customRequestHeaders'
    const { value } = read({
      [`${fields}/X/A`]: '1',
      [`${fields}/Y.B`]: '2',
      [`${fields}/Z/0`]: '3',
      [`${fields}/Z/1`]: '4',
    })
    expect(value?.http?.middlewares?.m?.headers).toMatchObject({
      customRequestHeaders: { 'X.A': '1', 'Y.B': '2', Z: '3,4' },
    })
  })

  test('a level of such a name has no value of its own', () => {
    const fields = 'traefik/http/middlewares/m/headers/customRequestHeaders'
    // As in ZooKeeper, where whatever has children is there itself.
    expect(read({ [`${fields}/X`]: '', [`${fields}/X/A`]: '1' })).toMatchObject({
      value: { http: { middlewares: { m: { headers: { customRequestHeaders: { 'X.A': '1' } } } } } },
      problems: [],
    })
    expect(read({ [`${fields}/X`]: '2', [`${fields}/X/A`]: '1' }).problems).toMatchObject([
      {
        severity: 'warning',
        message: 'the value of X is ignored: there are further names below it',
        origin: { item: `key ${fields}/X` },
      },
    ])
  })

  test('a value cannot hold a comma', () => {
    expect(routers({ 'traefik/http/routers/a/middlewares/0': 'a,b' })).toEqual({ a: { middlewares: ['a', 'b'] } })
  })

  test('dots belong to names', () => {
    expect(routers({ 'traefik/http/routers/a.b/rule': 'x' })).toEqual({ 'a.b': { rule: 'x' } })
  })

  test('prototype names are ordinary ones', () => {
    const value = routers({ 'traefik/http/routers/__proto__/rule': 'x', 'traefik/http/routers/constructor/rule': 'y' })
    expect(Object.entries(value ?? {})).toEqual([
      ['__proto__', { rule: 'x' }],
      ['constructor', { rule: 'y' }],
    ])
  })

  test('a root of several levels, with slashes around it', () => {
    expect(normalizeRootKey('//lb/prod/')).toBe('lb/prod')
    expect(read({ 'lb/prod/http/routers/a/rule': 'x' }, 'lb/prod').value?.http?.routers).toEqual({ a: { rule: 'x' } })
  })

  test('a list in the options of a plug-in is one text', () => {
    const { value } = read({
      'traefik/http/middlewares/m/plugin/p/list/0': 'a',
      'traefik/http/middlewares/m/plugin/p/list/1': 'b',
    })
    expect(value?.http?.middlewares).toEqual({ m: { plugin: { p: { list: 'a,b' } } } })
  })
})

describe('problems', () => {
  const RULE = { 'traefik/http/routers/a/rule': 'x' }

  test.each<[string, Record<string, string>, string, string, string | null]>([
    [
      'an unknown section that begins like one',
      { 'traefik/httpx/routers/a/rule': 'x' },
      'field not found, node: httpx',
      'key traefik/httpx',
      'did you mean "http"?',
    ],
    [
      'an unknown option',
      { 'traefik/http/routers/a/rul': 'x', ...RULE },
      'field not found, node: rul',
      'key traefik/http/routers/a/rul',
      'did you mean "rule"?',
    ],
    [
      'in the spelling of its own key',
      { 'traefik/HTTP/routers/a/rule': 'x', 'traefik/http/Routers/b/prioritt': '1' },
      'field not found, node: prioritt',
      'key traefik/http/Routers/b/prioritt',
      'did you mean "priority"?',
    ],
    [
      'a number that is none',
      { 'traefik/http/routers/a/priority': 'high' },
      'strconv.ParseInt: parsing "high": invalid syntax',
      'key traefik/http/routers/a/priority',
      null,
    ],
    [
      'behind an index',
      { 'traefik/http/services/s/loadBalancer/servers/00/weight': 'x' },
      'strconv.ParseInt: parsing "x": invalid syntax',
      'key traefik/http/services/s/loadBalancer/servers/00/weight',
      null,
    ],
    [
      'a folder without keys',
      { 'traefik/http/routers/': '', ...{ 'traefik/http/services/s/loadBalancer/passHostHeader': 'true' } },
      'routers cannot be a standalone element (type map[string]*dynamic.Router)',
      'key traefik/http/routers',
      'write its options as keys below it, or delete it',
    ],
    [
      'too many levels',
      { [`traefik/http${'/a'.repeat(101)}`]: 'x' },
      'more than 100 levels',
      `key traefik/http${'/a'.repeat(94)}…`,
      null,
    ],
  ])('%s', (_name, pairs, message, item, hint) => {
    const { value, problems } = read(pairs)
    expect(value).toBeNull()
    expect(problems).toMatchObject([{ severity: 'error', message, origin: { item }, hint, position: null }])
  })

  test.each<[string, string, string, string | null]>([
    ['a misspelt section', 'traefik/htp/routers/a/rule', 'key traefik/htp', 'did you mean "http"?'],
    ['a section left out', 'traefik/routers/a/rule', 'key traefik/routers', 'did you mean "http/routers"?'],
    [
      'an empty level before a section',
      'traefik//http/routers/a/rule',
      'key traefik//http',
      'did you mean "http" without the empty level before it?',
    ],
  ])('%s is told, and nothing else suffers', (_name, key, item, hint) => {
    const { value, problems } = read({ [key]: 'x', [`${key}x`]: 'y', ...RULE })
    expect(value?.http?.routers).toEqual({ a: { rule: 'x' } })
    expect(problems).toMatchObject([
      { severity: 'warning', message: 'the key is ignored: only http, tcp, udp, tls are read', origin: { item }, hint },
    ])
  })

  test('a key that is as long as it may be is told in part', () => {
    const { problems } = read({ [`traefik/http/routers/a/${'x'.repeat(1_000_000)}`]: 'x' })
    expect(problems[0]!.origin!.item).toHaveLength(205)
  })
})

test('100,000 keys, 1 MiB of text', { timeout: 20_000 }, () => {
  const pairs: [string, string][] = []
  for (let i = 0; i < 50_000; i++) {
    pairs.push([`traefik/http/routers/r${i}/rule`, `Host(\`${i}.test\`)`], [`traefik/http/routers/r${i}/service`, 's'])
  }
  const long = 'x'.repeat(1024 * 1024)
  pairs.push(['traefik/http/routers/r0/ruleSyntax', long])
  const { value, problems } = readPairs(pairs, 'traefik')
  expect(problems).toEqual([])
  expect(Object.keys(value!.http!.routers!)).toHaveLength(50_000)
  expect(value!.http!.routers!.r0!.ruleSyntax).toBe(long)
  const broken = readPairs([...pairs, ['traefik/http/routers/r1/rulee', 'x']], 'traefik')
  expect(broken.problems[0]!.origin).toEqual({ item: 'key traefik/http/routers/r1/rulee' })
})
