import type { RuleNode } from '../plan/rule.ts'
import { parseCalls, ruleLength, spellings } from './calls.ts'
import type { RuleCall } from './evaluate.ts'
import { unknownMatcherHint } from './hints.ts'
import { goQuote, type MatcherSyntax } from './matchers.ts'
import { RuleError, RuleFault } from './rule-error.ts'
import { tcpMatchersV2, tcpMatchersV3 } from './tcp-matchers.ts'

/** A TCP rule whose grammar is right. */
export interface ParsedTcpRule {
  /** Hosts of `HostSNI` as they are written, in their order; those behind a negation don't count. */
  readonly hosts: readonly string[]
  /** The rule is exactly ``HostSNI(`*`)``. */
  readonly isCatchAll: boolean
  /** Checks the arguments and compiles the expressions; throws `RuleError`. */
  build(): RuleNode
}

const names = { v2: spellings(tcpMatchersV2), v3: spellings(tcpMatchersV3) }

/**
 * Parses a TCP rule; throws `RuleError`. Both kinds of errors have Traefik's words: of the grammar, which it notices
 * first, and of the arguments, which it notices once the service has been built (`pkg/server/router/tcp/manager.go`).
 */
export function parseTcpRule(text: string, syntax: 'v2' | 'v3'): ParsedTcpRule {
  const call = parse(text, syntax)
  const matchers = syntax === 'v2' ? tcpMatchersV2 : tcpMatchersV3
  return {
    hosts: hostsOf(call, false),
    isCatchAll: isCatchAll(call),
    build() {
      try {
        return build(call, matchers)
      } catch (error) {
        if (!(error instanceof RuleFault)) throw error
        throw ruleError(text, `error while adding rule ${text}: ${error.message}`, error)
      }
    },
  }
}

function parse(text: string, syntax: 'v2' | 'v3'): RuleCall {
  try {
    const call = parseCalls(text, (written, at) => {
      const name = names[syntax].get(written)
      if (name !== undefined) return name
      const known = [Object.keys(tcpMatchersV2), Object.keys(tcpMatchersV3)] as const
      throw new RuleFault(`unsupported function: ${written}`, at, unknownMatcherHint(written, syntax, ...known))
    })
    if (call !== null) return call
    throw new RuleFault(`error while parsing rule ${text}`, 0)
  } catch (error) {
    if (!(error instanceof RuleFault)) throw error
    throw ruleError(text, `invalid rule: ${goQuote(text)} , ${error.message}`, error)
  }
}

const ruleError = (text: string, message: string, { at, hint }: RuleFault): RuleError =>
  new RuleError(message, ruleLength(text.slice(0, at)) + 1, hint)

function hostsOf(call: RuleCall, negated: boolean): readonly string[] {
  switch (call.op) {
    case 'not':
      return hostsOf(call.node, !negated)
    case 'call':
      return call.matcher === 'HostSNI' && !negated ? call.args : []
    default:
      return [...hostsOf(call.left, negated), ...hostsOf(call.right, negated)]
  }
}

function isCatchAll(call: RuleCall): boolean {
  if (call.op === 'not') return isCatchAll(call.node)
  return call.op === 'call' && call.matcher === 'HostSNI' && call.args.length === 1 && call.args[0] === '*'
}

function build(call: RuleCall, matchers: Readonly<Record<string, MatcherSyntax>>): RuleNode {
  switch (call.op) {
    case 'not':
      return { op: 'not', node: build(call.node, matchers) }
    case 'and':
    case 'or': {
      const left = build(call.left, matchers)
      return { op: call.op, left, right: build(call.right, matchers) }
    }
    case 'call': {
      const { matcher, args, at } = call
      if (args.length === 0) throw new RuleFault(`no args for matcher ${matcher}`, at)
      if (args.includes('')) throw new RuleFault(`empty args for matcher ${matcher}, [${args.join(' ')}]`, at)
      try {
        return matchers[matcher]!(args)
      } catch (error) {
        throw new RuleFault((error as Error).message, at)
      }
    }
  }
}
