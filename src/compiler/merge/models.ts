import { ESCAPES } from '../../middlewares/encoded-characters/encoded-characters.schema.ts'
import type { HttpModel, HttpRouter } from '../dynamic/http.ts'
import { nameMap } from '../dynamic/names.ts'
import type { InstallConfig } from '../install/install.ts'

/** A router after merging: with what its entry point demands. */
export type MergedRouter = HttpRouter & {
  /** Upper-case escapes (`%2F`) that paths must not have. */
  readonly deniedEscapes?: readonly string[]
  /** The router that it is a copy of, for one of the entry points. */
  readonly copyOf?: string
}

/** What an entry point adds to its routers. */
export interface EntryPointModel extends HttpModel {
  readonly deniedEscapes: readonly string[] | null
  /** Empty: none. */
  readonly ruleSyntax: string
}

/**
 * The models of entry points that have one: those with middlewares, TLS, encoded characters or observability of their
 * own, and all of them once there is a `core` section (Traefik v3.7 `pkg/provider/traefik/internal.go`).
 */
export const entryPointModels = (install: InstallConfig): ReadonlyMap<string, EntryPointModel> => {
  const models = new Map<string, EntryPointModel>()
  for (const [name, { http, observability }] of Object.entries(install.entryPoints ?? {})) {
    const { middlewares = [], tls, encodedCharacters } = http
    const plain = middlewares.length === 0 && tls === undefined && encodedCharacters === undefined
    if (plain && observability === undefined && install.core === undefined) continue
    const denied = Object.entries(ESCAPES).filter(
      ([option]) => encodedCharacters?.[option as keyof typeof ESCAPES] === false,
    )
    models.set(name, {
      middlewares,
      ...(tls === undefined ? {} : { tls }),
      ...(observability === undefined ? {} : { observability }),
      deniedEscapes: encodedCharacters === undefined ? null : denied.map(([, escaped]) => escaped),
      ruleSyntax: install.core?.defaultRuleSyntax ?? '',
    })
  }
  return models
}

/**
 * Applies models to root routers. A router on several entry points is split: `EP-NAME` for each that has a model, the
 * rest keeps the name. Child routers are left alone, but for references to parents that were split or are not there.
 * @param hasOthers there are models of providers: no entry point has them, and yet children lose parents that are not there
 */
export const applyModels = (
  routers: Readonly<Record<string, HttpRouter>>,
  models: ReadonlyMap<string, EntryPointModel>,
  hasOthers = false,
): Record<string, MergedRouter> => {
  const result = nameMap<MergedRouter>()
  const copies = new Map<string, string[]>()
  const syntax = [...models.values()][0]?.ruleSyntax ?? ''
  for (const name of Object.keys(routers).sort()) {
    const router = routers[name]!
    const entryPoints = router.entryPoints ?? []
    if (router.parentRefs !== undefined || entryPoints.length === 0) {
      result[name] = router
      continue
    }
    const ownSyntax = (router.ruleSyntax ?? '') !== '' || syntax === '' ? {} : { ruleSyntax: syntax }
    const rest: string[] = []
    for (const entryPoint of entryPoints) {
      const model = models.get(entryPoint)
      if (model === undefined) {
        rest.push(entryPoint)
        continue
      }
      const copy = entryPoints.length > 1 ? `${entryPoint}-${name}` : name
      if (copy !== name) copies.set(name, [...(copies.get(name) ?? []), copy])
      const one = modelled({ ...router, ...ownSyntax, entryPoints: [entryPoint] }, model)
      result[copy] = copy === name ? one : { ...one, copyOf: name }
    }
    if (rest.length > 0)
      result[name] = { ...router, ...ownSyntax, entryPoints: rest.length === entryPoints.length ? entryPoints : rest }
  }
  if (models.size === 0 && !hasOthers) return result
  for (const [name, router] of Object.entries(result)) {
    if (router.parentRefs !== undefined) result[name] = refreshed(router, router.parentRefs, copies, result)
  }
  return result
}

/** A child with the parents that are left, copies among them. Without any it is a root, which has no entry point. */
const refreshed = (
  router: HttpRouter,
  parentRefs: readonly string[],
  copies: ReadonlyMap<string, readonly string[]>,
  routers: Readonly<Record<string, HttpRouter>>,
): HttpRouter => {
  const left = parentRefs.flatMap((parent) => [
    ...(Object.hasOwn(routers, parent) ? [parent] : []),
    ...(copies.get(parent) ?? []),
  ])
  if (left.length > 0) return { ...router, parentRefs: left }
  // A child with entry points, which it must not have, would be served without what they demand.
  if ((router.entryPoints ?? []).length > 0) return router
  const { parentRefs: _, ...root } = router
  return root
}

const modelled = (router: HttpRouter, model: EntryPointModel): MergedRouter => {
  const tls = router.tls ?? model.tls
  const middlewares = [...(model.middlewares ?? []), ...(router.middlewares ?? [])]
  const own = router.observability
  const common = model.observability
  const observability: Observability = { ...common, ...own }
  return {
    ...router,
    ...(tls === undefined ? {} : { tls }),
    ...(middlewares.length === 0 ? {} : { middlewares }),
    ...(own === undefined && common === undefined ? {} : { observability: withDefaults(observability) }),
    ...(model.deniedEscapes === null ? {} : { deniedEscapes: model.deniedEscapes }),
  }
}

type Observability = NonNullable<HttpModel['observability']> & Pick<Own, 'metadata'>
type Own = NonNullable<HttpRouter['observability']>

const withDefaults = (own: Observability): Own => ({
  accessLogs: own.accessLogs ?? true,
  metrics: own.metrics ?? true,
  tracing: own.tracing ?? true,
  traceVerbosity: own.traceVerbosity || 'minimal',
  ...(own.metadata === undefined ? {} : { metadata: own.metadata }),
})

/** Every root router shows what is recorded of it. */
export const applyObservability = (routers: Readonly<Record<string, MergedRouter>>): Record<string, MergedRouter> => {
  const result = nameMap<MergedRouter>()
  for (const [name, router] of Object.entries(routers)) {
    result[name] =
      router.parentRefs === undefined ? { ...router, observability: withDefaults(router.observability ?? {}) } : router
  }
  return result
}
