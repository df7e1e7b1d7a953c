import { ConfigError, type RouterTree } from '../../contracts/kinds.ts'

export const tree: RouterTree = {
  childrenOf({ routers }) {
    const children = new Map<string, string[]>()
    for (const [name, router] of Object.entries(routers)) {
      for (const parent of router.parents) {
        const known = children.get(parent)
        if (known === undefined) children.set(parent, [name])
        else known.push(name)
      }
    }
    return children
  },

  routesBelow(children, path, build, isEnabled) {
    const routes = []
    for (const child of children) {
      const route = path.includes(child) ? null : build(child)
      // Any reason at all, a warning included, keeps a child out of its parent's table.
      if (route !== null && isEnabled(child)) routes.push(route)
    }
    if (routes.length > 0) return routes
    throw new ConfigError(
      `building child routers muxer: no child routers could be added to muxer (${children.length} skipped)`,
    )
  },
}
