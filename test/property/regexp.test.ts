import fc from 'fast-check'
import { RE2JS } from 're2js'
import { expect, test } from 'vitest'
import { automata } from '../../src/engine/matching/regexp/automaton.ts'
import { compileRegexp, type QuickTestOf, regexpCompiler } from '../../src/engine/matching/regexp/regexp.ts'
import { unlimitedEffort } from '../../src/http/effort.ts'
import { factor } from '../../src/rules/go-regexp/factor.ts'
import { parseRegexp } from '../../src/rules/go-regexp/parse.ts'
import { planRegexp } from '../../src/rules/go-regexp/plan-regexp.ts'
import { programOf } from '../../src/rules/go-regexp/program.ts'

const atom = fc.constantFrom(
  'a', 'b', 'ab', 'abc', '/', '.', '\\.', '[a-c]', '[^a]', '[^/]', '\\d', '\\w', '\\s', '\\b', '\\B', '^', '$', '\\A', '\\z',
  'é', '😀', '[[:alpha:]]', '\\n', '(?:)', '[b-y]', '-',
) // biome-ignore format: a table
const quantifier = fc.constantFrom('*', '+', '?', '*?', '+?', '??', '{2}', '{1,3}', '{0,2}?', '{2,}')
const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    atom,
    fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => a + b),
    fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(?:${a}|${b})`),
    tie('pattern').map((a) => `(${a})`),
    fc.tuple(tie('pattern'), quantifier).map(([a, q]) => `(?:${a})${q}`),
  ),
}))
const text = fc
  .array(fc.constantFrom('a', 'b', 'c', '/', '.', 'A', '1', '_', ' ', '\n', 'é', '😀', '-'), { maxLength: 12 })
  .map((chars) => chars.join(''))

/** The machine, whatever the plan says. */
function machineFor(source: string, quickTest: QuickTestOf | null = null) {
  const { tree, groups } = parseRegexp(source)
  return regexpCompiler(quickTest)(programOf(factor(tree), groups, source))
}

function reference(source: string, subject: string): (string | undefined)[] | null {
  const matcher = RE2JS.compile(source).matcher(subject)
  if (!matcher.find()) return null
  return Array.from({ length: matcher.groupCount() + 1 }, (_, i) => matcher.group(i) ?? undefined)
}

function agree(source: string, subject: string): void {
  const wanted = reference(source, subject)
  for (const quickTest of [null, automata()]) {
    for (const regexp of [regexpCompiler(quickTest)(planRegexp(source)), machineFor(source, quickTest)]) {
      const found = regexp.exec(subject, unlimitedEffort())
      expect(found === null ? null : [...found.groups]).toEqual(wanted)
      expect(regexp.test(subject, unlimitedEffort())).toBe(wanted !== null)
    }
  }
}

test('both engines agree with RE2 on generated expressions', () => {
  fc.assert(fc.property(pattern, text, agree), { numRuns: 3000 })
})

test('both engines agree with RE2 on expressions as people write them', () => {
  const common = fc.constantFrom(
    '^/api/v[0-9]+/(.*)$', '\\.(png|jpg)$', '^https?://([^/]+)/(.*)', '^(.*)/([^/]+)$', '^/(a|ab|b)/(.*)$', '/a(/.*)?$',
    '^(a+)+$', '(a|a)*b', '(a*)*c', 'a+b', '^([^/]*)/([^/]*)/?$', '(?i)^/AB', '^/a/(.*)/b/(.*)$', '[^/]+$', '(?:a|b)*?/',
  ) // biome-ignore format: a table
  fc.assert(fc.property(common, text, agree), { numRuns: 1500 })
})

test('replacing by both engines gives the same', () => {
  const template = fc.constantFrom('<$0>', '[$1]', '$1_', '$$', '$', '')
  fc.assert(
    fc.property(pattern, text, template, (source, subject, replacement) => {
      const planned = compileRegexp(planRegexp(source)).replaceAll(subject, replacement, unlimitedEffort())
      expect(planned).toBe(machineFor(source).replaceAll(subject, replacement, unlimitedEffort()))
    }),
    { numRuns: 1500 },
  )
})

test('a plan is plain JSON', () => {
  fc.assert(
    fc.property(pattern, text, (source, subject) => {
      const plan = planRegexp(source)
      const copy = JSON.parse(JSON.stringify(plan)) as typeof plan
      expect(copy).toEqual(plan)
      expect(compileRegexp(copy).exec(subject, unlimitedEffort())).toEqual(
        compileRegexp(plan).exec(subject, unlimitedEffort()),
      )
    }),
    { numRuns: 500 },
  )
})

test('any text is planned or refused by a syntax error', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'()[]{}|*+?^$\\.-,:<>=!PQEpiLnx019aé'), maxLength: 12 }),
      (source) => {
        try {
          planRegexp(source)
        } catch (error) {
          expect((error as Error).name).toBe('RegexpSyntaxError')
        }
      },
    ),
    { numRuns: 5000 },
  )
})
