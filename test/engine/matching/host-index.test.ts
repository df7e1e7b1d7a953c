import { describe, expect, test } from 'vitest'
import { createHostIndex, hostsOf } from '../../../src/engine/matching/host-index.ts'
import { parseRule } from '../../../src/rules/parse-rule.ts'

describe('hostsOf', () => {
  test.each<[string, string[] | null, string[]?]>([
    ['Host(`A.com`)', ['a.com']],
    ['Host(`a.com.`)', ['a.com']],
    ['Host(`*.a.com`)', [], ['a.com']],
    ['Host(`*a.com`)', []],
    ['Host(`*`)', null],
    ['Path(`/`)', null],
    ['Host(`a`) && Path(`/`)', ['a']],
    ['Host(`a`) || Path(`/`)', null],
    ['Host(`a`) || Host(`b`)', ['a', 'b']],
    ['Host(`a`) && Host(`b`)', ['a']],
    ['Host(`x.a`) && Host(`*.a`)', ['x.a']],
    ['!Host(`a`)', null],
    ['!!Host(`a`)', ['a']],
    ['!(!Host(`a`) || Path(`/`))', ['a']],
    ['HostRegexp(`a`)', null],
  ])('%s', (rule, names, wildcards = []) => {
    const hosts = hostsOf(parseRule(rule, 'v3'))
    expect(hosts === null ? null : [...hosts.names]).toEqual(names)
    if (hosts !== null) expect([...hosts.wildcards]).toEqual(wildcards)
  })
})

describe('createHostIndex', () => {
  const rules = ['Host(`a.com`)', 'PathPrefix(`/`)', 'Host(`*.a.com`)', 'Host(`x.a.com`) || Host(`a.com`)']
  const index = createHostIndex(rules.map((rule) => ({ hosts: hostsOf(parseRule(rule, 'v3')) })))

  test.each<[string, number[]]>([
    ['a.com', [0, 1, 3]],
    ['a.com.', [0, 1, 3]],
    ['x.a.com', [1, 2, 3]],
    ['y.a.com', [1, 2]],
    ['other', [1]],
    ['', [1]],
  ])('%j', (host, at) => {
    expect(index.candidates(host)).toEqual(at)
  })

  test('the lists of known and unknown hosts are made once', () => {
    expect(index.candidates('a.com')).toBe(index.candidates('a.com'))
    expect(index.candidates('y.a.com')).toBe(index.candidates('z.a.com'))
    expect(index.candidates('p')).toBe(index.candidates('q'))
  })
})
