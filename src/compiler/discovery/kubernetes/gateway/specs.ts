import * as z from 'zod'
import { flag, integer, text, textMap, texts } from '../../../../schema/scalars.ts'

/**
 * Specs of the Gateway API (v1.5, both channels). Defaults are those of the definitions: the API server fills them in,
 * and manifests on their way to it do without.
 */

/** Group of the kinds of the Gateway API. */
export const GROUP = 'gateway.networking.k8s.io'

/** GatewayClass */
export const gatewayClassSpec = z.strictObject({
  controllerName: text().default(''),
  description: text().optional(),
  parametersRef: z.unknown().optional(),
})

const certificateRef = z.strictObject({
  group: text().default(''),
  kind: text().default('Secret'),
  name: text().default(''),
  namespace: text().optional(),
})

const labelSelector = z.strictObject({
  matchLabels: textMap().default({}),
  matchExpressions: z
    .array(z.strictObject({ key: text().default(''), operator: text().default(''), values: texts().default([]) }))
    .default([]),
})

const listener = z.strictObject({
  name: text().default(''),
  hostname: text().optional(),
  port: integer().default(0),
  protocol: text().default(''),
  tls: z
    .strictObject({
      mode: text().default('Terminate'),
      certificateRefs: z.array(certificateRef).default([]),
      options: textMap().optional(),
    })
    .optional(),
  allowedRoutes: z
    .strictObject({
      namespaces: z.strictObject({ from: text().default('Same'), selector: labelSelector.optional() }).prefault({}),
      kinds: z.array(z.strictObject({ group: text().default(GROUP), kind: text().default('') })).default([]),
    })
    .prefault({}),
})

/** Gateway */
export const gatewaySpec = z.strictObject({
  gatewayClassName: text().default(''),
  listeners: z.array(listener).default([]),
  addresses: z.array(z.unknown()).default([]),
  infrastructure: z.unknown().optional(),
  allowedListeners: z.unknown().optional(),
  defaultScope: z.unknown().optional(),
  tls: z.unknown().optional(),
})

const parentRef = z.strictObject({
  group: text().default(GROUP),
  kind: text().default('Gateway'),
  namespace: text().optional(),
  name: text().default(''),
  sectionName: text().optional(),
  port: integer().optional(),
})

const backendObject = {
  group: text().default(''),
  kind: text().default('Service'),
  name: text().default(''),
  namespace: text().optional(),
  port: integer().optional(),
}

const backendRef = z.strictObject({ ...backendObject, weight: integer().default(1) })

const header = z.strictObject({ name: text().default(''), value: text().default('') })
const headerModifier = z.strictObject({
  set: z.array(header).default([]),
  add: z.array(header).default([]),
  remove: texts().default([]),
})
const pathModifier = z.strictObject({
  type: text().default(''),
  replaceFullPath: text().optional(),
  replacePrefixMatch: text().optional(),
})
const extensionRef = z.strictObject({ group: text().default(''), kind: text().default(''), name: text().default('') })
const requestMirror = z.strictObject({
  backendRef: z.strictObject(backendObject).prefault({}),
  percent: integer().optional(),
  fraction: z.strictObject({ numerator: integer().default(0), denominator: integer().default(100) }).optional(),
})

const httpFilter = z.strictObject({
  type: text().default(''),
  requestHeaderModifier: headerModifier.optional(),
  responseHeaderModifier: headerModifier.optional(),
  requestMirror: requestMirror.optional(),
  requestRedirect: z
    .strictObject({
      scheme: text().optional(),
      hostname: text().optional(),
      path: pathModifier.optional(),
      port: integer().optional(),
      statusCode: integer().default(302),
    })
    .optional(),
  urlRewrite: z.strictObject({ hostname: text().optional(), path: pathModifier.optional() }).optional(),
  cors: z
    .strictObject({
      allowOrigins: texts().default([]),
      allowCredentials: flag().default(false),
      allowMethods: texts().default([]),
      allowHeaders: texts().default([]),
      exposeHeaders: texts().default([]),
      maxAge: integer().default(5),
    })
    .optional(),
  externalAuth: z.unknown().optional(),
  extensionRef: extensionRef.optional(),
})

const valueMatch = z.strictObject({
  type: text().default('Exact'),
  name: text().default(''),
  value: text().default(''),
})

const httpMatch = z.strictObject({
  path: z.strictObject({ type: text().default('PathPrefix'), value: text().default('/') }).prefault({}),
  headers: z.array(valueMatch).default([]),
  queryParams: z.array(valueMatch).default([]),
  method: text().optional(),
})

