import { describe, expect, test } from 'vitest'
import { createHostIndex, hostsOf } from '../../../src/engine/matching/host-index.ts'
import { compileRule } from '../../../src/engine/matching/matchers.ts'
import { rareMatchers } from '../../../src/engine/matching/rare-matchers.ts'
import { compileRegexp } from '../../../src/engine/matching/regexp/regexp.ts'
import { Fields } from '../../../src/http/fields.ts'
import { ProxyRequest } from '../../../src/http/request.ts'
import type { RequestContext } from '../../../src/http/request-context.ts'
import { parseRule } from '../../../src/rules/parse-rule.ts'

interface Sent {
  readonly method?: string
  readonly host?: string
  readonly target?: string
  readonly lines?: string[]
  readonly client?: string
}

function matches(rule: string, sent: Sent, syntax: 'v2' | 'v3' = 'v3'): boolean {
  const { method = 'GET', host = 'h', target = '/', lines = [], client = '' } = sent
  const request = new ProxyRequest(method, 'http', host, target, new Fields(lines), null, null, 'HTTP/1.1')
  request.host = host
  const cx = { client: { address: client, port: 1, tls: null } } as unknown as RequestContext
  const node = parseRule(rule, syntax)
  const matched = compileRule(node, compileRegexp, rareMatchers)(request, cx)
  if (matched) expect(createHostIndex([{ hosts: hostsOf(node) }]).candidates(host)).toEqual([0])
  return matched
}

// Traefik's v2 syntax takes brackets off only where a port stands behind them.
test('an address in brackets, and an expression of the v2 syntax', () => {
  const matches = (rule: string, authority: string) => {
    const request = new ProxyRequest('GET', 'http', authority, '/', new Fields([]), null, null, 'HTTP/1.1')
    request.host = '::1'
    return compileRule(parseRule(rule, 'v2'), compileRegexp, rareMatchers)(request, {} as RequestContext)
  }
  expect(matches('HostRegexp(`[::1]`)', '[::1]')).toBe(true)
  expect(matches('HostRegexp(`::1`)', '[::1]')).toBe(false)
  expect(matches('HostRegexp(`[::1]`)', '[::1]:80')).toBe(false)
  expect(matches('HostRegexp(`::1`)', '[::1]:80')).toBe(true)
})

// Answers of Traefik 3.7.15, sent as canonical hosts or targets: those that match, those that don't.
describe('as Traefik', () => {
  test.each<[string, 'v2' | 'v3', string[], string[]]>([
    [
      'Host(`*.example.com`)',
      'v3',
      ['a.example.com', 'a.example.com.', '.example.com', '*.example.com'],
      ['a.example.com..', 'example.com', 'a.b.example.com'],
    ],
    ['Host(`*.example.com.`)', 'v3', ['a.example.com', 'a.example.com.', 'a.example.com..'], []],
    ['Host(`*foo.com`)', 'v3', [], ['afoo.com', 'foo.com', '*foo.com']],
    ['Host(`example.com`)', 'v3', ['example.com', 'example.com.'], ['example.com..']],
    ['Host(`example.com.`)', 'v3', ['example.com', 'example.com.', 'example.com..'], []],
    ['Host(`example.com..`)', 'v3', ['example.com.', 'example.com..', 'example.com...'], ['example.com']],
    ['Host(`*.`)', 'v3', ['a', 'a.', 'a..'], []],
    ['Host(`*`)', 'v3', ['a', ''], []],
    ['Host(`**`)', 'v3', [], ['a']],
    ['Host(`*.*`)', 'v3', ['a.*'], ['a.b']],
    ['Host(`a.*.com`)', 'v3', ['a.*.com'], ['a.b.com']],
    ['Host(`.`)', 'v3', ['.'], ['a']],
    ['HostRegexp(`^$`)', 'v3', ['a'], []],
    ['HostRegexp(`x*`)', 'v3', ['a'], []],
    ['HostRegexp(`^A`)', 'v3', [], ['a']],
    ['Host(`[::1]`)', 'v3', [], ['::1']],
    ['Host(`::1`)', 'v3', ['::1'], []],
    ['HostRegexp(`{a:[A-Z]+}.com`)', 'v2', ['x.com'], ['ax.com.', 'y.x.com', 'x.com.']],
    ['HostRegexp(`x.com:80`)', 'v2', [], ['x.com']],
    ['HostRegexp(`x.com{p:(?:.)?}`)', 'v2', ['x.com', 'x.coma'], []],
    ['HostRegexp(`{a}.com`)', 'v2', ['x.com'], ['y.x.com', '']],
    ['HostRegexp(`{a:.*}`)', 'v2', ['x.com', ''], []],
    ['Host(`X.com`,`y.com.`)', 'v2', ['x.com', 'x.com.', 'y.com', 'y.com.', 'y.com..'], ['z.com']],
    ['Query(`a=`)', 'v2', ['/?a', '/?a=', '/?a=1', '/?a=1&a=2'], ['/?b']],
    ['Query(`a=b`)', 'v2', ['/?a=b', '/?a=b&a=c', '/?a=%62'], ['/?a=c&a=b', '/?a=bb', '/?A=b']],
    ['Query(`a={x:b+}`)', 'v2', ['/?a=bb'], ['/?a=', '/?a=cb', '/?a=bb%0a']],
    ['Query(`a={x}`)', 'v2', ['/?a=bb', '/?a=', '/?a'], ['/?b=a']],
    ['Query(`a`,`b`)', 'v2', ['/?a=b'], ['/?a', '/?b']],
    ['Query(`a=b=c`)', 'v2', ['/?a=b=c'], ['/?a=b']],
    ['Path(`/{a}`)', 'v2', ['/x', '/x%2Fy', '/x%20y'], ['/x/y', '/']],
    ['PathPrefix(`/a{b:[0-9]}`)', 'v2', ['/a1', '/a12', '/a1/x'], ['/ab']],
    ['Path(`/a.b`)', 'v2', ['/a.b'], ['/axb']],
    ['Path(`/{a:x|y}`)', 'v2', ['/x', '/y'], ['/xz']],
    ['Path(`/{a:(?i)x}z`)', 'v2', ['/Xz'], ['/X', '/XZ']],
    [
      'Query(`a`)',
      'v3',
      ['/?a', '/?a=', '/?a=1&a=', '/?a=&', '/?a&b', '/?%61', '/?a&&'],
      ['/?a=1', '/?a+', '/?a=%zz', '/?b'],
    ],
    ['Query(`a b`,`c d`)', 'v3', ['/?a+b=c+d', '/?a%20b=c%20d'], ['/?a+b=c']],
    ['QueryRegexp(`a`,`^x`)', 'v3', ['/?a=yx&a=x', '/?a=xy'], ['/?a=yx']],
    ['QueryRegexp(`a`)', 'v3', ['/?a'], ['/?a=1']],
    ['Query(`a`,`é`)', 'v3', ['/?a=%C3%A9'], ['/?a=%E9']],
  ])('%s (%s)', (rule, syntax, yes, no) => {
    const send = (text: string): Sent => (text.startsWith('/') ? { target: text } : { host: text })
    expect(yes.filter((text) => !matches(rule, send(text), syntax))).toEqual([])
    expect(no.filter((text) => matches(rule, send(text), syntax))).toEqual([])
  })
})

