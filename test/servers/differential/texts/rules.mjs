import { compileRule } from '../../../../src/engine/matching/matchers.ts'
import { rareMatchers } from '../../../../src/engine/matching/rare-matchers.ts'
import { compileRegexp } from '../../../../src/engine/matching/regexp/regexp.ts'
import { compileTcpRule } from '../../../../src/engine/matching/tcp-matchers.ts'
import { unlimitedEffort } from '../../../../src/http/effort.ts'
import { Fields, toFieldText } from '../../../../src/http/fields.ts'
import { ProxyRequest } from '../../../../src/http/request.ts'
import { parseRule, RuleError } from '../../../../src/rules/parse-rule.ts'
import { parseTcpRule } from '../../../../src/rules/parse-tcp-rule.ts'
import { canonicalHost } from '../../../../src/runtime/routing/entry-point.ts'
import { several, sometimesMutated } from './mutations.mjs'
import { valueOr } from './refused.mjs'

/** Rules of HTTP routers in both syntaxes, and which requests they are about. */
export const rule = {
  inputOf(random) {
    const syntax = random.pick(['v3', 'v3', 'v2'])
    const text = sometimesMutated(random, 0.25, expression(random, MATCHERS[syntax], 3), PIECES)
    return { rule: text, syntax, requests: several(random, 3, 6, () => request(random)) }
  },

  own: ({ rule, syntax, requests }) =>
    valueOr([RuleError], () => {
      const matches = compileRule(parseRule(rule, syntax), compileRegexp, rareMatchers)
      return requests.map(({ method, target, host, fields, client }) => {
        const lines = fields.flatMap(([name, value]) => [name, toFieldText(value)])
        const asked = new ProxyRequest(method, 'http', host, target, new Fields(lines), null, null, 'HTTP/1.1')
        asked.host = canonicalHost(host)
        return matches(asked, { ...unlimitedEffort(), client: { address: client } })
      })
    }),
}

/** Rules of TCP routers in both syntaxes, the hosts that they name, and which connections they are about. */
export const tcpRule = {
  inputOf(random) {
    const syntax = random.pick(['v3', 'v3', 'v2'])
    const text = sometimesMutated(random, 0.25, expression(random, TCP_MATCHERS[syntax], 3), PIECES)
    return { rule: text, syntax, connections: several(random, 3, 6, () => connection(random)) }
  },

  own: ({ rule, syntax, connections }) =>
    valueOr([RuleError], () => {
      const parsed = parseTcpRule(rule, syntax)
      const matches = compileTcpRule(parsed.build(), compileRegexp)
      const found = connections.map(({ serverName, client, protocols }) =>
        matches({ protocol: 'tls', serverName, protocols, clientAddress: client }, unlimitedEffort()),
      )
      return {
        domains: parsed.hosts.map((host) => host.toLowerCase()),
        isCatchAll: parsed.isCatchAll && found.includes(true),
        matches: found,
      }
    }),
}

const HOSTS = [
  'a.test',
  'A.Test',
  'b.a.test',
  '*.a.test',
  'a.test.',
  '*',
  'é.test',
  '10.0.0.1',
  '[::1]',
  'x',
  '',
  'a_b.test',
  'xn--e1a.test',
  '{sub:[a-z]+}.a.test',
  '{h:.+}',
  'a..test',
  '::1',
  '*.test',
  'a b',
  'a.test:80',
]
const EXPRESSIONS = [
  '^a\\.test$',
  '(?i)^B',
  '.*',
  '^/api/[0-9]+',
  '(',
  '[a-z]+',
  '^$',
  'é',
  '^/(foo|bar)/?$',
  '\\d{2,}',
  'a{1001}',
  '^(?P<x>a)$',
  '^\\w+\\.a\\.test$',
]
const PATHS = [
  '/',
  '/a',
  '/a/',
  '/a b',
  '/é',
  '/a%2Fb',
  '/api/42',
  'a',
  '',
  '/{id:[0-9]+}',
  '/a/{x}',
  '/foo',
  '/{a}/{b}',
  '/{a:[}',
  '/{}',
  '/a{',
  '/b}',
  '/{x:(a|b)}',
  '/a/{x:.*}',
  '/%41',
  '/a//b',
  '/{x:/b/c}',
  '/{:a}',
  '/{x:}',
  '/a.b',
]
const RANGES = [
  '127.0.0.1',
  '10.0.0.0/8',
  '::1',
  'fd00::/8',
  '10.0.0.1/33',
  '1.2.3',
  '',
  '0.0.0.0/0',
  '::ffff:10.0.0.0/104',
  '010.0.0.1',
  'fe80::1%eth0',
  '10.0.0.1 ',
  '::/0',
]
const NAMES = ['X-A', 'x-a', 'Host', 'Accept', 'X A', 'É', '', 'Content-Type']
const VALUES = ['1', 'a b', 'é', '', 'text/html', ' x ', 'a,b', 'A']
const QUERIES = ['a=1', 'a', 'a=', 'a={x:[0-9]+}', 'b=x y', '=1', 'a=1=2', 'é=é', 'a={x}', '{a}=1', 'a={', 'a=1&b=2']

