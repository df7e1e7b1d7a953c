/** What families are called beyond Prometheus (Traefik `pkg/observability/metrics/{datadog,statsd,influxdb2}.go`). */
const NAMES: Readonly<Record<string, string>> = {
  traefik_config_reloads_total: 'config.reload.total',
  traefik_config_last_reload_success: 'config.reload.lastSuccessTimestamp',
  traefik_open_connections: 'open.connections',
  traefik_tls_certs_not_after: 'tls.certs.notAfterTimestamp',
  ...ofLevel('entrypoint'),
  ...ofLevel('router'),
  ...ofLevel('service'),
  traefik_service_retries_total: 'service.retries.total',
  traefik_service_server_up: 'service.server.up',
}

function ofLevel(level: string): Record<string, string> {
  return {
    [`traefik_${level}_requests_total`]: `${level}.request.total`,
    [`traefik_${level}_requests_tls_total`]: `${level}.request.tls.total`,
    [`traefik_${level}_request_duration_seconds`]: `${level}.request.duration`,
    [`traefik_${level}_requests_bytes_total`]: `${level}.requests.bytes.total`,
    [`traefik_${level}_responses_bytes_total`]: `${level}.responses.bytes.total`,
  }
}

/** The name that StatsD and Datadog know a family by, without prefix; null: they are not told of it. */
export const dottedName = (family: string): string | null => NAMES[family] ?? null

/** InfluxDB has two of them in the plural. */
export const influxName = (family: string): string | null => {
  const name = dottedName(family)
  return name === null ? null : `traefik.${name.replace(/\.request(?=(?:\.tls)?\.total$)/, '.requests')}`
}
