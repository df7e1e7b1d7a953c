import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HostnameHolders } from '../../../../src/compiler/discovery/kubernetes/gateway/hostname-holders.ts'
import { commonHostnames } from '../../../../src/compiler/discovery/kubernetes/gateway/listener.ts'
import { selectorFault, selects } from '../../../../src/compiler/discovery/kubernetes/gateway/selector.ts'

describe('host names that a listener and a route have in common', () => {
  test.each<[string | null, string[], readonly string[] | null]>([
    [null, [], []],
    [null, ['b.test', 'a.test', 'b.test'], ['b.test', 'a.test', 'b.test']],
    ['a.test', [], ['a.test']],
    ['a.test', ['a.test', 'b.test'], ['a.test']],
    ['*.test', ['x.a.test', 'a.test', 'test'], ['a.test', 'x.a.test']],
    ['x.a.test', ['*.test', '*.a.test'], ['x.a.test']],
    ['*.test', ['*.a.test'], ['*.a.test']],
    ['*.a.test', ['*.test'], ['*.a.test']],
    ['a.test', ['*.a.test', 'b.test'], null],
  ])('%j and %j', (listener, route, common) => {
    expect(commonHostnames(listener, route)).toEqual(common)
  })
})

test('who has host names is found as by looking at all of them', () => {
  const hostname = fc.constantFrom('a.test', 'b.test', 'x.a.test', '*.test', '*.a.test', '*.b.test', 'c.example')
  const hostnames = fc.array(hostname, { maxLength: 2 })
  const overlap = (a: readonly string[], b: readonly string[]) =>
    a.length === 0 || b.length === 0 || a.some((one) => commonHostnames(one, b) !== null)
  fc.assert(
    fc.property(fc.array(hostnames, { maxLength: 4 }), hostnames, (all, asked) => {
      const holders = new HostnameHolders()
      for (const [at, one] of all.entries()) holders.add(one, String(at))
      const found = holders.holderOf(asked)
      const owners = all.flatMap((one, at) => (overlap(one, asked) ? [String(at)] : []))
      expect(found === null).toBe(owners.length === 0)
      if (found !== null) expect(owners).toContain(found)
    }),
    { numRuns: 1000 },
  )
})

describe('namespaces by their labels', () => {
  const expression = (operator: string, ...values: string[]) => ({
    matchLabels: {},
    matchExpressions: [{ key: 'team', operator, values }],
  })
  const labels = { team: 'x' }

  test.each<[string, Parameters<typeof selects>[0], boolean, boolean]>([
    ['nothing is asked for', { matchLabels: {}, matchExpressions: [] }, true, true],
    ['a label', { matchLabels: { team: 'x' }, matchExpressions: [] }, true, false],
    ['another value', { matchLabels: { team: 'y' }, matchExpressions: [] }, false, false],
    ['one of several', expression('In', 'x', 'y'), true, false],
    ['none of several', expression('NotIn', 'y'), true, true],
    ['not this one', expression('NotIn', 'x'), false, true],
    ['any value', expression('Exists'), true, false],
    ['no value', expression('DoesNotExist'), false, true],
  ])('%s', (_name, selector, withLabel, without) => {
    expect(selectorFault(selector)).toBeNull()
    expect(selects(selector, labels)).toBe(withLabel)
    expect(selects(selector, {})).toBe(without)
  })

  test.each([expression('In'), expression('Exists', 'x'), expression('Like', 'x')])('%j is none', (selector) => {
    expect(selectorFault(selector)).not.toBeNull()
  })
})
