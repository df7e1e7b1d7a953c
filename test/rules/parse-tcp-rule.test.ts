import { describe, expect, test } from 'vitest'
import { compileRegexp } from '../../src/engine/matching/regexp/regexp.ts'
import { compileTcpRule } from '../../src/engine/matching/tcp-matchers.ts'
import { unlimitedEffort } from '../../src/http/effort.ts'
import { parseTcpRule } from '../../src/rules/parse-tcp-rule.ts'

type Syntax = 'v2' | 'v3'

/** The message of whatever is wrong, of the grammar or of the arguments. */
function complaint(rule: string, syntax: Syntax = 'v3'): string | null {
  try {
    parseTcpRule(rule, syntax).build()
    return null
  } catch (error) {
    return (error as Error).message
  }
}

describe('what is wrong, in the words of Traefik 3.7.15', () => {
  test.each([
    ['HostSNI(`*`', 'invalid rule: "HostSNI(`*`" , 1:12: missing \',\' before newline in argument list'],
    [' ', 'invalid rule: " " , 1:2: expected operand, found \'EOF\''],
    ['Host(`a`)', 'invalid rule: "Host(`a`)" , unsupported function: Host'],
    ['`a`', 'invalid rule: "`a`" , error while parsing rule `a`'],
    ['HostSNI(`a`) + HostSNI(`b`)', 'invalid rule: "HostSNI(`a`) + HostSNI(`b`)" , + is not supported'],
    ['HostSNI()', 'error while adding rule HostSNI(): no args for matcher HostSNI'],
    ['HostSNI(``)', 'error while adding rule HostSNI(``): empty args for matcher HostSNI, []'],
    [
      'HostSNI(`a`,`b`)',
      'error while adding rule HostSNI(`a`,`b`): unexpected number of parameters; got 2, expected 1',
    ],
    [
      'HostSNI(`a b`) && ClientIP(`1.1.1.1`)',
      'error while adding rule HostSNI(`a b`) && ClientIP(`1.1.1.1`): invalid value for HostSNI matcher, "a b" is not a valid hostname',
    ],
    [
      'HostSNIRegexp(`(`)',
      'error while adding rule HostSNIRegexp(`(`): compiling HostSNIRegexp matcher: error parsing regexp: missing closing ): `(`',
    ],
    [
      'HostSNIRegexp(`ü`)',
      'error while adding rule HostSNIRegexp(`ü`): invalid value for HostSNIRegexp matcher, "ü" is not a valid hostname',
    ],
    [
      '!(ClientIP(`x`) && HostSNI(`a`))',
      'error while adding rule !(ClientIP(`x`) && HostSNI(`a`)): initializing IP checker for ClientIP matcher: parsing CIDR trusted IPs <nil>: invalid CIDR address: x',
    ],
    [
      'ALPN(`acme-tls/1`)',
      'error while adding rule ALPN(`acme-tls/1`): invalid protocol value for ALPN matcher, "acme-tls/1" is not allowed',
    ],
  ])('%s', (rule, message) => {
    expect(complaint(rule)).toBe(message)
  })

  test.each(['*.', '**', 'a.*.b', '*a.b', '[::1]', 'a/b'])('no host: %s', (host) => {
    expect(complaint(`HostSNI(\`${host}\`)`)).toContain(`"${host}" is not a valid hostname`)
  })

  test.each([
    [
      'HostSNI(`*.a.b`)',
      'error while adding rule HostSNI(`*.a.b`): invalid value for "HostSNI" matcher, "*.a.b" is not a valid hostname or IP',
    ],
    [
      'ALPN(`a`,`acme-tls/1`)',
      'error while adding rule ALPN(`a`,`acme-tls/1`): invalid protocol value for "ALPN" matcher, "acme-tls/1" is not allowed',
    ],
    [
      'HostSNIRegexp(`{x`)',
      'error while adding rule HostSNIRegexp(`{x`): invalid pattern value for "HostSNIRegexp" matcher, "{x" is not a valid pattern: mux: unbalanced braces in "{x"',
    ],
    [
      'ClientIP(`x`)',
      'error while adding rule ClientIP(`x`): could not initialize IP Checker for "ClientIP" matcher: parsing CIDR trusted IPs <nil>: invalid CIDR address: x',
    ],
  ])('v2: %s', (rule, message) => {
    expect(complaint(rule, 'v2')).toBe(message)
  })
})

