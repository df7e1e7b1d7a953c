import { PLAN_VERSION, type Plan } from './plan.ts'

/** Before the first configuration: every request is answered 404. */
export const EMPTY_PLAN: Plan = {
  version: PLAN_VERSION,
  target: 'node',
  entryPoints: {},
  routers: {},
  middlewares: {},
  services: {},
  serversTransports: {},
  precedence: [],
  problems: [],
}
