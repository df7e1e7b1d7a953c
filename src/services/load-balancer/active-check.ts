import type { HealthCheck } from '../../contracts/health-check.ts'
import type { BuildScope } from '../../contracts/kinds.ts'
import type { CheckTarget, HttpCheck } from '../../engine/health/http-check.ts'
import { isKnownScheme, type Scheme } from '../../plan/scheme.ts'
import type { HealthCheckPlan, ServerPlan } from '../../plan/services.ts'

/**
 * The active check of a server (Traefik v3.7 `pkg/healthcheck`). Null where it can't be made: then the server counts as
 * up.
 * @param transportName qualified
 */
export function activeCheck(
  server: ServerPlan,
  options: HealthCheckPlan,
  transportName: string,
  scope: BuildScope,
): HealthCheck | null {
  const run =
    options.mode === 'grpc' ? overGrpc(server, options, scope) : overHttp(server, options, transportName, scope)
  if (run === null) return null
  const { url: serverUrl } = server
  const { name: service } = scope
  return { key: `${service} ${serverUrl} ${JSON.stringify(options)}`, service, serverUrl, options, run }
}

type Run = HealthCheck['run']

const never = (reason: string): Run => {
  const found = Promise.resolve(reason)
  return () => found
}

function overHttp(server: ServerPlan, options: HealthCheckPlan, transportName: string, scope: BuildScope): Run {
  const scheme = options.scheme || server.scheme
  if (!isKnownScheme(scheme)) return never(`unsupported protocol scheme "${scheme}"`)
  const originOf = (over: Scheme, host: string, port: number, authority: string) =>
    ({
      scheme: over === 'https' ? 'https' : 'http',
      authority,
      transport: scope.open('transport', { through: transportName, origin: { scheme: over, host, port } }),
    }) as const
  const { host } = server
  const port = options.port || server.port
  const authority = options.port === 0 ? server.authority : `${host.includes(':') ? `[${host}]` : host}:${port}`
  const target: CheckTarget = {
    options,
    base: targetOf(server.url),
    origin: originOf(scheme, host, port, authority),
    open(url) {
      const over = url.protocol === 'https:' ? 'https' : 'http'
      return originOf(over, url.hostname.replace(/^\[|\]$/g, ''), Number(url.port) || DEFAULT_PORTS[over], url.host)
    },
  }
  let check: HttpCheck | null = null
  return async (cx) => {
    if (check === null) {
      // Most who build a check never run it: where objects or scheduled runs check, isolates only hear of it.
      const { HttpCheck } = await import('../../engine/health/http-check.ts')
      check ??= new HttpCheck(target)
    }
    return check.run(cx)
  }
}

const DEFAULT_PORTS = { http: 80, https: 443 } as const

function overGrpc({ host, port }: ServerPlan, options: HealthCheckPlan, scope: BuildScope): Run | null {
  const { grpcHealth } = scope.ports
  if (grpcHealth === null) {
    scope.warn(
      'health checks of mode "grpc" need HTTP/2 to servers, which does not exist here: every server counts as up',
    )
    return null
  }
  if (!['', 'http', 'h2c'].includes(options.scheme)) return never(`gRPC health checks have no scheme ${options.scheme}`)
  const target = { host, port: options.port || port }
  return (cx) => grpcHealth.check(target, cx.signal)
}

/** Path and query of a server's URL: where a relative path of a check starts. */
function targetOf(url: string): string {
  const at = url.indexOf('/', url.indexOf('//') + 2)
  return at === -1 ? '/' : url.slice(at)
}
