import { isSame } from '../../plan/same.ts'
import { visible } from '../planning/definition.ts'
import { DEFAULT_PRECEDENCE } from './defaults.ts'
import type { InstallConfig } from './install.ts'

/**
 * Texts that Traefik does not hide in a support dump (the tag `export` of its structs, 3.7): by path, `*` is any name.
 * Whatever else is a text may be an address or a secret. Numbers, switches and durations are shown.
 */
const SHOWN: readonly string[] = [
  'accessLog.fields.defaultMode',
  'accessLog.fields.headers.defaultMode',
  'accessLog.fields.headers.names.*',
  'accessLog.fields.names.*',
  'accessLog.fields.queryParameters.defaultMode',
  'accessLog.filters.statusCodes',
  'accessLog.format',
  'accessLog.otlp.serviceName',
  'api.basePath',
  'api.dashboardName',
  'certificatesResolvers.*.acme.caServerName',
  'certificatesResolvers.*.acme.dnsChallenge.provider',
  'certificatesResolvers.*.acme.httpChallenge.entryPoint',
  'certificatesResolvers.*.acme.keyType',
  'certificatesResolvers.*.acme.preferredChain',
  'certificatesResolvers.*.acme.profile',
  'certificatesResolvers.*.acme.storage',
  'entryPoints.*.forwardedHeaders.aliasHeadersStrategy',
  'entryPoints.*.forwardedHeaders.underscoreHeadersStrategy',
  'entryPoints.*.http.aliasHeadersStrategy',
  'entryPoints.*.http.redirections.entryPoint.scheme',
  'entryPoints.*.http.redirections.entryPoint.to',
  'entryPoints.*.http.tls.certResolver',
  'entryPoints.*.http.tls.options',
  'entryPoints.*.http.underscoreHeadersStrategy',
  'entryPoints.*.observability.traceVerbosity',
  'hostResolver.resolvConfig',
  'log.format',
  'log.level',
  'log.otlp.serviceName',
  'metrics.datadog.prefix',
  'metrics.influxDB2.additionalLabels.*',
  'metrics.influxDB2.bucket',
  'metrics.influxDB2.org',
  'metrics.otlp.resourceAttributes.*',
  'metrics.otlp.serviceName',
  'metrics.prometheus.entryPoint',
  'metrics.prometheus.headerLabels.*',
  'metrics.statsD.prefix',
  'ping.entryPoint',
  'providers.consulCatalog.constraints',
  'providers.consulCatalog.prefix',
  'providers.consulCatalog.serviceName',
  'providers.consulCatalog.strictChecks',
  'providers.docker.constraints',
  'providers.docker.defaultRule',
  'providers.docker.network',
  'providers.ecs.clusters',
  'providers.ecs.constraints',
  'providers.ecs.region',
  'providers.file.directory',
  'providers.file.filename',
  'providers.nomad.constraints',
  'providers.nomad.prefix',
  'providers.precedence',
  'providers.redis.sentinel.masterName',
  'providers.swarm.constraints',
  'providers.swarm.defaultRule',
  'providers.swarm.network',
  'tracing.capturedRequestHeaders',
  'tracing.capturedResponseHeaders',
  'tracing.globalAttributes.*',
  'tracing.resourceAttributes.*',
  'tracing.safeQueryParams',
  'tracing.serviceName',
]

/** What it takes out whole. */
const GONE: readonly string[] = [
  'accessLog.otlp.resourceAttributes',
  'certificatesResolvers.*.acme.eab',
  'entryPoints.*.udp',
  'log.otlp.resourceAttributes',
  'ocsp.responderOverrides',
  'providers.redis.db',
]

const MASK = 'xxxx'
/** In the place of addresses in texts that are shown. */
const ADDRESS = MASK.repeat(8)

const shown = new Set(SHOWN)
const gone = new Set(GONE)

/**
 * An install configuration as Traefik's support dump has it (`pkg/redactor`): texts that may tell whose it is are
 * `xxxx`, and so is what looks like an address.
 */
export function anonymised(install: InstallConfig): Readonly<Record<string, unknown>> {
  const { precedence, ...providers } = install.providers
  // Nobody has said what stands there by default.
  const isDefault = isSame(precedence, DEFAULT_PRECEDENCE)
  return record(visible(isDefault ? { ...install, providers } : install), '')
}

function record(options: Readonly<Record<string, unknown>>, path: string): Record<string, unknown> {
  const known = MAPS.has(path) || shown.has(`${path}.*`)
  return Object.fromEntries(
    Object.entries(options).flatMap(([key, value]) => {
      const inner = path === '' ? key : `${path}.${known ? '*' : key}`
      return gone.has(inner) || value === undefined ? [] : [[key, redacted(value, inner)] as const]
    }),
  )
}

/** Maps by names that people choose. */
const MAPS: ReadonlySet<string> = new Set(['entryPoints', 'certificatesResolvers'])

function redacted(value: unknown, path: string): unknown {
  if (typeof value === 'string') return isDuration(value) ? value : shown.has(path) ? withoutAddresses(value) : MASK
  if (Array.isArray(value)) return value.map((item) => redacted(item, path))
  if (typeof value === 'object' && value !== null) return record(value as Record<string, unknown>, path)
  return value
}

const isDuration = (text: string): boolean => /^-?(?:[0-9]+(?:\.[0-9]+)?(?:ns|us|µs|ms|s|m|h))+$/.test(text)

/** URLs, addresses, and hosts, which are told from files by what they end with. */
const withoutAddresses = (text: string): string =>
  text
    .replace(/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'`]+/gi, ADDRESS)
    .replace(/(?<![\w/-])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?::[0-9]+)?(?![\w.-])/g, ADDRESS)
    .replace(
      /(?<![\w/-])(?:[a-z0-9_-]+\.)+(?!(?:ya?ml|toml|json|log|conf|pem|crt|key)\b)[a-z]{2,}(?::[0-9]+)?(?![\w.-])/gi,
      ADDRESS,
    )
