import type * as z from 'zod'
import { toFieldText } from '../../http/fields.ts'
import type { HealthCheckPlan, LoadBalancerPlan, ServerPlan, Strategy } from '../../plan/services.ts'
import { durationMs } from '../../schema/duration.ts'
import { defineElement, PrepareError } from '../../schema/element.ts'
import { parseServerUrl } from '../../schema/server-url.ts'
import { type healthCheckBlock, loadBalancerOptions } from '../shared/options.schema.ts'
import { prepareSticky } from '../shared/sticky.schema.ts'

const STRATEGIES: readonly string[] = ['wrr', 'p2c', 'hrw', 'leasttime'] satisfies readonly Strategy[]

export const loadBalancerElement = defineElement({
  schema: loadBalancerOptions,
  prepare(options, scope): LoadBalancerPlan {
    const strategy = options.strategy === '' ? 'wrr' : options.strategy
    if (!isStrategy(strategy)) throw new PrepareError(`unsupported load-balancer strategy "${strategy}"`)
    const servers = (options.servers ?? []).map(prepareServer)
    const sticky = prepareSticky(
      options.sticky,
      scope.name,
      servers.map((server) => server.url),
    )
    const { passiveHealthCheck } = options
    return {
      servers,
      strategy,
      // Hashing needs no cookie: Traefik takes the option and does nothing with it.
      sticky: strategy === 'hrw' && sticky !== null && !('header' in sticky) ? null : sticky,
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
      ...prepareOwn(options, strategy),
    }
  },
})

type OwnOptions = Pick<LoadBalancerPlan, 'hashBy' | 'slowStartMs' | 'maxEjectionPercent' | 'allowedUpgrades'>

/** Options that Traefik does not have, or has from few: absent where they are not written. */
function prepareOwn(options: z.output<typeof loadBalancerOptions>, strategy: Strategy): OwnOptions {
  const { slowStart, maxEjectionPercent, allowedUpgrades, nginxUpstreamHashBy: hashBy = '' } = options
  const slowStartMs = slowStart === undefined ? 0 : durationMs(slowStart)
  if (slowStartMs < 0) throw new PrepareError(`slowStart ${slowStart} is negative`)
  if (slowStartMs > 0 && strategy === 'hrw') {
    throw new PrepareError(
      'slowStart does not go with strategy hrw: clients would change servers while one of them starts',
    )
  }
  if (maxEjectionPercent !== undefined && (maxEjectionPercent < 0 || maxEjectionPercent > 100)) {
    throw new PrepareError('maxEjectionPercent must be between 0 and 100')
  }
  return {
    ...(hashBy === '' || strategy !== 'hrw' ? {} : { hashBy: toFieldText(hashBy) }),
    ...(slowStartMs === 0 ? {} : { slowStartMs }),
    ...(maxEjectionPercent === undefined || maxEjectionPercent === 100 ? {} : { maxEjectionPercent }),
    ...(allowedUpgrades === undefined ? {} : { allowedUpgrades: allowedUpgrades.map((name) => name.toLowerCase()) }),
  }
}

const isStrategy = (name: string): name is Strategy => STRATEGIES.includes(name)

function prepareServer(server: NonNullable<z.output<typeof loadBalancerOptions>['servers']>[number]): ServerPlan {
  const url = server.url ?? ''
  const parts = parseServerUrl(url)
  return {
    url,
    ...parts,
    weight: server.weight ?? 1,
    preservePath: server.preservePath ?? false,
    ...(server.fenced === true ? { fenced: true } : {}),
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
    ...threshold('fails', options.fails),
    ...threshold('passes', options.passes),
  }
}

/** Absent where it is not written: plans are parts of the keys of checks. */
function threshold(name: 'fails' | 'passes', count: number | undefined): Pick<HealthCheckPlan, 'fails' | 'passes'> {
  if (count === undefined) return {}
  if (count < 1) throw new PrepareError(`healthCheck.${name} must be at least 1`)
  return { [name]: count }
}
