import * as z from 'zod'
import { redisOptions } from '../../../../middlewares/rate-limit/redis-option.schema.ts'
import { middlewareSchemas } from '../../../../middlewares/schemas.ts'
import { flag, text } from '../../../../schema/scalars.ts'
import { objectReference, serviceReference } from './service-spec.ts'

/** Middlewares (Traefik v3.7 `pkg/provider/kubernetes/crd/traefikio/v1alpha1/middleware*.go`). */

const clientTls = {
  caSecret: text().default(''),
  certSecret: text().default(''),
  insecureSkipVerify: flag().optional(),
}

const credentials = z.strictObject({
  secret: text().default(''),
  realm: text().optional(),
  removeHeader: flag().optional(),
  headerField: text().optional(),
})

/** Options that are the same in every source. */
const same = <N extends keyof typeof middlewareSchemas>(name: N) =>
  z.optional(middlewareSchemas[name].schema as (typeof middlewareSchemas)[N]['schema'])

/** Middleware */
export const middlewareSpec = z.strictObject({
  addPrefix: same('addPrefix'),
  stripPrefix: same('stripPrefix'),
  stripPrefixRegex: same('stripPrefixRegex'),
  replacePath: same('replacePath'),
  replacePathRegex: same('replacePathRegex'),
  chain: z.strictObject({ middlewares: z.array(objectReference).default([]) }).optional(),
  ipWhiteList: same('ipWhiteList'),
  ipAllowList: same('ipAllowList'),
  headers: same('headers'),
  encodedCharacters: same('encodedCharacters'),
  errors: middlewareSchemas.errors.schema
    .omit({ nginxHeaders: true })
    .extend({ service: serviceReference.prefault({}) })
    .optional(),
  rateLimit: middlewareSchemas.rateLimit.schema
    .extend({
      redis: redisOptions
        .omit({ username: true, password: true })
        .extend({ secret: text().default(''), tls: z.strictObject(clientTls).optional() })
        .optional(),
    })
    .optional(),
  redirectRegex: middlewareSchemas.redirectRegex.schema.omit({ statusCode: true }).optional(),
  redirectScheme: middlewareSchemas.redirectScheme.schema.omit({ forcePermanentRedirect: true }).optional(),
  basicAuth: credentials.optional(),
  digestAuth: credentials.optional(),
  forwardAuth: middlewareSchemas.forwardAuth.schema
    .extend({ tls: z.strictObject({ ...clientTls, caOptional: flag().optional() }).optional() })
    .optional(),
  inFlightReq: same('inFlightReq'),
  buffering: same('buffering'),
  circuitBreaker: same('circuitBreaker'),
  compress: same('compress'),
  passTLSClientCert: same('passTLSClientCert'),
  retry: same('retry'),
  contentType: same('contentType'),
  grpcWeb: same('grpcWeb'),
  maintenance: same('maintenance'),
  respond: same('respond'),
  plugin: z.record(z.string(), z.unknown()).optional(),
})

/** The spec of a Middleware. */
export type MiddlewareSpec = z.output<typeof middlewareSpec>
/** TLS to a server that a middleware asks. */
export type ClientTlsSpec = z.output<z.ZodObject<typeof clientTls>>
/** Where users come from. */
export type CredentialsSpec = z.output<typeof credentials>
