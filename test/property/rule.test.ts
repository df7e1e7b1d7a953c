import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createHostIndex, hostsOf } from '../../src/engine/matching/host-index.ts'
import { compileRule } from '../../src/engine/matching/matchers.ts'
import { rareMatchers } from '../../src/engine/matching/rare-matchers.ts'
import { compileRegexp } from '../../src/engine/matching/regexp/regexp.ts'
import { Fields } from '../../src/http/fields.ts'
import { ProxyRequest } from '../../src/http/request.ts'
import type { RequestContext } from '../../src/http/request-context.ts'
import type { RuleNode } from '../../src/plan/rule.ts'
import { parseRule, RuleError } from '../../src/rules/parse-rule.ts'

function print(node: RuleNode): string {
  switch (node.op) {
    case 'not':
      return `!(${print(node.node)})`
    case 'match':
      return `${node.matcher}(${node.args.map((arg) => (arg.includes('`') ? JSON.stringify(arg) : `\`${arg}\``)).join(', ')})`
    default:
      return `(${print(node.left)}) ${node.op === 'and' ? '&&' : '||'} (${print(node.right)})`
  }
}

const hosts = [
  'a.com',
  'b.com',
  'x.a.com',
  'y.a.com',
  'a.com.',
  'x.a.com.',
  '*',
  '*.a.com',
  '*.a.com.',
  '*a.com',
  'com',
  '*.com',
  '.',
]
const match = (matcher: string, ...args: string[]): RuleNode => ({ op: 'match', matcher, args, regexps: [] })
const leaf = fc.oneof(
  fc.constantFrom(...hosts).map((host) => match('Host', host)),
  fc.constantFrom('/a', '/b"`\\c').map((path) => match('Path', path)),
  fc.constantFrom('/', '/a').map((path) => match('PathPrefix', path)),
  fc.constant(match('Header', 'X-A', 'b c')),
)
const { rule } = fc.letrec<{ rule: RuleNode }>((tie) => ({
  rule: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    tie('rule').map((node): RuleNode => ({ op: 'not', node })),
    fc
      .tuple(fc.constantFrom('and' as const, 'or' as const), tie('rule'), tie('rule'))
      .map(([op, left, right]): RuleNode => ({ op, left, right })),
  ),
}))

test('a printed rule parses to itself', () => {
  fc.assert(
    fc.property(rule, (node) => {
      expect(parseRule(print(node), 'v3')).toEqual(node)
    }),
    { numRuns: 1000 },
  )
})

test('the host index never changes a result', () => {
  const requested = fc.constantFrom(
    '', '.', 'a', 'com', 'a.com', 'a.com.', 'a.com..', 'b.com', 'x.a.com', 'x.a.com.', 'z.a.com', 'q.x.a.com', '.a.com', '*.a.com',
  ) // biome-ignore format: a table
  fc.assert(
    fc.property(
      fc.array(rule, { maxLength: 8 }),
      fc.array(requested, { minLength: 1, maxLength: 5 }),
      (nodes, asked) => {
        const index = createHostIndex(nodes.map((node) => ({ hosts: hostsOf(node) })))
        for (const host of asked) {
          const request = new ProxyRequest('GET', 'http', host, '/a', new Fields([]), null, null, 'HTTP/1.1')
          request.host = host
          const holds = (at: number) =>
            compileRule(nodes[at]!, compileRegexp, rareMatchers)(request, {} as RequestContext)
          const candidates = index.candidates(host)
          expect(candidates).toEqual([...candidates].sort((a, b) => a - b))
          expect(candidates.filter(holds)).toEqual(nodes.map((_, at) => at).filter(holds))
        }
      },
    ),
    { numRuns: 1500 },
  )
})

test('any text is a rule or refused by a rule error', () => {
  const part = fc.constantFrom(
    'Host', 'Path', 'Foo', '(', ')', '`a`', '"b"', '`/`', ',', '&&', '||', '!', '&', ' ', '\n', "'", '"', '`', '//', '/*', '*/', '1', '.',
    '\\', 'é', '[', ']', '=', 'if', '...', ';', '{',
  ) // biome-ignore format: a table
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), fc.constantFrom('v2' as const, 'v3' as const), (parts, syntax) => {
      try {
        parseRule(parts.join(''), syntax)
      } catch (error) {
        expect(error).toBeInstanceOf(RuleError)
        expect((error as RuleError).column).toBeGreaterThan(0)
      }
    }),
    { numRuns: 5000 },
  )
})
