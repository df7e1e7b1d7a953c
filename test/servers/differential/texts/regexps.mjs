import { automata } from '../../../../src/engine/matching/regexp/automaton.ts'
import { regexpCompiler } from '../../../../src/engine/matching/regexp/regexp.ts'
import { unlimitedEffort } from '../../../../src/http/effort.ts'
import { factor } from '../../../../src/rules/go-regexp/factor.ts'
import { parseRegexp } from '../../../../src/rules/go-regexp/parse.ts'
import { planRegexp } from '../../../../src/rules/go-regexp/plan-regexp.ts'
import { programOf } from '../../../../src/rules/go-regexp/program.ts'
import { RegexpSyntaxError } from '../../../../src/rules/go-regexp/syntax-error.ts'
import { mutated, several, sometimesMutated } from './mutations.mjs'
import { valueOr } from './refused.mjs'

/** Expressions, replacements and texts: what Go finds of them. */
export const regexp = {
  inputOf(random) {
    const pattern = sometimesMutated(random, 0.2, alternatives(random, 3), PIECES)
    return { pattern, replacement: replacement(random), texts: several(random, 1, 5, () => textFor(random, pattern)) }
  },

  /** All engines that may run an expression must find the same. */
  own({ pattern, replacement, texts }) {
    return valueOr([RegexpSyntaxError], () => {
      const planned = planRegexp(pattern)
      const { tree, groups } = parseRegexp(pattern)
      const plans = [planned, programOf(factor(tree), groups, pattern), programOf(tree, groups, pattern)]
      const found = plans.map((plan) => outcomes(regexpCompiler(automata())(plan), texts, replacement))
      const other = found.findIndex((one) => JSON.stringify(one) !== JSON.stringify(found[0]))
      return other === -1 ? found[0] : { engines: [planned.kind, found[0], found[other]] }
    })
  },
}

function outcomes(compiled, texts, replacement) {
  return texts.map((text) => {
    const matches = [...allOf(compiled, text)]
    const isFound = compiled.test(text, unlimitedEffort())
    if (isFound !== matches.length > 0) return { test: isFound, matches }
    return { matches, replaced: compiled.replaceAll(text, replacement, unlimitedEffort()) }
  })
}

/** Go's `FindAllStringSubmatch`. */
function* allOf(compiled, text) {
  let before = -1
  for (let at = 0; at <= text.length; ) {
    const match = compiled.exec(text, unlimitedEffort(), at)
    if (match === null) return
    // An empty match right behind a match is none.
    if (match.end > at || match.index !== before) yield Array.from(match.groups, (group) => group ?? null)
    before = match.end
    at = match.end > at ? match.end : at + (text.codePointAt(at) > 0xffff ? 2 : 1)
  }
}

