import { describe, expect, test } from 'vitest'
import { aliasMatchers, flatHostOf, setFlatHost } from '../../../src/engine/matching/alias-matchers.ts'
import { hostsOf } from '../../../src/engine/matching/host-index.ts'
import { compileRule } from '../../../src/engine/matching/matchers.ts'
import { rareMatchers } from '../../../src/engine/matching/rare-matchers.ts'
import { compileRegexp } from '../../../src/engine/matching/regexp/regexp.ts'
import { Fields } from '../../../src/http/fields.ts'
import { ProxyRequest } from '../../../src/http/request.ts'
import type { RequestContext } from '../../../src/http/request-context.ts'
import { ProxyResponse } from '../../../src/http/response.ts'
import { parseRule } from '../../../src/rules/parse-rule.ts'
import { aliasTable } from '../../../src/runtime/routing/alias-table.ts'

const matchers = { ...rareMatchers, ...aliasMatchers }

function requestFor(host: string): ProxyRequest {
  const request = new ProxyRequest('GET', 'http', host, '/', new Fields([]), null, null, 'HTTP/1.1')
  request.host = host
  return request
}

const cx = {} as RequestContext

function matches(rule: string, syntax: 'v2' | 'v3', host: string, flat: string): boolean {
  const request = requestFor(host)
  setFlatHost(request, flat)
  return compileRule(parseRule(rule, syntax), compileRegexp, matchers)(request, cx)
}

// What follows: whether an alias of `target.test` matches, and whether a host with a dot at the end, that is no alias.
describe('as Traefik', () => {
  test.each<[string, 'v2' | 'v3', boolean, boolean]>([
    ['Host(`target.test`)', 'v3', true, false],
    ['Host(`www.test`)', 'v3', true, false],
    ['Host(`www.test.`)', 'v3', false, true],
    ['Host(`*.test`)', 'v3', true, false],
    ['Host(`*`)', 'v3', true, true],
    ['Host(`www.test`) && Host(`target.test`)', 'v3', true, false],
    ['!Host(`target.test`)', 'v3', false, true],
    ['HostRegexp(`^target\\.test$`)', 'v3', true, false],
    ['HostRegexp(`^www\\.test\\.?$`)', 'v3', true, true],
    ['HostRegexp(`^$`)', 'v3', false, false],
    ['Host(`other.test`, `target.test`)', 'v2', true, false],
    ['Host(`www.test`)', 'v2', true, false],
    ['HostRegexp(`{any:target.test}`)', 'v2', false, false],
  ])('%s (%s)', (rule, syntax, ofAlias, withDot) => {
    expect(matches(rule, syntax, 'www.test', 'target.test')).toBe(ofAlias)
    expect(matches(rule, syntax, 'www.test.', 'www.test.')).toBe(withDot)
  })
})

describe('a table', () => {
  const rules = [
    'Host(`www.test`) && Host(`target.test`)',
    'Host(`target.test`)',
    'PathPrefix(`/`)',
    'Host(`www.test`)',
  ]
  const routes = rules.map((rule, at) => {
    const node = parseRule(rule, 'v3')
    return {
      name: `r${at}`,
      provider: 'file',
      priority: BigInt(rules.length - at),
      hosts: hostsOf(node),
      matches: compileRule(node, compileRegexp, matchers),
      handle: () => new ProxyResponse(200, new Fields(), String(at)),
    }
  })

  test.each([
    ['www.test', 'target.test', '0'],
    ['a.test', 'target.test', '1'],
    ['target.test', 'target.test', '1'],
    ['a.test', 'b.test', '2'],
    ['www.test', 'www.test', '2'],
  ])('%s, which leads to %s', async (host, flat, taken) => {
    for (const flatten of [() => flat, async () => flat]) {
      const request = requestFor(host)
      expect((await aliasTable(flatten)(routes, [])(request, cx)).content).toBe(taken)
      expect(flatHostOf(request)).toBe(flat)
    }
  })

  test('of none is a 404, and tables below one another ask once', async () => {
    let asked = 0
    const create = aliasTable((host) => {
      asked++
      return host
    })
    const below = create([], [])
    const above = create([{ ...routes[2]!, handle: below }], [])
    expect((await above(requestFor('a.test'), cx)).status).toBe(404)
    expect(asked).toBe(1)
  })
})
