import { compileRegexp } from '../../engine/matching/regexp/regexp.ts'
import { MAX_STEPS, TooCostly } from '../../http/effort.ts'
import { parseCalls } from '../../rules/calls.ts'
import type { RuleCall } from '../../rules/evaluate.ts'
import { planRegexp } from '../../rules/go-regexp/plan-regexp.ts'
import { RegexpSyntaxError } from '../../rules/go-regexp/syntax-error.ts'
import { RuleFault } from '../../rules/rule-error.ts'

/** Whether something with these labels, or these tags, is used. */
export type Constraint<S> = (subject: S) => boolean

/** A constraint, or why an expression is none: then nothing is used at all. */
export type ParsedConstraint<S> =
  | { readonly accepts: Constraint<S>; readonly error: null }
  | { readonly accepts: null; readonly error: string }

type Labels = Readonly<Record<string, string>>

interface Matcher<S> {
  readonly parameters: number
  readonly make: (args: readonly string[]) => Constraint<S>
}

const labelMatchers: Readonly<Record<string, Matcher<Labels>>> = {
  Label: {
    parameters: 2,
    make:
      ([name, value]) =>
      (labels) =>
        labelOf(labels, name!) === value,
  },
  LabelRegex: {
    parameters: 2,
    make: ([name, expression]) => {
      const matches = matcherOf(expression!)
      return (labels) => matches(labelOf(labels, name!))
    },
  },
}

const tagMatchers: Readonly<Record<string, Matcher<readonly string[]>>> = {
  Tag: {
    parameters: 1,
    make:
      ([value]) =>
      (tags) =>
        tags.includes(value!),
  },
  TagRegex: {
    parameters: 1,
    make: ([expression]) => {
      const matches = matcherOf(expression!)
      return (tags) => tags.some(matches)
    },
  },
}

/** `Label(name, value)`, `LabelRegex(name, expression)` with `!`, `&&`, `||` (Traefik `pkg/provider/constraints`). */
export const labelConstraint = (text: string): ParsedConstraint<Labels> => parseConstraint(text, labelMatchers)

/** `Tag(value)`, `TagRegex(expression)` with `!`, `&&`, `||`. */
export const tagConstraint = (text: string): ParsedConstraint<readonly string[]> => parseConstraint(text, tagMatchers)

const parseConstraint = <S>(text: string, matchers: Readonly<Record<string, Matcher<S>>>): ParsedConstraint<S> => {
  if (text === '') return { accepts: () => true, error: null }
  try {
    const call = parseCalls(text, (written, at) => {
      if (Object.hasOwn(matchers, written)) return written
      throw new RuleFault(`unsupported function: ${written}`, at)
    })
    if (call === null) return { accepts: null, error: 'the expression is a plain value' }
    return { accepts: build(call, matchers), error: null }
  } catch (error) {
    if (!(error instanceof RuleFault)) throw error
    return { accepts: null, error: error.message }
  }
}

const build = <S>(call: RuleCall, matchers: Readonly<Record<string, Matcher<S>>>): Constraint<S> => {
  switch (call.op) {
    case 'not': {
      const inner = build(call.node, matchers)
      return (subject) => !inner(subject)
    }
    case 'and':
    case 'or': {
      const left = build(call.left, matchers)
      const right = build(call.right, matchers)
      return call.op === 'and'
        ? (subject) => left(subject) && right(subject)
        : (subject) => left(subject) || right(subject)
    }
    case 'call': {
      const { parameters, make } = matchers[call.matcher]!
      if (call.args.length !== parameters) {
        throw new RuleFault(`${call.matcher} takes ${parameters} texts, not ${call.args.length}`, call.at)
      }
      return make(call.args)
    }
  }
}

/** A label that is not there is the empty text. */
const labelOf = (labels: Labels, name: string): string => (Object.hasOwn(labels, name) ? labels[name]! : '')

/** A broken expression matches nothing, as in Traefik; nor does one that a huge text makes too dear. */
const matcherOf = (expression: string): ((text: string) => boolean) => {
  try {
    const regexp = compileRegexp(planRegexp(expression))
    return (text) => {
      try {
        return regexp.test(text, { stepsLeft: MAX_STEPS })
      } catch (error) {
        if (error instanceof TooCostly) return false
        throw error
      }
    }
  } catch (error) {
    if (error instanceof RegexpSyntaxError) return () => false
    throw error
  }
}
