import type { RouterPlan } from '../../plan/plan.ts'
import type { CertificatePlan, TlsOptionsPlan, TlsPlan, WantedCertificate } from '../../plan/tls.ts'
import { domainsOf } from '../../rules/domains.ts'
import { PrepareError } from '../../schema/element.ts'
import { providerOf, qualify } from '../dynamic/names.ts'
import type { TlsConfig } from '../dynamic/tls.ts'
import type { MergedRouter } from '../merge/models.ts'
import type { TlsConflict } from '../merge/tls-conflicts.ts'
import type { ProblemList } from './problems.ts'
import { planTlsOptions } from './tls-options.ts'

const DEFAULT = 'default'

/** What routers need to know of the TLS section. */
export interface TlsPlanning {
  readonly options: ReadonlyMap<string, TlsOptionsPlan>
  /** Why a set can't be used, by qualified name. */
  readonly broken: ReadonlyMap<string, string>
  /** By name of the router. */
  readonly conflicts: ReadonlyMap<string, TlsConflict>
}

/** Reads the sets of options; those that can't be used close the routes that need them. */
export function planOptionSets(
  config: TlsConfig | undefined,
  conflicts: ReadonlyMap<string, TlsConflict>,
  readFile: (path: string) => string,
  problems: ProblemList,
): TlsPlanning {
  const options = new Map<string, TlsOptionsPlan>()
  const broken = new Map<string, string>()
  for (const [name, given] of Object.entries(config?.options ?? {})) {
    try {
      options.set(name, planTlsOptions(given, readFile))
    } catch (error) {
      if (!(error instanceof PrepareError)) throw error
      broken.set(name, error.message)
      problems.addTls('error', ['options', name], error.message)
    }
  }
  return { options, broken, conflicts }
}

/** The options of a router, by qualified name, and why it can't have them. */
export interface RouterTls {
  readonly options: string | null
  readonly error: string | null
  readonly warning: string | null
  /**
   * It asked for client certificates and does not get them, as it falls back to the default options: `check` fails on
   * that.
   */
  readonly losesClientAuth: boolean
}

/** Which options hold for a router: those it names, or the default ones where it is in conflict. */
export function tlsOfRouter(name: string, router: MergedRouter, planning: TlsPlanning): RouterTls {
  if (router.tls === undefined) return NO_TLS_OPTIONS
  const conflict = planning.conflicts.get(name)
  const wanted = router.tls.options ?? ''
  const named = wanted === '' || wanted === DEFAULT ? DEFAULT : qualify(wanted, providerOf(name))
  const options = conflict === undefined ? named : DEFAULT
  if (conflict?.severity === 'error') return { ...NO_TLS_OPTIONS, options, error: conflict.message }
  return {
    options,
    // Also of options that a conflict has put aside: whoever names what does not exist must not be served without it.
    error: optionsError(named, planning),
    warning: conflict?.message ?? null,
    losesClientAuth:
      conflict !== undefined && asksForCertificates(qualify(wanted || DEFAULT, providerOf(name)), planning),
  }
}

const NO_TLS_OPTIONS: RouterTls = { options: null, error: null, warning: null, losesClientAuth: false }

/** Sets that can't be used count too: what they meant to demand is not known. */
const asksForCertificates = (name: string, { options, broken }: TlsPlanning): boolean =>
  broken.has(name) || (options.get(name)?.clientAuth ?? 'NoClientCert') !== 'NoClientCert'

/** Why a set of options can't be used, in Traefik's words; null: it can. */
function optionsError(name: string, { options, broken }: TlsPlanning): string | null {
  if (options.has(name)) return null
  const reason = broken.get(name)
  if (reason === undefined) return `building router handler: unknown TLS options: ${name}`
  return `building router handler: building TLS config: ${reason}`
}

/** The TLS part of a plan. Routers count for their hosts even where something else disables them, as in Traefik. */
export function planTls(
  config: TlsConfig | undefined,
  routers: Readonly<Record<string, RouterPlan>>,
  planning: TlsPlanning,
  wanted: readonly WantedCertificate[],
): TlsPlan {
  const store = config?.stores?.[DEFAULT]
  const generated = wanted.find(({ isDefault }) => isDefault)
  return {
    certificates: (config?.certificates ?? []).filter(inDefaultStore).map(certificateOf),
    defaultCertificate: store?.defaultCertificate === undefined ? null : certificateOf(store.defaultCertificate),
    options: Object.fromEntries(planning.options),
    hosts: hostsOf(routers),
    ...(generated === undefined ? {} : { defaultNames: generated.names }),
    ...(wanted.length === 0 ? {} : { wanted }),
  }
}

const inDefaultStore = ({ stores = [] }: { readonly stores?: readonly string[] | undefined }): boolean =>
  stores.length === 0 || stores.includes(DEFAULT)

const certificateOf = (given: {
  readonly certFile?: string | undefined
  readonly keyFile?: string | undefined
}): CertificatePlan => ({ certFile: given.certFile ?? '', keyFile: given.keyFile ?? '' })

function hostsOf(routers: Readonly<Record<string, RouterPlan>>): TlsPlan['hosts'] {
  const all: Record<string, Record<string, string>> = Object.create(null)
  const hostless = new Set<string>()
  for (const { entryPoints, rule, tlsOptions } of Object.values(routers)) {
    if (tlsOptions === null || rule === null) continue
    const domains = domainsOf(rule)
    for (const entryPoint of entryPoints) {
      all[entryPoint] ??= Object.create(null) as Record<string, string>
      const hosts = all[entryPoint]
      if (domains.length === 0) hostless.add(entryPoint)
      for (const domain of domains) {
        const host = domain.toLowerCase().replace(/\.$/, '')
        // Beside a router that fell back to the default options, the one that did not decides; the other answers 421.
        if (hosts[host] === undefined || hosts[host] === DEFAULT) hosts[host] = tlsOptions
      }
    }
  }
  for (const entryPoint of hostless) all[entryPoint]!['*'] ??= DEFAULT
  return all
}
