import { domainsOf } from '../../rules/domains.ts'
import { domainsOfText, parseRule, RuleError } from '../../rules/parse-rule.ts'
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
  const wanted = optionsByHost(uses)
  const conflicts = new Map<string, TlsConflict>()
  for (const { name, router, hosts, options, isBroken } of uses) {
    const rest: string[] = []
    for (const entryPoint of router.entryPoints ?? []) {
      const byHost =
        hosts?.some((host) => {
          const among = wanted.get(key(entryPoint, host))
          return among === CONFLICTING || (isBroken && among !== undefined && among !== options)
        }) === true
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
  /** It will never serve: nobody else must lose the options of a host to it. */
  readonly isBroken: boolean
  /** Qualified name of the options. */
  readonly options: string
}

const useOf = (name: string, router: MergedRouter, defaultSyntax: string): Use => {
  const wanted = router.tls?.options ?? ''
  const options = wanted === '' || wanted === DEFAULT ? DEFAULT : qualify(wanted, providerOf(name))
  return { name, router, options, ...domainsIn(router, defaultSyntax) }
}

function domainsIn({ rule = '', ruleSyntax }: MergedRouter, defaultSyntax: string): Pick<Use, 'hosts' | 'isBroken'> {
  const inLowerCase = (hosts: readonly string[]) => hosts.map((host) => host.toLowerCase())
  try {
    const syntax = (ruleSyntax || defaultSyntax) === 'v2' ? 'v2' : 'v3'
    return { hosts: inLowerCase(domainsOf(parseRule(rule, syntax))), isBroken: false }
  } catch (error) {
    if (!(error instanceof RuleError)) throw error
    const hosts = domainsOfText(rule)
    return { hosts: hosts === null ? null : inLowerCase(hosts), isBroken: true }
  }
}

const key = (entryPoint: string, host: string) => JSON.stringify([entryPoint, host])

/** In place of the options of a host that routers want to have different ones. */
const CONFLICTING = Symbol('conflicting')

/** What those who will be served want, by entry point and host. */
function optionsByHost(uses: readonly Use[]): ReadonlyMap<string, string | typeof CONFLICTING> {
  const wanted = new Map<string, string | typeof CONFLICTING>()
  for (const { router, hosts, options, isBroken } of uses) {
    if (isBroken) continue
    for (const entryPoint of router.entryPoints ?? []) {
      for (const host of hosts ?? []) {
        const place = key(entryPoint, host)
        const before = wanted.get(place)
        wanted.set(place, before === undefined || before === options ? options : CONFLICTING)
      }
    }
  }
  return wanted
}

const conflictOf = (router: MergedRouter, options: string, byHost: boolean, strict: boolean): TlsConflict => {
  if (!byHost) {
    const message = `no domain found in rule ${router.rule ?? ''}, the TLS option ${options} cannot be applied`
    return { severity: 'warning', message }
  }
  if (strict) return { severity: 'error', message: CONFLICT }
  return { severity: 'warning', message: options === DEFAULT ? null : CONFLICT + FALL_BACK }
}
