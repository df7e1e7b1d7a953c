import { ConfigError, type Service } from '../../contracts/kinds.ts'
import type { Handler } from '../../http/handler.ts'

/** What they are in Traefik, whose message names it. */
const INTERNAL_TYPES: Readonly<Record<string, string>> = {
  dashboard: 'dashboard.Handler',
  noop: 'http.HandlerFunc',
  ping: '*ping.Handler',
}

/** Why a parent can't follow the health of `NAME@internal`, in Traefik's words. */
function uncheckedInternal(name: string): string {
  const type = INTERNAL_TYPES[name.slice(0, -'@internal'.length)]
  return `not a healthcheck.StatusUpdater${type === undefined ? '' : ` (${type})`}`
}

const optionalServices = ['api', 'dashboard', 'ping', 'prometheus', 'rest']

/** Why there is no `NAME@internal`, in Traefik's words. */
function unknownInternal(name: string): string {
  const service = name.slice(0, -'@internal'.length)
  if (service === 'acme-http') return 'HTTP challenge is not enabled'
  return optionalServices.includes(service) ? `${service} is not enabled` : `unknown internal service ${name}`
}

/** A service of the management plane. Throws `ConfigError` where there is none of that name. */
export function internalService(name: string, handlers: ReadonlyMap<string, Handler>): Service {
  const handle = handlers.get(name)
  if (handle === undefined) throw new ConfigError(unknownInternal(name))
  return { name, handle, unchecked: uncheckedInternal(name), isUp: () => true, servers: null }
}
