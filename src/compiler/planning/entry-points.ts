import type { EntryPointPlan, SchemesPlan } from '../../plan/plan.ts'
import type { InstallConfig } from '../install/install.ts'
import { planObservability } from './telemetry.ts'

type EntryPointOptions = NonNullable<InstallConfig['entryPoints']>[string]

/** HTTP entry points: every one that is not UDP. */
export function planEntryPoints(install: InstallConfig): Record<string, EntryPointPlan> {
  const plans: Record<string, EntryPointPlan> = Object.create(null)
  for (const [name, options] of Object.entries(install.entryPoints ?? {})) {
    if (isUdp(options)) continue
    plans[name] = planEntryPoint(options, install.global?.notAppendXForwardedFor ?? false)
  }
  return plans
}

/** `edge.entryPoints` where it is not set. */
const DEFAULT_SCHEMES: SchemesPlan = { http: 'web', https: ['websecure', 'web'] }

/** What answers requests of each scheme where a platform ends TLS: the entry points of `edge.entryPoints` that exist. */
export function planSchemes(install: InstallConfig): SchemesPlan {
  const { http, https } = schemesOf(install)
  const exists = (name: string) => {
    const options = install.entryPoints?.[name]
    return options !== undefined && !isUdp(options)
  }
  return { http: exists(http) ? http : '', https: [...new Set(https)].filter(exists) }
}

/** The names of `edge.entryPoints`, whether there are such entry points or not. */
export function schemesOf({ edge }: InstallConfig): SchemesPlan {
  const { http = DEFAULT_SCHEMES.http, https = DEFAULT_SCHEMES.https } = edge?.entryPoints ?? {}
  return { http, https }
}

/** Names of the UDP entry points. */
export function udpEntryPoints(install: InstallConfig): readonly string[] {
  return Object.entries(install.entryPoints ?? {}).flatMap(([name, options]) => (isUdp(options) ? [name] : []))
}

const isUdp = (options: EntryPointOptions): boolean => (options.address ?? '').toLowerCase().endsWith('/udp')

function planEntryPoint(options: EntryPointOptions, notAppendAnywhere: boolean): EntryPointPlan {
  const { forwardedHeaders, http, observability } = options
  return {
    forwardedHeaders: {
      insecure: forwardedHeaders?.insecure ?? false,
      trustedIPs: forwardedHeaders?.trustedIPs ?? [],
      connection: (forwardedHeaders?.connection ?? []).map((name) => name.toLowerCase()),
      notAppendXForwardedFor: notAppendAnywhere || (forwardedHeaders?.notAppendXForwardedFor ?? false),
    },
    maxTargetBytes: http?.maxTargetBytes ?? MAX_TARGET_BYTES,
    sanitizePath: http?.sanitizePath ?? true,
    encodeQuerySemicolons: http?.encodeQuerySemicolons ?? false,
    aliasHeaders: aliasHeaders(http?.aliasHeadersStrategy ?? '', http?.underscoreHeadersStrategy ?? ''),
    ...(observability === undefined ? {} : { observability: planObservability(observability) }),
  }
}

/** Everything that looks at a path or a query takes time for each byte, several times over. */
const MAX_TARGET_BYTES = 65_536

/** `aliasHeadersStrategy` handles every alias; the deprecated `underscoreHeadersStrategy` only names with `_`. */
function aliasHeaders(alias: string, underscore: string): EntryPointPlan['aliasHeaders'] {
  const strategy = alias || underscore
  return {
    strategy: strategy === 'delete' || strategy === 'reject' ? strategy : 'keep',
    underscoreOnly: alias === '',
  }
}
