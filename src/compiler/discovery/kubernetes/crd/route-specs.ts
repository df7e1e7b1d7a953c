import * as z from 'zod'
import { bigInteger, flag, text, texts } from '../../../../schema/scalars.ts'
import { domainBlock, observabilityFields } from '../../../dynamic/blocks.ts'
import { objectReference, serviceReference, tcpServiceReference, udpServiceReference } from './service-spec.ts'

/** Routes (Traefik v3.7 `pkg/provider/kubernetes/crd/traefikio/v1alpha1/ingressroute*.go`). */

const tlsFields = {
  secretName: text().default(''),
  options: objectReference.optional(),
  // Without effect: Traefik has one store.
  store: objectReference.optional(),
  certResolver: text().optional(),
  domains: z.array(domainBlock()).optional(),
}

const common = { ingressClassName: text().optional(), entryPoints: texts().optional() }

/** IngressRoute */
export const ingressRouteSpec = z.strictObject({
  ...common,
  routes: z
    .array(
      z.strictObject({
        match: text().default(''),
        kind: text().default(''),
        priority: bigInteger().optional(),
        syntax: text().optional(),
        services: z.array(serviceReference).default([]),
        middlewares: z.array(objectReference).default([]),
        observability: z.strictObject({ ...observabilityFields, traceVerbosity: text().default('minimal') }).optional(),
      }),
    )
    .default([]),
  tls: z.strictObject(tlsFields).optional(),
  parentRefs: z.array(objectReference).default([]),
})

/** IngressRouteTCP */
export const ingressRouteTcpSpec = z.strictObject({
  ...common,
  routes: z
    .array(
      z.strictObject({
        match: text().default(''),
        priority: bigInteger().optional(),
        syntax: text().optional(),
        services: z.array(tcpServiceReference).default([]),
        middlewares: z.array(objectReference).default([]),
      }),
    )
    .default([]),
  tls: z.strictObject({ ...tlsFields, passthrough: flag().default(false) }).optional(),
})

/** IngressRouteUDP */
export const ingressRouteUdpSpec = z.strictObject({
  ...common,
  routes: z.array(z.strictObject({ services: z.array(udpServiceReference).default([]) })).default([]),
})
