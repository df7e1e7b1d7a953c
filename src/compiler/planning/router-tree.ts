/** What a router says of its place in the tree. */
export interface TreeNode {
  readonly name: string
  readonly parents: readonly string[]
  readonly hasService: boolean
  /** The first of `TLS`, `Observability`, `Entrypoints` that a child must not have; null when it has none. */
  readonly forbidden: 'TLS' | 'Observability' | 'Entrypoints' | null
}

/** Reasons by router, in the order in which Traefik finds them, and the edges that stay. */
export interface RouterTree {
  /** Errors and warnings together. */
  readonly reasons: ReadonlyMap<string, readonly string[]>
  readonly errors: ReadonlyMap<string, readonly string[]>
  readonly warnings: ReadonlyMap<string, readonly string[]>
  /** Parents that exist and whose edge was not cut. */
  readonly parents: ReadonlyMap<string, readonly string[]>
}

/** Multi-layer routing (Traefik v3.7 `pkg/config/runtime`). */
export function buildRouterTree(nodes: readonly TreeNode[]): RouterTree {
  if (nodes.every(({ parents }) => parents.length === 0)) return rootsOnly(nodes)
  const byName = new Map(nodes.map((node) => [node.name, node]))
  const errors = new Map<string, string[]>()
  const warnings = new Map<string, string[]>()
  const children = new Map<string, string[]>()
  const all = new Map<string, string[]>()
  const note = (reasons: Map<string, string[]>, name: string, reason: string) => {
    if (reasons.get(name)?.includes(reason)) return
    for (const list of [reasons, all]) list.set(name, [...(list.get(name) ?? []), reason])
  }

  for (const node of nodes) {
    for (const parent of node.parents) {
      const siblings = children.get(parent) ?? []
      if (!byName.has(parent)) note(errors, node.name, `parent router "${parent}" does not exist`)
      else if (!siblings.includes(node.name)) children.set(parent, [...siblings, node.name])
    }
    if (node.parents.length > 0 && node.forbidden !== null) {
      note(errors, node.name, `non-root router cannot have ${node.forbidden} configuration`)
    }
  }

  const reached = new Set<string>()
  const cut = new Set<string>()
  // Without recursion: how deep the tree is, a configuration decides.
  const path: string[] = []
  const places = new Map<string, number>()
  const rest: string[][] = []
  const enter = (name: string) => {
    reached.add(name)
    places.set(name, path.push(name) - 1)
    rest.push([...(children.get(name) ?? [])].sort().reverse())
  }
  const visit = (root: string) => {
    enter(root)
    while (path.length > 0) {
      const name = path.at(-1)!
      const child = rest.at(-1)!.pop()
      if (child === undefined) {
        places.delete(name)
        path.pop()
        rest.pop()
        continue
      }
      const at = places.get(child)
      if (at === undefined) {
        if (!reached.has(child)) enter(child)
        continue
      }
      cut.add(`${name}\n${child}`)
      note(warnings, name, `cyclic reference detected in router tree: ${[...path.slice(at), child].join(' -> ')}`)
    }
  }
  for (const { name, parents } of [...nodes].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (parents.length === 0) visit(name)
  }

  const parents = new Map<string, string[]>()
  for (const node of nodes) {
    const kept = [...new Set(node.parents)].filter(
      (parent) => byName.has(parent) && !cut.has(`${parent}\n${node.name}`),
    )
    parents.set(node.name, kept)
    if (!reached.has(node.name)) {
      note(errors, node.name, 'router is not reachable')
      continue
    }
    const isParent = (children.get(node.name) ?? []).some((child) => !cut.has(`${node.name}\n${child}`))
    if (!isParent && !node.hasService) note(errors, node.name, 'router has no service and no child routers')
    if (isParent && node.hasService) {
      note(errors, node.name, 'router has both a service and is referenced as a parent by other routers')
    }
  }
  return { reasons: all, errors, warnings, parents }
}

const NO_SERVICE: readonly string[] = ['router has no service and no child routers']

/** Nobody has a parent, as nearly everywhere. */
function rootsOnly(nodes: readonly TreeNode[]): RouterTree {
  const errors = new Map(nodes.filter(({ hasService }) => !hasService).map(({ name }) => [name, NO_SERVICE]))
  return { reasons: errors, errors, warnings: new Map(), parents: new Map() }
}
