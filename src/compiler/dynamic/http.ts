import * as z from 'zod'
import { internalMiddlewareSchemas, middlewareSchemas, pendingMiddlewareSchemas } from '../../middlewares/schemas.ts'
import { bigInteger, duration, flag, integer, text, texts } from '../../schema/scalars.ts'
import { serviceSchemas } from '../../services/schemas.ts'
import {
  alternativeNames,
  answerLimits,
  certificateFields,
  observabilityFields,
  routerMetadata,
  routerTls,
  serviceObservability,
  spiffeBlock,
} from './blocks.ts'

/** The section `http` (Traefik v3.7 `pkg/config/dynamic/http_config.go`). */

const routerSchema = z.strictObject({
  entryPoints: texts().optional().describe('Entry points it listens on; the default ones when there are none.'),
  middlewares: texts().optional().describe('Middlewares, the first one outermost.'),
  service: text().optional().describe('Service that answers.'),
  rule: text().optional().describe('Which requests it takes.'),
  parentRefs: texts()
    .meta({ ignoredIn: ['label'] })
    .optional()
    .describe('Routers whose requests it chooses from.'),
  ruleSyntax: text().optional().describe('`v3` or `v2`; deprecated.'),
  priority: bigInteger().optional().describe('Higher ones are tried first; 0: the length of the rule.'),
  tls: routerTls()
    .meta({ mayBeEmpty: true, typeName: '*dynamic.RouterTLSConfig' })
    .optional()
    .describe('Serve over TLS only.'),
  observability: z
    .strictObject({
      ...observabilityFields,
      traceVerbosity: text().default('minimal').describe('`minimal` or `detailed`.'),
      metadata: routerMetadata(),
    })
    .meta({ typeName: '*dynamic.RouterObservabilityConfig' })
    .optional()
    .describe('What is recorded of its requests.'),
  timeouts: z
    .strictObject({
      responseHeader: duration()
        .optional()
        .describe('Longest time until there is the head of an answer; then it is a 504. 0: no limit.'),
      total: duration()
        .optional()
        .describe('Longest time until the end of the answer; then the exchange is broken off. 0: no limit.'),
    })
    .meta({ ours: true })
    .optional()
    .describe('How long its requests may take, counted from their arrival.'),
  defaultRule: flag()
    .optional()
    .meta({ ignoredIn: ['file', 'label', 'kv'] })
    .describe(
      'Only providers say it: the rule is made of their template, and a request that comes back here is refused.',
    ),
})

const serviceSchema = z.strictObject({
  middlewares: texts().optional().describe('Middlewares in front of the service.'),
  loadBalancer: serviceSchemas.loadBalancer.optional(),
  highestRandomWeight: serviceSchemas.highestRandomWeight.meta({ ignoredIn: ['label'] }).optional(),
  weighted: serviceSchemas.weighted.meta({ ignoredIn: ['label'] }).optional(),
  mirroring: serviceSchemas.mirroring.meta({ ignoredIn: ['label'] }).optional(),
  failover: serviceSchemas.failover.meta({ ignoredIn: ['label'] }).optional(),
  observability: serviceObservability(),
})

type Schemas = Readonly<Record<string, z.ZodType>>
type Optional<S extends Schemas> = { [K in keyof S]: z.ZodOptional<S[K]> }

const optional = <S extends Schemas>(schemas: S): Optional<S> =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, z.optional(schema)])) as Optional<S>

type BuiltSchemas = { [K in keyof typeof middlewareSchemas]: (typeof middlewareSchemas)[K]['schema'] }

const builtSchemas = Object.fromEntries(
  Object.entries(middlewareSchemas).map(([name, element]) => [name, element.schema]),
) as BuiltSchemas

type InternalSchemas = {
  [K in keyof typeof internalMiddlewareSchemas]: (typeof internalMiddlewareSchemas)[K]['schema']
}

/** Those of providers: Traefik reads them everywhere and then takes them for nothing. */
const internalSchemas = Object.fromEntries(
  Object.entries(internalMiddlewareSchemas).map(([name, { schema }]) => [
    name,
    schema.meta({ ...schema.meta(), ignoredIn: ['file', 'label', 'kv'] }),
  ]),
) as InternalSchemas

