import type * as z from 'zod'
import type { HealthCheckPlan, LoadBalancerPlan, ServerPlan, Strategy } from '../plan/services.ts'
import { durationMs } from '../schema/duration.ts'
import { defineElement, PrepareError } from '../schema/element.ts'
import { type healthCheckBlock, loadBalancerOptions } from './options.schema.ts'
import { parseServerUrl } from './server-url.schema.ts'
import { prepareSticky } from './sticky.schema.ts'

const STRATEGIES: readonly string[] = ['wrr', 'p2c', 'hrw', 'leasttime'] satisfies readonly Strategy[]

export const loadBalancerElement = defineElement({
  schema: loadBalancerOptions,
  prepare(options, scope): LoadBalancerPlan {
    const strategy = options.strategy === '' ? 'wrr' : options.strategy
    if (!isStrategy(strategy)) throw new PrepareError(`unsupported load-balancer strategy "${strategy}"`)
    const servers = (options.servers ?? []).map(prepareServer)
    // Hashing needs no cookie: Traefik takes the option and does nothing with it.
    const sticky = strategy === 'hrw' ? undefined : options.sticky
    const { passiveHealthCheck } = options
    return {
      servers,
      strategy,
      sticky: prepareSticky(
        sticky,
        scope.name,
        servers.map((server) => server.url),
      ),
      healthCheck: options.healthCheck === undefined ? null : prepareHealthCheck(options.healthCheck),
      passiveHealthCheck:
        passiveHealthCheck === undefined
          ? null
          : {
              failureWindowMs: durationMs(passiveHealthCheck.failureWindow),
              maxFailedAttempts: passiveHealthCheck.maxFailedAttempts,
            },
      passHostHeader: options.passHostHeader,
      serversTransport: options.serversTransport ? scope.qualify(options.serversTransport) : 'default@internal',
    }
  },
})

const isStrategy = (name: string): name is Strategy => STRATEGIES.includes(name)

function prepareServer(server: NonNullable<z.output<typeof loadBalancerOptions>['servers']>[number]): ServerPlan {
  const url = server.url ?? ''
  const parts = parseServerUrl(url)
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
  const intervalMs = positive(durationMs(options.interval), DEFAULT_INTERVAL_MS)
  return {
    // Whatever is not gRPC is HTTP.
    mode: options.mode === 'grpc' ? 'grpc' : 'http',
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
