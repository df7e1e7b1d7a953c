import type * as z from 'zod'
import type { HealthCheckPlan, LoadBalancerPlan, ServerPlan } from '../plan/services.ts'
import { durationMs } from '../schema/duration.ts'
import { defineElement, PrepareError } from '../schema/element.ts'
import { type healthCheckBlock, loadBalancerOptions } from './options.schema.ts'
import { parseServerUrl } from './server-url.schema.ts'
import { prepareSticky } from './sticky.schema.ts'

/** Strategies of Traefik that are not built yet. */
const PENDING_STRATEGIES: readonly string[] = ['p2c', 'hrw', 'leasttime']

export const loadBalancerElement = defineElement({
  schema: loadBalancerOptions,
  prepare(options, scope): LoadBalancerPlan {
    if (PENDING_STRATEGIES.includes(options.strategy)) {
      throw new PrepareError(`load-balancer strategy "${options.strategy}" is not available yet`)
    }
    if (options.strategy !== 'wrr') throw new PrepareError(`unsupported load-balancer strategy "${options.strategy}"`)
    if (options.passiveHealthCheck !== undefined) throw new PrepareError('passiveHealthCheck is not available yet')
    const servers = (options.servers ?? []).map(prepareServer).filter((server) => server.weight > 0)
    return {
      servers,
      sticky: prepareSticky(
        options.sticky,
        scope.name,
        servers.map((server) => server.url),
      ),
      healthCheck: options.healthCheck === undefined ? null : prepareHealthCheck(options.healthCheck),
      passHostHeader: options.passHostHeader,
      serversTransport: options.serversTransport ? scope.qualify(options.serversTransport) : 'default@internal',
    }
  },
})

function prepareServer(server: NonNullable<z.output<typeof loadBalancerOptions>['servers']>[number]): ServerPlan {
  const url = server.url ?? ''
  const parts = parseServerUrl(url)
  if (parts.scheme === 'h2c') throw new PrepareError(`h2c to servers is not available yet: ${url}`)
  return {
    url,
    ...parts,
    weight: server.weight ?? 1,
    preservePath: server.preservePath ?? false,
    fenced: false,
  }
}

const DEFAULT_INTERVAL_MS = 30_000
const DEFAULT_TIMEOUT_MS = 5_000

const positive = (ms: number, otherwise: number): number => (ms > 0 ? ms : otherwise)

function prepareHealthCheck(options: z.output<typeof healthCheckBlock>): HealthCheckPlan {
  if (options.mode === 'grpc') throw new PrepareError('health checks of mode "grpc" are not available yet')
  const intervalMs = positive(durationMs(options.interval), DEFAULT_INTERVAL_MS)
  return {
    path: options.path ?? '',
    method: options.method || 'GET',
    scheme: options.scheme ?? '',
    port: options.port ?? 0,
    hostname: options.hostname ?? '',
    headers: options.headers ?? {},
    status: options.status ?? 0,
    followRedirects: options.followRedirects,
    intervalMs,
    unhealthyIntervalMs:
      options.unhealthyInterval === undefined
        ? intervalMs
        : positive(durationMs(options.unhealthyInterval), DEFAULT_INTERVAL_MS),
    timeoutMs: positive(durationMs(options.timeout), DEFAULT_TIMEOUT_MS),
  }
}
