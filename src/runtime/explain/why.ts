import type { Predicate } from '../../contracts/kinds.ts'
import { flatHostOf } from '../../engine/matching/alias-matchers.ts'
import { operandsOf } from '../../engine/matching/matchers.ts'
import { queryValuesOf } from '../../http/query.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { RequestContext } from '../../http/request-context.ts'
import { isSecretName, MASK } from '../../http/secrets.ts'
import type { RuleNode } from '../../plan/rule.ts'
import { shownField } from './changes.ts'

/** A rule, or a part of one, as it is asked. */
export type CompileNode = (node: RuleNode) => Predicate

/** Parts of a rule that are told of at most. */
const MOST_PARTS = 5

/**
 * Which part of a rule a request does not fit; null: all of it matches. Throws `TooCostly` where that can't be decided.
 * The parts are asked in the order in which the router asks them.
 */
export function whyNot(rule: RuleNode, request: ProxyRequest, cx: RequestContext, compile: CompileNode): string | null {
  const parts = failing(rule, request, cx, compile)
  if (parts === null) return null
  return parts.slice(0, MOST_PARTS).join('; ') + (parts.length > MOST_PARTS ? '; and so on' : '')
}

/** Null: it matches. */
function failing(
  node: RuleNode,
  request: ProxyRequest,
  cx: RequestContext,
  compile: CompileNode,
): readonly string[] | null {
  const inner = (part: RuleNode) => failing(part, request, cx, compile)
  switch (node.op) {
    case 'and':
      for (const operand of operandsOf(node, 'and')) {
        const parts = inner(operand)
        if (parts !== null) return parts
      }
      return null
    case 'or': {
      const all: string[] = []
      for (const operand of operandsOf(node, 'or')) {
        const parts = inner(operand)
        if (parts === null) return null
        if (all.length <= MOST_PARTS) all.push(...parts)
      }
      return all
    }
    case 'not':
      return inner(node.node) === null ? [`${ruleText(node)} does not match: what it excludes is there`] : null
    case 'match':
      if (compile(node)(request, cx)) return null
      return [`${ruleText(node)} does not match: ${found(node, request, cx)}`]
  }
}

/** A rule as it is written, its secrets masked. */
function ruleText(node: RuleNode): string {
  switch (node.op) {
    case 'and':
      return operandsOf(node, 'and')
        .map((operand) => (operand.op === 'or' ? `(${ruleText(operand)})` : ruleText(operand)))
        .join(' && ')
    case 'or':
      return operandsOf(node, 'or').map(ruleText).join(' || ')
    case 'not':
      return `!${node.node.op === 'match' ? ruleText(node.node) : `(${ruleText(node.node)})`}`
    case 'match': {
      const [name] = node.args
      const isSecret = /^(?:Header|Query)/.test(node.matcher) && name !== undefined && isSecretName(name)
      const args = node.args.map((arg, at) => (isSecret && at > 0 ? MASK : shownField('', arg)))
      return `${node.matcher}(${args.map((arg) => `\`${arg}\``).join(', ')})`
    }
  }
}

function hostText(request: ProxyRequest): string {
  const flat = flatHostOf(request)
  return `the host is ${request.host || '(none)'}${flat === '' || flat === request.host ? '' : `, an alias of ${flat}`}`
}

/** What the request has where a matcher looked. */
function found(
  { matcher, args: [name = ''] }: Extract<RuleNode, { op: 'match' }>,
  request: ProxyRequest,
  cx: RequestContext,
): string {
  if (matcher.startsWith('Host')) return hostText(request)
  if (matcher.startsWith('Path')) return `the path is ${shownField('', request.routingPath)}`
  if (matcher === 'Method') return `the method is ${request.method}`
  if (matcher === 'ClientIP') return `the client’s address is ${cx.client.address || '(unknown)'}`
  if (matcher.startsWith('Header')) {
    const values = request.headers.getAll(name)
    return values.length === 0 ? `there is no field ${name}` : `the field is ${shownField(name, values.join(', '))}`
  }
  const values = queryValuesOf(request, name)
  return values.length === 0
    ? `there is no parameter ${name}`
    : `the parameter is ${shownField(name, values.join(', '))}`
}
