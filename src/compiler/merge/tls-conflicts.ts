import { domainsOf } from '../../rules/domains.ts'
import { parseRule, RuleError } from '../../rules/parse-rule.ts'
import { nameMap, providerOf, qualify } from '../dynamic/names.ts'
import type { MergedRouter } from './models.ts'

/** Why a router does not get the TLS options it asks for. */
export interface TlsConflict {
  readonly severity: 'warning' | 'error'
  /** Null: it asks for the default options anyway. */
  readonly message: string | null
}

/** Routers after their TLS options have been compared. */
export interface TlsResolution {
  readonly routers: Readonly<Record<string, MergedRouter>>
  /** By the new name of the router; those in here are served with the default options, or not at all when strict. */
  readonly conflicts: ReadonlyMap<string, TlsConflict>
}

const DEFAULT = 'default'
const CONFLICT = "router's TLSOptions configuration is conflicting with other routers on the same entrypoint and host"
const FALL_BACK = ', default TLS options will be used instead'

/**
 * Finds routers whose TLS options cannot hold: one host of an entry point with different options, or options other
 * than the default ones on a rule without a host. They are split off as `EP-conflicted-NAME`. A router with TLS and
 * without an entry point is dropped (Traefik v3.7.15 `pkg/server/aggregator.go`).
 */
export const resolveTlsConflicts = (
  routers: Readonly<Record<string, MergedRouter>>,
  strict: boolean,
  defaultSyntax: string,
): TlsResolution => {
  const candidates = Object.keys(routers)
    .filter((name) => routers[name]?.tls !== undefined)
    .sort()
  if (candidates.length === 0) return { routers, conflicts: new Map() }
  const result = nameMap<MergedRouter>()
  for (const [name, router] of Object.entries(routers)) if (router.tls === undefined) result[name] = router

  const uses = candidates.map((name) => useOf(name, routers[name]!, defaultSyntax))
  const conflicted = conflictingHosts(uses)
  const conflicts = new Map<string, TlsConflict>()
  for (const { name, router, hosts, options } of uses) {
    const rest: string[] = []
    for (const entryPoint of router.entryPoints ?? []) {
      const byHost = hosts?.some((host) => conflicted.has(key(entryPoint, host))) === true
      const withoutHost = hosts?.length === 0 && options !== DEFAULT
      if (!byHost && !withoutHost) {
        rest.push(entryPoint)
        continue
      }
      const copy = `${entryPoint}-conflicted-${name}`
      result[copy] = { ...router, entryPoints: [entryPoint] }
      conflicts.set(copy, conflictOf(router, options, byHost, strict))
    }
    if (rest.length > 0) result[name] = { ...router, entryPoints: rest }
  }
  return { routers: result, conflicts }
}

interface Use {
  readonly name: string
  readonly router: MergedRouter
  /** Lower case; null when the rule cannot be read. */
  readonly hosts: readonly string[] | null
  /** Qualified name of the options. */
  readonly options: string
}

const useOf = (name: string, router: MergedRouter, defaultSyntax: string): Use => {
  const wanted = router.tls?.options ?? ''
  const options = wanted === '' || wanted === DEFAULT ? DEFAULT : qualify(wanted, providerOf(name))
  return { name, router, hosts: hostsOf(router, defaultSyntax), options }
}

const hostsOf = (router: MergedRouter, defaultSyntax: string): readonly string[] | null => {
  try {
    const syntax = (router.ruleSyntax || defaultSyntax) === 'v2' ? 'v2' : 'v3'
    return domainsOf(parseRule(router.rule ?? '', syntax)).map((host) => host.toLowerCase())
  } catch (error) {
    // Such a router is disabled for its rule; it conflicts with nobody.
    if (error instanceof RuleError) return null
    throw error
  }
}

const key = (entryPoint: string, host: string) => JSON.stringify([entryPoint, host])

const conflictingHosts = (uses: readonly Use[]): ReadonlySet<string> => {
  const first = new Map<string, string>()
  const conflicting = new Set<string>()
  for (const { router, hosts, options } of uses) {
    for (const entryPoint of router.entryPoints ?? []) {
      for (const host of hosts ?? []) {
        const place = key(entryPoint, host)
        const before = first.get(place)
        if (before === undefined) first.set(place, options)
        else if (before !== options) conflicting.add(place)
      }
    }
  }
  return conflicting
}

const conflictOf = (router: MergedRouter, options: string, byHost: boolean, strict: boolean): TlsConflict => {
  if (!byHost) {
    const message = `no domain found in rule ${router.rule ?? ''}, the TLS option ${options} cannot be applied`
    return { severity: 'warning', message }
  }
  if (strict) return { severity: 'error', message: CONFLICT }
  return { severity: 'warning', message: options === DEFAULT ? null : CONFLICT + FALL_BACK }
}