const middlewareSchema = z.strictObject({
  ...optional(builtSchemas),
  ...optional(pendingMiddlewareSchemas),
  ...optional(internalSchemas),
})

const modelSchema = z.strictObject({
  middlewares: texts().optional().describe('Middlewares in front of those of the router.'),
  tls: routerTls().optional().describe('TLS for routers without a block of their own.'),
  observability: z
    .strictObject({ ...observabilityFields, traceVerbosity: text().optional().describe('`minimal` or `detailed`.') })
    .optional()
    .describe('What is recorded of requests.'),
})

const serversTransportSchema = z.strictObject({
  serverName: text().optional().describe('Name for SNI and for the check of the certificate.'),
  insecureSkipVerify: flag().optional().describe('Accept any certificate.'),
  rootCAs: texts().optional().describe('Certificate authorities: paths or PEM texts.'),
  certificates: z.array(z.strictObject(certificateFields)).optional().describe('Client certificates.'),
  cipherSuites: texts().optional().describe('Cipher suites up to TLS 1.2.'),
  minVersion: text().optional().describe('Lowest version of TLS: `VersionTLS12` …'),
  maxVersion: text().optional().describe('Highest version of TLS.'),
  maxIdleConnsPerHost: integer().optional().describe('Idle connections kept to a server; 0: two; negative: none.'),
  forwardingTimeouts: z
    .strictObject({
      dialTimeout: duration().default('30s').describe('Limit for connecting; 0: none.'),
      responseHeaderTimeout: duration().optional().describe('Limit for the head of the response; 0: none.'),
      idleConnTimeout: duration().default('1m30s').describe('Time an idle connection is kept; 0: for ever.'),
      readIdleTimeout: duration().optional().describe('Silence after which an HTTP/2 connection is pinged.'),
      pingTimeout: duration().default('15s').describe('Limit for the answer to a ping.'),
      readTimeout: duration()
        .optional()
        .meta({ ignoredIn: ['file', 'label', 'kv'] })
        .describe('Only providers say it: the longest silence of a server within an answer; 0: no limit.'),
      writeTimeout: duration()
        .optional()
        .meta({ ignoredIn: ['file', 'label', 'kv'] })
        .describe('Only providers say it: the longest time in which a server takes nothing of a request; 0: no limit.'),
    })
    .meta({ typeName: '*dynamic.ForwardingTimeouts' })
    .optional()
    .describe('Time limits.'),
  disableHTTP2: flag().optional().describe('Speak HTTP/1.1 only.'),
  peerCertURI: text().optional().describe('URI that the certificate of the server must name.'),
  peerCertSANs: alternativeNames().optional().describe('Names of which the certificate of the server must have one.'),
  spiffe: spiffeBlock().optional().describe('Identities of servers that are accepted.'),
  ...answerLimits(),
})

/** `http` */
export const httpSchema = z
  .strictObject({
    routers: z.record(z.string(), routerSchema).meta({ typeName: 'map[string]*dynamic.Router' }).optional(),
    services: z.record(z.string(), serviceSchema).meta({ typeName: 'map[string]*dynamic.Service' }).optional(),
    middlewares: z.record(z.string(), middlewareSchema).meta({ typeName: 'map[string]*dynamic.Middleware' }).optional(),
    models: z.record(z.string(), modelSchema).meta({ typeName: 'map[string]*dynamic.Model' }).optional(),
    serversTransports: z
      .record(z.string(), serversTransportSchema)
      .meta({ typeName: 'map[string]*dynamic.ServersTransport', ignoredIn: ['label'] })
      .optional(),
  })
  .meta({ mayBeCleared: true, typeName: '*dynamic.HTTPConfiguration' })
  .describe('HTTP routers, middlewares and services.')

/** `http.routers.NAME`, decoded. */
export type HttpRouter = z.output<typeof routerSchema>
/** `http.services.NAME`, decoded. */
export type HttpService = z.output<typeof serviceSchema>
/** `http.middlewares.NAME`, decoded. */
export type HttpMiddleware = z.output<typeof middlewareSchema>
/** `http.models.NAME`, decoded. */
export type HttpModel = z.output<typeof modelSchema>
/** `http.serversTransports.NAME`, decoded. */
export type HttpServersTransport = z.output<typeof serversTransportSchema>
/** The section `http`, decoded. */
export type HttpConfig = z.output<typeof httpSchema>
