import * as z from 'zod'
import { flag, integer, text } from '../../../../schema/scalars.ts'
import { healthCheckBlock, passiveHealthCheckBlock, stickyBlock } from '../../../../services/shared/options.schema.ts'

/** References of custom resources (Traefik v3.7 `pkg/provider/kubernetes/crd/traefikio/v1alpha1/ingressroute.go`). */

/** Another object, in the same namespace where none is said. */
export const objectReference = z.strictObject({ name: text().default(''), namespace: text().default('') })

/** A reference to another object. */
export type ObjectReference = z.output<typeof objectReference>

/** A service of the cluster or a TraefikService, and how requests are spread over its servers. */
export const serviceReference = z.strictObject({
  name: text().default(''),
  kind: text().default(''),
  namespace: text().default(''),
  middlewares: z.array(objectReference).default([]),
  sticky: stickyBlock.optional(),
  port: z.unknown().optional(),
  scheme: text().default(''),
  strategy: text().default(''),
  passHostHeader: flag().default(true),
  responseForwarding: z.strictObject({ flushInterval: text().default('') }).optional(),
  serversTransport: text().default(''),
  weight: integer().optional(),
  nativeLB: flag().optional(),
  nodePortLB: flag().default(false),
  healthCheck: healthCheckBlock.optional(),
  passiveHealthCheck: passiveHealthCheckBlock.optional(),
})

/** A reference to a service of HTTP. */
export type ServiceReference = z.output<typeof serviceReference>

const streamReference = {
  name: text().default(''),
  namespace: text().default(''),
  port: z.unknown().optional(),
  weight: integer().optional(),
  nativeLB: flag().optional(),
  nodePortLB: flag().default(false),
}

/** A service of the cluster for connections. */
export const tcpServiceReference = z.strictObject({
  ...streamReference,
  terminationDelay: integer().optional(),
  proxyProtocol: z.strictObject({ version: integer().default(0) }).optional(),
  serversTransport: text().default(''),
  tls: flag().default(false),
})

/** A service of the cluster for datagrams. */
export const udpServiceReference = z.strictObject(streamReference)

/** A reference to a service of TCP. */
export type TcpServiceReference = z.output<typeof tcpServiceReference>
/** A reference to a service of UDP. */
export type UdpServiceReference = z.output<typeof udpServiceReference>

/** TraefikService (`service.go`). */
export const traefikServiceSpec = z.strictObject({
  weighted: z
    .strictObject({ services: z.array(serviceReference).default([]), sticky: stickyBlock.optional() })
    .optional(),
  mirroring: serviceReference
    .extend({
      mirrorBody: flag().default(true),
      maxBodySize: integer().default(-1),
      mirrors: z.array(serviceReference.extend({ percent: integer().default(0) })).default([]),
    })
    .optional(),
  highestRandomWeight: z.strictObject({ services: z.array(serviceReference).default([]) }).optional(),
  failover: z
    .strictObject({
      service: serviceReference.prefault({}),
      fallback: serviceReference.prefault({}),
      errors: z
        .strictObject({ status: z.array(text()).optional(), maxRequestBodyBytes: integer().default(-1) })
        .prefault({}),
    })
    .optional(),
})
