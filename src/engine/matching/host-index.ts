import type { RuleNode } from '../../plan/rule.ts'

/**
 * The hosts a rule can possibly match, without trailing dots: names, and tails of wildcards (`example.com` of
 * `*.example.com`). It may hold more than the rule matches, never less.
 */
export interface HostSet {
  readonly names: readonly string[]
  readonly wildcards: readonly string[]
}

/** Null when a rule may match any host. */
export function hostsOf(node: RuleNode): HostSet | null {
  return possibleHosts(node, false)
}

function possibleHosts(node: RuleNode, negated: boolean): HostSet | null {
  switch (node.op) {
    case 'not':
      return possibleHosts(node.node, !negated)
    case 'match':
      return negated ? null : namedHosts(node.matcher, node.args)
    default: {
      const left = possibleHosts(node.left, negated)
      const right = possibleHosts(node.right, negated)
      return (node.op === 'and') === negated ? either(left, right) : both(left, right)
    }
  }
}

function namedHosts(matcher: string, args: readonly string[]): HostSet | null {
  if (matcher === 'HostExact') return { names: unique(args.map(withoutDots)), wildcards: NONE }
  if (matcher !== 'Host') return null
  const host = withoutDots(args[0]!)
  if (!host.startsWith('*')) return { names: [host], wildcards: NONE }
  if (host === '*') return null
  // A star stands for a whole label: `*foo.com` matches nothing.
  return { names: NONE, wildcards: host[1] === '.' ? [host.slice(2)] : NONE }
}

const NONE: readonly string[] = []

const unique = (names: readonly string[]): readonly string[] => (names.length < 2 ? names : [...new Set(names)])

function either(a: HostSet | null, b: HostSet | null): HostSet | null {
  if (a === null || b === null) return null
  return { names: unique([...a.names, ...b.names]), wildcards: unique([...a.wildcards, ...b.wildcards]) }
}

function both(a: HostSet | null, b: HostSet | null): HostSet | null {
  if (a === null || b === null) return a ?? b
  // Where aliases are followed one of them may be met by the host, and the other by what its aliases lead to.
  if (a.wildcards.length !== b.wildcards.length) return a.wildcards.length < b.wildcards.length ? a : b
  return a.names.length <= b.names.length ? a : b
}

/** What a canonical host leaves of a route table. */
export interface HostIndex {
  /** Indices of routes that may match, ascending; the others surely don't. */
  candidates(host: string): readonly number[]
}

/** Numbers kept in merged lists before they are thrown away and made again. */
const MAX_KEPT = 1_000_000

/** Indexes routes by the hosts of their rules. Lists are merged when a host is first asked for, known hosts only. */
export function createHostIndex(routes: readonly { readonly hosts: HostSet | null }[]): HostIndex {
  const anywhere: number[] = []
  const byName = new Map<string, number[]>()
  const byWildcard = new Map<string, number[]>()
  routes.forEach(({ hosts }, at) => {
    if (hosts === null) {
      anywhere.push(at)
      return
    }
    for (const name of hosts.names) listOf(byName, name).push(at)
    for (const tail of hosts.wildcards) listOf(byWildcard, tail).push(at)
  })
  return mergedHostIndex({
    anywhere,
    ofName: (name) => byName.get(name),
    ofTail: byWildcard.size === 0 ? null : (tail) => byWildcard.get(tail),
  })
}

/** Ascending indices of routes: of any host, by name, by what a wildcard ends in (null: there are no wildcards). */
export interface HostLists {
  readonly anywhere: readonly number[]
  readonly ofName: (name: string) => readonly number[] | undefined
  readonly ofTail: ((tail: string) => readonly number[] | undefined) | null
}

/** The same for lists that are there already. What it gives for a host is the same list as long as it is kept. */
export function mergedHostIndex({ anywhere, ofName, ofTail }: HostLists): HostIndex {
  const mergedNames = new Map<string, readonly number[]>()
  const mergedTails = new Map<string, readonly number[]>()
  let kept = 0
  const merge = (cache: Map<string, readonly number[]>, key: string, lists: readonly (readonly number[])[]) => {
    const merged = [...new Set(lists.flat())].sort((a, b) => a - b)
    kept += merged.length
    if (kept > MAX_KEPT) {
      mergedNames.clear()
      mergedTails.clear()
      kept = merged.length
    }
    cache.set(key, merged)
    return merged
  }

  const withTail = (host: string): readonly number[] => {
    const tail = ofTail === null ? null : tailOf(host)
    const list = tail === null ? undefined : ofTail?.(tail)
    if (tail === null || list === undefined) return anywhere
    return mergedTails.get(tail) ?? merge(mergedTails, tail, [anywhere, list])
  }

  return {
    candidates(host) {
      const name = withoutDots(host)
      const known = mergedNames.get(name)
      if (known !== undefined) return known
      const list = ofName(name)
      return list === undefined ? withTail(name) : merge(mergedNames, name, [withTail(name), list])
    },
  }
}

function listOf(lists: Map<string, number[]>, key: string): number[] {
  let list = lists.get(key)
  if (list === undefined) {
    list = []
    lists.set(key, list)
  }
  return list
}

/** Rules and requests forgive a trailing dot each, so the index goes without. */
function withoutDots(host: string): string {
  let end = host.length
  while (end > 0 && host.charCodeAt(end - 1) === 46) end--
  return end === host.length ? host : host.slice(0, end)
}

/** What follows the first label; null without a dot. */
function tailOf(host: string): string | null {
  const dot = host.indexOf('.')
  return dot === -1 ? null : host.slice(dot + 1)
}
