import type { Regexp } from '../../../contracts/regexp.ts'
import { compileRegexp } from '../../../engine/matching/regexp/regexp.ts'
import { type Effort, TooCostly } from '../../../http/effort.ts'
import { planRegexp } from '../../../rules/go-regexp/plan-regexp.ts'
import { RegexpSyntaxError } from '../../../rules/go-regexp/syntax-error.ts'
import { type Budget, CallError, LimitError } from '../limits.ts'
import { quote } from '../quote.ts'
import { textList, type Value } from '../values.ts'
import { type CallContext, type FunctionGroup, fn, int, text } from './function.ts'

/** What parsing an expression costs, and a step of matching, in steps of templates. */
const PARSE_STEPS = 100
const MATCHES_A_STEP = 250

/** Of one rendering: templates use few expressions many times. */
const compiled = new WeakMap<Budget, Map<string, Regexp>>()

/** An expression made ready; throws `RegexpSyntaxError`. */
function compile(pattern: string, budget: Budget): Regexp {
  const known = compiled.get(budget) ?? new Map<string, Regexp>()
  compiled.set(budget, known)
  const found = known.get(pattern)
  if (found !== undefined) return found
  budget.spend(PARSE_STEPS + pattern.length)
  const made = compileRegexp(planRegexp(pattern))
  known.set(pattern, made)
  return made
}

/** Counts what matching does as steps of the template. */
function counted<T>(budget: Budget, run: (effort: Effort) => T): T {
  const effort = { stepsLeft: budget.stepsLeft * MATCHES_A_STEP }
  try {
    return run(effort)
  } catch (error) {
    if (!(error instanceof TooCostly)) throw error
    throw new LimitError('matching took too many steps')
  } finally {
    budget.stepsLeft = Math.floor(Math.max(effort.stepsLeft, -1) / MATCHES_A_STEP)
  }
}

interface Found {
  readonly start: number
  readonly end: number
}

/** Go's `FindAllStringIndex`; a negative number finds all. */
function allMatches(expression: Regexp, plain: string, count: number, effort: Effort): readonly Found[] {
  const found: Found[] = []
  let before = -1
  for (let at = 0; at <= plain.length && (count < 0 || found.length < count); ) {
    const match = expression.exec(plain, effort, at)
    if (match === null) break
    const { index: start, end } = match
    // An empty match right behind a match is none.
    if (end > at || start !== before) found.push({ start, end })
    at = end > at ? end : at + (plain.codePointAt(at)! > 0xffff ? 2 : 1)
    before = end
  }
  return found
}

function findAll(expression: Regexp, plain: string, count: number, { budget }: CallContext): Value {
  const found = counted(budget, (effort) => allMatches(expression, plain, count, effort))
  budget.elements(found.length)
  const texts = textList(found.map(({ start, end }) => plain.slice(start, end)))
  return found.length === 0 ? { ...texts, isNil: true } : texts
}

/** Go's `Regexp.Split`. */
function split(expression: Regexp, pattern: string, plain: string, count: number, { budget }: CallContext): Value {
  if (count === 0) return { ...textList([]), isNil: true }
  if (pattern !== '' && plain === '') return textList([''])
  const parts: string[] = []
  let begin = 0
  let end = 0
  for (const match of counted(budget, (effort) => allMatches(expression, plain, count, effort))) {
    if (count > 0 && parts.length === count - 1) break
    end = match.start
    if (match.end !== 0) parts.push(plain.slice(begin, end))
    begin = match.end
  }
  if (end !== plain.length) parts.push(plain.slice(begin))
  budget.elements(parts.length)
  return textList(parts)
}

/** How a function refuses an expression: as an error, or as the panic of Go's `MustCompile`. */
type Refusal = (pattern: string, error: RegexpSyntaxError) => CallError

const asError: Refusal = (_, error) => new CallError(error.message)
const asPanic: Refusal = (pattern, error) => {
  const shown = /^[\t\x20-\x5f\x61-\x7e\x80-\u{10ffff}]*$/u.test(pattern) ? `\`${pattern}\`` : quote(pattern)
  return new CallError(`regexp: Compile(${shown}): ${error.message}`)
}

function expressionOf(pattern: string, refusal: Refusal, { budget }: CallContext): Regexp {
  try {
    return compile(pattern, budget)
  } catch (error) {
    throw error instanceof RegexpSyntaxError ? refusal(pattern, error) : error
  }
}

const matches = (expression: Regexp, plain: string, { budget }: CallContext): boolean =>
  counted(budget, (effort) => expression.test(plain, effort))

function replaced(expression: Regexp, plain: string, template: string, { budget }: CallContext): string {
  const result = counted(budget, (effort) => expression.replaceAll(plain, template, effort))
  budget.text(result.length)
  return result
}

/** Functions of both kinds that differ only in how they refuse. */
const both = <T>(name: string, make: (refusal: Refusal) => T): Readonly<Record<string, T>> => ({
  [name]: make(asPanic),
  [`must${name[0]!.toUpperCase()}${name.slice(1)}`]: make(asError),
})

export const regexpFunctions: FunctionGroup = {
  regexMatch: fn([text, text], ([pattern, plain], context) => {
    try {
      return matches(compile(pattern, context.budget), plain, context)
    } catch (error) {
      if (error instanceof RegexpSyntaxError) return false
      throw error
    }
  }),
  mustRegexMatch: fn([text, text], ([pattern, plain], context) =>
    matches(expressionOf(pattern, asError, context), plain, context),
  ),
  ...both('regexFindAll', (refusal) =>
    fn([text, text, int], ([pattern, plain, count], context) =>
      findAll(expressionOf(pattern, refusal, context), plain, count, context),
    ),
  ),
  ...both('regexFind', (refusal) =>
    fn([text, text], ([pattern, plain], context) => {
      const expression = expressionOf(pattern, refusal, context)
      return counted(context.budget, (effort) => expression.exec(plain, effort))?.groups[0] ?? ''
    }),
  ),
  ...both('regexReplaceAll', (refusal) =>
    fn([text, text, text], ([pattern, plain, template], context) =>
      replaced(expressionOf(pattern, refusal, context), plain, template, context),
    ),
  ),
  ...both('regexReplaceAllLiteral', (refusal) =>
    fn([text, text, text], ([pattern, plain, fresh], context) =>
      replaced(expressionOf(pattern, refusal, context), plain, fresh.replaceAll('$', '$$$$'), context),
    ),
  ),
  ...both('regexSplit', (refusal) =>
    fn([text, text, int], ([pattern, plain, count], context) =>
      split(expressionOf(pattern, refusal, context), pattern, plain, count, context),
    ),
  ),
  regexQuoteMeta: fn([text], ([plain]) => plain.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')),
}