const httpRule = z.strictObject({
  name: text().optional(),
  matches: z.array(httpMatch).default([{ path: { type: 'PathPrefix', value: '/' }, headers: [], queryParams: [] }]),
  filters: z.array(httpFilter).default([]),
  backendRefs: z.array(backendRef.extend({ filters: z.array(httpFilter).default([]) })).default([]),
  timeouts: z.strictObject({ request: text().optional(), backendRequest: text().optional() }).optional(),
  retry: z.unknown().optional(),
  sessionPersistence: z.unknown().optional(),
})

const routeFields = {
  parentRefs: z.array(parentRef).default([]),
  useDefaultGateways: z.unknown().optional(),
}

/** HTTPRoute */
export const httpRouteSpec = z.strictObject({
  ...routeFields,
  hostnames: texts().default([]),
  rules: z.array(httpRule).default([
    {
      matches: [{ path: { type: 'PathPrefix', value: '/' }, headers: [], queryParams: [] }],
      filters: [],
      backendRefs: [],
    },
  ]),
})

const grpcFilter = z.strictObject({
  type: text().default(''),
  requestHeaderModifier: headerModifier.optional(),
  responseHeaderModifier: headerModifier.optional(),
  requestMirror: requestMirror.optional(),
  extensionRef: extensionRef.optional(),
})

const grpcMatch = z.strictObject({
  method: z
    .strictObject({ type: text().default('Exact'), service: text().default(''), method: text().default('') })
    .optional(),
  headers: z.array(valueMatch).default([]),
})

/** GRPCRoute */
export const grpcRouteSpec = z.strictObject({
  ...routeFields,
  hostnames: texts().default([]),
  rules: z
    .array(
      z.strictObject({
        name: text().optional(),
        matches: z.array(grpcMatch).default([]),
        filters: z.array(grpcFilter).default([]),
        backendRefs: z.array(backendRef.extend({ filters: z.array(grpcFilter).default([]) })).default([]),
        sessionPersistence: z.unknown().optional(),
      }),
    )
    .default([]),
})

const streamRules = z
  .array(z.strictObject({ name: text().optional(), backendRefs: z.array(backendRef).default([]) }))
  .default([])

/** TLSRoute */
export const tlsRouteSpec = z.strictObject({ ...routeFields, hostnames: texts().default([]), rules: streamRules })

/** TCPRoute */
export const tcpRouteSpec = z.strictObject({ ...routeFields, rules: streamRules })

/** ReferenceGrant */
export const referenceGrantSpec = z.strictObject({
  from: z
    .array(z.strictObject({ group: text().default(''), kind: text().default(''), namespace: text().default('') }))
    .default([]),
  to: z
    .array(z.strictObject({ group: text().default(''), kind: text().default(''), name: text().optional() }))
    .default([]),
})

/** BackendTLSPolicy */
export const backendTlsPolicySpec = z.strictObject({
  targetRefs: z
    .array(
      z.strictObject({
        group: text().default(''),
        kind: text().default(''),
        name: text().default(''),
        sectionName: text().optional(),
      }),
    )
    .default([]),
  validation: z
    .strictObject({
      caCertificateRefs: z
        .array(z.strictObject({ group: text().default(''), kind: text().default(''), name: text().default('') }))
        .default([]),
      wellKnownCACertificates: text().optional(),
      hostname: text().default(''),
      subjectAltNames: z
        .array(z.strictObject({ type: text().default(''), hostname: text().default(''), uri: text().default('') }))
        .default([]),
    })
    .prefault({}),
  options: textMap().optional(),
})

export type GatewaySpec = z.output<typeof gatewaySpec>
/** A listener of a Gateway. */
export type ListenerSpec = GatewaySpec['listeners'][number]
/** Which namespaces a listener takes routes of. */
export type RouteNamespaces = ListenerSpec['allowedRoutes']['namespaces']
/** The Gateway, or the part of one, that a route wants to be attached to. */
export type ParentRef = z.output<typeof parentRef>
/** What requests go to. */
export type BackendRef = z.output<typeof backendRef>
export type HttpRouteSpec = z.output<typeof httpRouteSpec>
export type HttpRule = HttpRouteSpec['rules'][number]
export type HttpMatch = HttpRule['matches'][number]
export type HttpFilter = z.output<typeof httpFilter>
/** Fields to set, to add to and to remove. */
export type HeaderModifier = z.output<typeof headerModifier>
export type MirrorFilter = z.output<typeof requestMirror>
export type GrpcRouteSpec = z.output<typeof grpcRouteSpec>
export type GrpcRule = GrpcRouteSpec['rules'][number]
export type GrpcMatch = GrpcRule['matches'][number]
export type StreamRouteSpec = z.output<typeof tlsRouteSpec> | z.output<typeof tcpRouteSpec>
/** A header or a query parameter of a match. */
export type ValueMatch = z.output<typeof valueMatch>
export type BackendTlsPolicySpec = z.output<typeof backendTlsPolicySpec>
