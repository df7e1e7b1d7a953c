import { PLAN_VERSION, type Plan } from './plan.ts'
import { NO_TCP } from './tcp.ts'
import { NO_TLS } from './tls.ts'
import { NO_UDP } from './udp.ts'

/** Before the first configuration: every request is answered 404. */
export const EMPTY_PLAN: Plan = {
  version: PLAN_VERSION,
  target: 'node',
  entryPoints: {},
  routers: {},
  middlewares: {},
  services: {},
  serversTransports: {},
  tls: NO_TLS,
  tcp: NO_TCP,
  udp: NO_UDP,
  precedence: [],
  problems: [],
}
