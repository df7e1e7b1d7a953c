import type { RuleNode } from '../plan/rule.ts'
import type { RuleCall } from './evaluate.ts'

/**
 * The hosts a rule names, in their order, lower case but where they are only read: what TLS options and certificates are chosen by (Traefik's
 * `ParseDomains`). Hosts behind a negation don't count.
 */
export function domainsOf(node: RuleNode | RuleCall): readonly string[] {
  const domains: string[] = []
  collect(node, false, domains)
  return domains
}

function collect(node: RuleNode | RuleCall, negated: boolean, domains: string[]): void {
  switch (node.op) {
    case 'not':
      collect(node.node, !negated, domains)
      return
    case 'match':
    case 'call':
      if (!negated && (node.matcher === 'Host' || node.matcher === 'HostExact')) domains.push(...node.args)
      return
    default:
      collect(node.left, negated, domains)
      collect(node.right, negated, domains)
  }
}