describe('v3', () => {
  test.each<[string, Sent, boolean]>([
    ['Path(`/a b`)', { target: '/a%20b' }, true],
    ['Path(`/a%20b`)', { target: '/a%20b' }, false],
    ['Path(`/a%2Fb`)', { target: '/a%2Fb?x' }, true],
    ['Path(`/a/b`)', { target: '/a%2Fb' }, false],
    ['PathPrefix(`/products`)', { target: '/products-for-sale' }, true],
    ['PathPrefix(`/products`)', { target: '/Products' }, false],
    ['PathRegexp(`\\.png$`)', { target: '/x/y.png?z' }, true],
    ['PathRegexp(`^/(a+)+$`)', { target: `/${'a'.repeat(5000)}b` }, false],
    ['Method(`get`)', { method: 'GET' }, true],
    ['Method(`GET`)', { method: 'get' }, false],
    ['Method(`GET`)', { method: 'HEAD' }, false],
    ['Header(`x-a`, `b`)', { lines: ['X-A', 'b'] }, true],
    ['Header(`X-A`, `b`)', { lines: ['x-a', 'a', 'X-a', 'b'] }, true],
    ['Header(`X-A`, `b`)', { lines: ['X-A', 'a, b'] }, false],
    ['Header(`X-A`, `é`)', { lines: ['X-A', '\u00c3\u00a9'] }, true],
    ['Header(`Host`, `h`)', { lines: ['Host', 'h'] }, false],
    ['HeaderRegexp(`X-A`, `^.$`)', { lines: ['X-A', '\u00c3\u00a9'] }, true],
    ['HeaderRegexp(`X-A`, `^b`)', { lines: ['X-A', 'ab', 'X-A', 'ba'] }, true],
    ['ClientIP(`10.0.0.0/8`)', { client: '10.1.2.3' }, true],
    ['ClientIP(`::1`)', { client: '::1' }, true],
    ['ClientIP(`10.0.0.0/8`)', { client: '' }, false],
    ['!Host(`a`) || Path(`/x`)', { host: 'a', target: '/x' }, true],
    ['!(Host(`a`) || Path(`/x`))', { host: 'b', target: '/x' }, false],
    ['Host(`a`) && Path(`/x`) || Host(`b`)', { host: 'b' }, true],
    ['Host(`a`) && (Path(`/x`) || Host(`b`))', { host: 'b' }, false],
  ])('%s on %j: %s', (rule, sent, matched) => {
    expect(matches(rule, sent)).toBe(matched)
  })
})

describe('v2', () => {
  test.each<[string, Sent, boolean]>([
    ['Method(`get`, `post`)', { method: 'POST' }, true],
    ['Headers(`X-A`, `b`, `X-C`, `d`)', { lines: ['X-A', 'b', 'X-C', 'd'] }, true],
    ['Headers(`X-A`, `b`, `X-C`, `d`)', { lines: ['X-A', 'b'] }, false],
    ['HeadersRegexp(`X-A`, `^b`)', { lines: ['X-A', 'bc'] }, true],
    ['ClientIP(`1.2.3.4`, `10.0.0.0/8`)', { client: '10.0.0.1' }, true],
    ['Path(`/a`, `/{n:[0-9]+}`)', { target: '/12' }, true],
    ['Path(`/a`, `/{n:[0-9]+}`)', { target: '/12/' }, false],
  ])('%s on %j: %s', (rule, sent, matched) => {
    expect(matches(rule, sent, 'v2')).toBe(matched)
  })
})

test('long chains', () => {
  const rule = Array.from({ length: 2000 }, (_, i) => `Host(\`h${i}\`)`).join(' || ')
  expect(matches(rule, { host: 'h0' })).toBe(true)
  expect(matches(rule, { host: 'h1999' })).toBe(true)
  expect(matches(rule, { host: 'h2000' })).toBe(false)
  expect(matches(rule.replaceAll('||', '&&').replace(/h\d+/g, 'h'), { host: 'h' })).toBe(true)
})

test('an unknown matcher is refused', () => {
  expect(() => compileRule({ op: 'match', matcher: 'toString', args: [], regexps: [] }, compileRegexp)).toThrow(
    'unknown matcher',
  )
})
