import type { ApiOptions } from '../../api/api.ts'
import type { ManagementPlan } from '../../plan/management.ts'
import { visible } from '../planning/definition.ts'
import { anonymised } from './anonymised.ts'
import type { EntryPointOptions } from './entry-point-options.ts'
import type { InstallConfig } from './install.ts'
import { providerDefinitions } from './providers/providers.ts'

/** What the process says of itself. */
type RunningOptions = Omit<ApiOptions, keyof ManagementPlan | 'staticConfig'>

/**
 * What the management API shows of an install configuration.
 * @param running the process; its `control` and `debug` are taken where the configuration says so
 */
export function apiOptions(install: InstallConfig, running: RunningOptions): ApiOptions {
  const { api } = install
  return {
    ...managementPlan(install),
    staticConfig: () => anonymised(install),
    ...running,
    debug: api?.debug === true ? running.debug : null,
    control: api?.control === true ? running.control : null,
  }
}

/** As far as it is known before anything runs. */
export function managementPlan(install: InstallConfig): ManagementPlan {
  const { api, providers } = install
  const named = providers as Readonly<Record<string, unknown>> | undefined
  return {
    basePath: api?.basePath ?? '/',
    disableDashboardAd: api?.disableDashboardAd ?? false,
    dashboardName: api?.dashboardName ?? '',
    entryPoints: Object.fromEntries(
      Object.entries(install.entryPoints ?? {}).map(([name, options]) => [name, shownEntryPoint(options)]),
    ),
    features: {
      tracing: install.tracing === undefined ? '' : 'OTLP',
      metrics: METRICS.find(([option]) => install.metrics?.[option] !== undefined)?.[1] ?? '',
      accessLog: install.accessLog !== undefined,
    },
    providers: Object.entries(providerDefinitions).flatMap(([name, { goName }]) =>
      goName === null || named?.[name] === undefined ? [] : [goName],
    ),
  }
}

/** Priorities beyond 2^53 are texts in a configuration, and numbers in Traefik's API. */
function shownEntryPoint(options: EntryPointOptions) {
  const redirection = options.http.redirections?.entryPoint
  if (redirection === undefined) return visible(options)
  const entryPoint = { ...redirection, priority: BigInt(redirection.priority) }
  return visible({ ...options, http: { ...options.http, redirections: { entryPoint } } })
}

/** Back ends of metrics with the names that the API shows; the first that there is counts. */
const METRICS = [
  ['prometheus', 'Prometheus'],
  ['datadog', 'Datadog'],
  ['statsD', 'StatsD'],
  ['influxDB2', 'InfluxDB2'],
  ['otlp', 'OTLP'],
] as const
