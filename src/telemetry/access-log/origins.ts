import type { RouterOrigin, ServiceOrigin } from '../../http/cluster-objects.ts'
import type { Middleware } from '../../http/handler.ts'

/** Notes what a router is made of, for the line of the exchange. */
export const notingRouter =
  (origin: RouterOrigin): Middleware =>
  (next) =>
  (request, cx) => {
    cx.record.routerOrigin = origin
    return next(request, cx)
  }

/** Notes whose servers a service has. */
export const notingService =
  (origin: ServiceOrigin): Middleware =>
  (next) =>
  (request, cx) => {
    cx.record.serviceOrigin = origin
    return next(request, cx)
  }
