import type { ApiOptions } from '../../api/api.ts'
import { visible } from '../planning/definition.ts'
import type { InstallConfig } from './install.ts'
import { providerDefinitions } from './providers/providers.ts'

/**
 * What the management API shows of an install configuration.
 * @param running the process; its `control` is taken where the configuration lets the API take commands
 */
export function apiOptions(
  install: InstallConfig,
  running: Pick<
    ApiOptions,
    'startDate' | 'version' | 'codename' | 'control' | 'dashboard' | 'turn' | 'providerStates' | 'traffic'
  >,
): ApiOptions {
  const { api, providers } = install
  const named = providers as Readonly<Record<string, unknown>> | undefined
  return {
    basePath: api?.basePath ?? '/',
    disableDashboardAd: api?.disableDashboardAd ?? false,
    dashboardName: api?.dashboardName ?? '',
    entryPoints: Object.fromEntries(
      Object.entries(install.entryPoints ?? {}).map(([name, options]) => [name, visible(options)]),
    ),
    features: {
      tracing: install.tracing === undefined ? '' : 'OTLP',
      metrics: METRICS.find(([option]) => install.metrics?.[option] !== undefined)?.[1] ?? '',
      accessLog: install.accessLog !== undefined,
    },
    providers: Object.entries(providerDefinitions).flatMap(([name, { goName }]) =>
      goName === null || named?.[name] === undefined ? [] : [goName],
    ),
    ...running,
    control: api?.control === true ? running.control : null,
  }
}

/** Back ends of metrics with the names that the API shows; the first that there is counts. */
const METRICS = [
  ['prometheus', 'Prometheus'],
  ['datadog', 'Datadog'],
  ['statsD', 'StatsD'],
  ['influxDB2', 'InfluxDB2'],
  ['otlp', 'OTLP'],
] as const