const LITERALS = [...'abcABkKsSiI01 _-/.,:=', '\n', 'é', 'É', '€', '😀', 'ſ', '\u212a', 'ß', 'ǅ', 'µ', 'μ', '\u0345']
const SETS = [
  '.', '\\d', '\\D', '\\w', '\\W', '\\s', '\\S', '[[:alpha:]]', '[[:^digit:]]', '[^[:word:][:space:]]', '[a-c]', '[^a-c]', '[a\\-c]',
  '[\\d_-]', '[]a]', '[^]a]', '[\\]\\[]', '[^\\n]', '[😀-😂é]', '[k]', '[^k]', '[a-zA-Z0-9.-]', '\\pL', '\\PL', '\\p{Greek}',
  '\\P{Greek}', '\\p{^Lu}', '\\p{Lu}', '\\pN', '[\\p{Ll}\\d]', '[^\\PL]', '\\p{Han}', '\\p{Any}', '[\\x00-\\x{10FFFF}]', '[[:ascii:]]',
  '[\\s\\S]', '[+--]', '[^\\D]', '[\\Wa]', '[.]', '[a-\\x{e9}]', '\\p{Zs}', '\\p{Cf}', '[\\a\\t\\v]', '\\p{Lt}', '[A-z]',
] // biome-ignore format: a table
const ESCAPES = [
  '\\.', '\\*', '\\\\', '\\n', '\\t', '\\x41', '\\x{1F600}', '\\x{e9}', '\\101', '\\_', '\\-', '\\/', '\\Qa.b*\\E', '\\Q\\E', '\\Qab\\E',
  '\\é', '\\0', '\\07', '\\&', '\\"', '\\<',
] // biome-ignore format: a table
const ASSERTIONS = ['^', '$', '\\A', '\\z', '\\b', '\\B', '(?m:^)', '(?m:$)', '(?m)', '(?i)', '(?s)', '(?U)', '(?-s)']
const REPETITIONS = [
  '*',
  '+',
  '?',
  '*?',
  '+?',
  '??',
  '{2}',
  '{1,3}',
  '{0,2}?',
  '{2,}',
  '{0}',
  '{,2}',
  '{1,}?',
  '{0,0}',
  '{0,1}',
]
const OPENINGS = [
  '(',
  '(',
  '(?:',
  '(?:',
  '(?P<n>',
  '(?<m>',
  '(?i:',
  '(?s:',
  '(?m:',
  '(?U:',
  '(?i-s:',
  '(?is)(',
  '(?-i:',
  '(?P<é>',
]
const PIECES = [
  '(', ')', '[', ']', '{', '}', '*', '+', '?', '|', '^', '$', '\\', '.', '-', '(?', '(?P<', '(?<', '(?=', '(?!', '(?i', '(?#', '\\E', '\\Q', '\\C', '\\Z',
  '\\1', '\\k', '\\G', '\\h', '\\u0041', '\\x', '\\x{', '\\p', '\\pX', '\\p{', '\\p{L', '\\p{greek}', '\\cA', '[[:foo:]]', '[[:', ':]]', '[a-\\d]', '[z-a]', '{1001}', '{1000}',
  '{2,1}', '{,', '{a}', '**', '++', '\\_', '&&', '[[', '--', '~', '\n', '#', ' ', '\\8', '\\x{110000}', '(?P=n)', '(?P>n)', '(?^:', '(?i-', '(?a)', '(?:',
  '\\p{Latin}', '\\p{Lu}', '\\p{L&}', '\\p{LC}', '\\p{IsGreek}', '\\p{Script=Greek}', '\\p{^Greek}', '\\P{^L}', '\\p{ Greek}', '\\p{Letter}', '\\p{ASCII}', '\\p{Cn}', '\\p{Zyyy}', '\\p{Common}',
] // biome-ignore format: a table

function alternatives(random, depth) {
  return several(random, 1, random.chance(0.3) ? 4 : 1, () =>
    several(random, random.chance(0.1) ? 0 : 1, 4, () => repeated(random, depth)).join(''),
  ).join('|')
}

function repeated(random, depth) {
  const one = atom(random, depth)
  return random.chance(0.35) ? one + random.pick(REPETITIONS) : one
}

function atom(random, depth) {
  const kind = random.next()
  if (kind < 0.45) {
    const literal = random.pick(LITERALS)
    return literal === '.' ? '\\.' : literal
  }
  if (kind < 0.62) return random.pick(SETS)
  if (kind < 0.7) return random.pick(ESCAPES)
  if (kind < 0.8) return random.pick(ASSERTIONS)
  return depth === 0 ? 'a' : `${random.pick(OPENINGS)}${alternatives(random, depth - 1)})`
}

/** Parts of the expression, and characters that have something to do with it. */
function textFor(random, pattern) {
  const points = [...pattern.replace(/[\\()*+?|^$[\]{}:<>]/g, '')]
  const parts = several(random, 0, 6, () => {
    if (points.length === 0 || random.chance(0.6)) return random.pick(LITERALS)
    const at = random.below(points.length)
    return points.slice(at, at + 1 + random.below(5)).join('')
  })
  return parts.join('')
}

const REFERENCES =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as Go writes references
  '$1 $2 ${1} ${n} $n $0 $$ $ ${ ${1 $1a ${1}a $m ${é} $é ${01} $10 ${} x <$0> - \\1 ${n_} $_ $1_ ${00}'.split(' ')

function replacement(random) {
  const text = several(random, 0, 4, () => random.pick(REFERENCES)).join('')
  return random.chance(0.1) ? mutated(random, text, REFERENCES) : text
}