/** Matchers with the texts that each of their arguments may be. */
const V3 = [
  ['Host', HOSTS], ['HostRegexp', EXPRESSIONS], ['Path', PATHS], ['PathPrefix', PATHS], ['PathRegexp', EXPRESSIONS], ['Method', ['GET', 'post', 'X', '']], ['Header', NAMES, VALUES],
  ['HeaderRegexp', NAMES, EXPRESSIONS], ['Query', ['a', 'b', 'é', ''], VALUES], ['QueryRegexp', ['a', 'b'], EXPRESSIONS], ['Query', ['a', 'x']], ['QueryRegexp', ['a']], ['ClientIP', RANGES],
] // biome-ignore format: a table
const V2 = [
  ['Host', HOSTS], ['Host', HOSTS, HOSTS], ['HostHeader', HOSTS], ['HostRegexp', [...HOSTS, ...EXPRESSIONS]], ['HostRegexp', HOSTS, HOSTS], ['Path', PATHS], ['Path', PATHS, PATHS], ['PathPrefix', PATHS],
  ['PathPrefix', PATHS, PATHS], ['Method', ['GET', 'post'], ['PUT', '']], ['Headers', NAMES, VALUES], ['HeadersRegexp', NAMES, EXPRESSIONS], ['Query', QUERIES], ['Query', QUERIES, QUERIES], ['ClientIP', RANGES, RANGES],
] // biome-ignore format: a table
const MATCHERS = { v3: V3, v2: V2 }
const TCP_MATCHERS = {
  v3: [['HostSNI', HOSTS], ['HostSNI', ['*']], ['HostSNIRegexp', EXPRESSIONS], ['ClientIP', RANGES], ['ALPN', ['h2', 'http/1.1', 'acme-tls/1', '']]],
  v2: [['HostSNI', HOSTS], ['HostSNI', HOSTS, HOSTS], ['HostSNIRegexp', [...HOSTS, ...EXPRESSIONS]], ['HostSNIRegexp', HOSTS, HOSTS], ['ClientIP', RANGES, RANGES], ['ALPN', ['h2', 'acme-tls/1'], ['http/1.1', '']]],
} // biome-ignore format: a table

const PIECES = [
  '(', ')', '!', '&&', '||', '&', '|', ',', '`', '"', "'", '\\', '.', ' ', '\n', '\t', '//', '/*', '*/', '/* c */', '\r', ';', '[', ']', '{', '}', '1', '0x', '1.5', "'a'", 'Host', 'host', 'HOST', 'a.b', 'Foo(`a`)',
  '==', '!=', '<', '-', '+', 'nil', 'true', 'func', 'if', 'HostSNI(`*`)', 'Path(`/a`)', '()', '(`a`)', '\u00a0', '\ufeff', '\0', 'é', '“', '\\u00e9', '\\x', '\\"', '...', ':', ':=', '<-', '*', '0', '08', '1_000', '1i', '"a" + "b"',
] // biome-ignore format: a table

function expression(random, matchers, depth) {
  if (depth === 0 || random.chance(0.35)) return call(random, matchers)
  const inner = () => expression(random, matchers, depth - 1)
  switch (random.below(5)) {
    case 0:
      return `!${inner()}`
    case 1:
      return `(${inner()})`
    case 2:
      return `${inner()} || ${inner()}`
    default:
      return inner() + random.pick([' && ', '&&', ' &&\n']) + inner()
  }
}

function call(random, matchers) {
  const [name, ...kinds] = random.pick(matchers)
  const values = kinds.map((kind) => argument(random, random.pick(random.chance(0.95) ? kind : VALUES)))
  if (random.chance(0.03)) values.pop()
  if (random.chance(0.03)) values.push(argument(random, 'x'))
  const written = random.chance(0.06)
    ? random.pick([name.toLowerCase(), name.toUpperCase(), name[0].toLowerCase() + name.slice(1)])
    : name
  return `${written}(${values.join(random.pick([', ', ',', ' , ']))}${random.chance(0.03) ? ',' : ''})`
}

const argument = (random, text) => (text.includes('`') || random.chance(0.25) ? JSON.stringify(text) : `\`${text}\``)

const TARGETS = [
  '/',
  '/a',
  '/a/',
  '/a%20b',
  '/%C3%A9',
  '/a%2Fb',
  '/api/42',
  '/foo',
  '/bar/',
  '/a?a=1',
  '/?a',
  '/?a=&b=x+y',
  '/?%C3%A9=%C3%A9',
  '/?a=1&a=2',
  '/?b=1=2',
  '/a/b',
  '/42/7',
  '/?a=12&b',
  '/?a=%zz',
  '/?a=1;b=2',
  '/a.b',
  '/{a}/%7Bb',
  '/a//b',
  '/%25',
]
const CLIENTS = ['127.0.0.1', '10.0.0.1', '10.200.3.4', '::1', 'fd00::1', '192.168.0.1', '::ffff:10.0.0.9']

function request(random) {
  const method = random.pick(['GET', 'POST', 'PUT', 'X', 'get'])
  const target = random.pick(TARGETS)
  const host = random.pick([
    'a.test',
    'A.TEST',
    'b.a.test',
    'a.test:80',
    'x',
    '10.0.0.1',
    '[::1]',
    '[::1]:80',
    'a.test.',
    'c.b.a.test',
    'a_b.test',
    'test',
    'b',
  ])
  const fields = several(random, 0, 3, () => [
    random.pick(['X-A', 'x-a', 'Accept', 'Content-Type']),
    random.pick(['1', 'a b', 'é', 'text/html', 'a,b', 'A', '42', 'x']),
  ])
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, ...fields.map(([name, value]) => `${name}: ${value}`)]
  return { method, target, host, fields, client: random.pick(CLIENTS), head: `${lines.join('\r\n')}\r\n\r\n` }
}

const connection = (random) => ({
  serverName: random.pick(['a.test', 'b.a.test', 'c.b.a.test', 'x', '', 'a_b.test', 'test', '10.0.0.1', 'b']),
  client: random.pick(CLIENTS),
  protocols: random.some(['h2', 'http/1.1', 'acme-tls/1'], 0.4),
})