describe('hosts that are named', () => {
  test.each([
    ['HostSNI(`A`) || ClientIP(`1.1.1.1`) && HostSNI(`b`)', ['A', 'b'], false],
    ['!HostSNI(`a`)', [], false],
    ['!(!HostSNI(`a`))', ['a'], false],
    ['HostSNI(`*`)', ['*'], true],
    ['(hostsni("*"))', ['*'], true],
    ['HostSNI(`*`) && ClientIP(`::1`)', ['*'], false],
    ['HostSNIRegexp(`.*`)', [], false],
  ])('%s', (rule, hosts, isCatchAll) => {
    expect(parseTcpRule(rule, 'v3')).toMatchObject({ hosts, isCatchAll })
  })
})

describe('what matches', () => {
  const seen = (serverName: string, protocols: readonly string[] = [], clientAddress = '127.0.0.1') => ({
    protocol: 'tls' as const,
    serverName,
    protocols,
    clientAddress,
  })

  test.each<[string, string, readonly string[], readonly string[], Syntax?]>([
    ['any', 'HostSNI(`*`)', ['', 'a'], []],
    ['a host', 'HostSNI(`A.Test`)', ['a.test'], ['', 'b.test', 'x.a.test']],
    ['a host with a dot', 'HostSNI(`a.test.`)', ['a.test'], []],
    ['one label', 'HostSNI(`*.a.test`)', ['x.a.test'], ['a.test', 'y.x.a.test', '', '.a.test', '*.a.test']],
    ['an expression', 'HostSNIRegexp(`^.+\\.a$`)', ['x.a'], ['x.ab', '']],
    ['an expression for nothing', 'HostSNIRegexp(`^$`)', [''], ['a']],
    ['either', 'HostSNI(`a`) || HostSNI(`b`)', ['a', 'b'], ['c']],
    ['both', 'HostSNI(`a`) && !ClientIP(`127.0.0.0/8`)', [], ['a']],
    ['neither', '!(HostSNI(`a`) || HostSNI(`b`))', ['c'], ['a', 'b']],
    ['v2: several', 'HostSNI(`a`,`B`)', ['a', 'b'], ['c'], 'v2'],
    ['v2: a star in front', 'HostSNI(`*`,`a`)', ['', 'c'], [], 'v2'],
    ['v2: a star behind', 'HostSNI(`a`,`*`)', ['c'], [''], 'v2'],
    ['v2: a template', 'HostSNIRegexp(`{x:[a-z]+}.b`)', ['a.b'], ['1.b', 'a.b.c', ''], 'v2'],
    ['v2: addresses', 'ClientIP(`10.0.0.1`,`127.0.0.1`)', ['a'], [], 'v2'],
  ])('%s', (_, rule, matching, others, syntax = 'v3') => {
    const matches = compileTcpRule(parseTcpRule(rule, syntax).build(), compileRegexp)
    expect(matching.filter((name) => !matches(seen(name), unlimitedEffort()))).toEqual([])
    expect(others.filter((name) => matches(seen(name), unlimitedEffort()))).toEqual([])
  })

  test('ALPN', () => {
    const matches = compileTcpRule(parseTcpRule('ALPN(`h2`)', 'v3').build(), compileRegexp)
    expect(
      [['h2'], ['x', 'h2'], ['x'], []].map((protocols) => matches(seen('', protocols), unlimitedEffort())),
    ).toEqual([true, true, false, false])
  })
})
