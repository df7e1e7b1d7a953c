import * as z from 'zod'
import { bigInteger, duration, emptyable, flag, integer, integer32, text, texts } from '../../schema/scalars.ts'
import { routerTls } from '../dynamic/blocks.ts'

/** `entryPoints.NAME` (Traefik v3.7 `pkg/config/static/entrypoints.go`). */

/** Priority of the routers that redirect a whole entry point: 2^63-2. */
const REDIRECTION_PRIORITY = '9223372036854775806'

const transportSchema = z
  .strictObject({
    lifeCycle: z
      .strictObject({
        requestAcceptGraceTimeout: duration().optional().describe('How long to go on accepting after the stop signal.'),
        graceTimeOut: duration().default('10s').describe('How long requests may then take to finish.'),
      })
      .meta({ typeName: '*static.LifeCycle' })
      .prefault({})
      .describe('How the entry point stops.'),
    respondingTimeouts: z
      .strictObject({
        readTimeout: duration().default('1m0s').describe('Limit for reading a whole request; 0: none.'),
        writeTimeout: duration().optional().describe('Limit for writing a whole response; 0: none.'),
        idleTimeout: duration().default('3m0s').describe('Time an idle connection is kept; 0: for ever.'),
      })
      .meta({ typeName: '*static.RespondingTimeouts' })
      .prefault({})
      .describe('Time limits towards clients.'),
    keepAliveMaxTime: duration().optional().describe('Age at which a connection is closed after a response; 0: none.'),
    keepAliveMaxRequests: integer().optional().describe('Requests after which a connection is closed; 0: no limit.'),
  })
  .meta({ typeName: '*static.EntryPointsTransport' })

const encodedCharactersSchema = z
  .strictObject({
    allowEncodedSlash: flag().default(true).describe('Accept `%2F` in paths.'),
    allowEncodedBackSlash: flag().default(true).describe('Accept `%5C` in paths.'),
    allowEncodedNullCharacter: flag().default(true).describe('Accept `%00` in paths.'),
    allowEncodedSemicolon: flag().default(true).describe('Accept `%3B` in paths.'),
    allowEncodedPercent: flag().default(true).describe('Accept `%25` in paths.'),
    allowEncodedQuestionMark: flag().default(true).describe('Accept `%3F` in paths.'),
    allowEncodedHash: flag().default(true).describe('Accept `%23` in paths.'),
  })
  .meta({ typeName: '*static.EncodedCharacters' })

const redirectionSchema = z
  .strictObject({
    to: text().optional().describe('Name of the target entry point, or `:PORT`.'),
    scheme: text().default('https').describe('Scheme of the target.'),
    permanent: flag().default(true).describe('Permanent redirection.'),
    priority: bigInteger().default(REDIRECTION_PRIORITY).describe('Priority of the router that redirects.'),
  })
  .meta({ typeName: '*static.RedirectEntryPoint' })

const httpSchema = z
  .strictObject({
    redirections: z
      .strictObject({ entryPoint: redirectionSchema.optional().describe('Redirect to another entry point.') })
      .meta({ typeName: '*static.Redirections' })
      .optional()
      .describe('Redirections of all requests.'),
    middlewares: texts().optional().describe('Middlewares in front of those of every router.'),
    tls: routerTls()
      .meta({ mayBeEmpty: true, typeName: '*static.TLSConfig' })
      .optional()
      .describe('TLS for routers without a block of their own.'),
    encodedCharacters: encodedCharactersSchema.optional().describe('Encoded characters that paths may have.'),
    encodeQuerySemicolons: flag().optional().describe('Turn `;` in queries into `%3B`.'),
    sanitizePath: flag().default(true).describe('Remove dot segments and double slashes before routing.'),
    maxHeaderBytes: integer().default(1048576).describe('Bytes that the head of a request may have.'),
    maxTargetBytes: integer()
      .optional()
      .meta({ ours: true })
      .describe('Bytes that a request target may have; more is a 414. 65536 where it is not set.'),
    maxHeaderFields: integer()
      .optional()
      .describe('Fields that the head of a request may have, by default 1,000; more are answered by 431.')
      .meta({ ours: true }),
    underscoreHeadersStrategy: text()
      .optional()
      .describe('Fields with `_` in the name: `keep`, `delete` or `reject`; deprecated.'),
    aliasHeadersStrategy: text()
      .optional()
      .describe('Fields with odd characters in the name: `keep`, `delete` or `reject`.'),
  })
  .meta({ typeName: 'static.HTTPConfig' })

/** `entryPoints.NAME` */
export const entryPointSchema = z.strictObject({
  address: text().optional().describe('Where to listen: `[host]:port[/tcp|/udp]`.'),
  allowACMEByPass: flag().optional().describe('Let routers of users answer ACME challenges.'),
  reusePort: flag().optional().describe('Share the port with other processes.'),
  asDefault: flag().optional().describe('Use it for routers that name no entry point.'),
  transport: transportSchema.prefault({}).describe('Connections of clients.'),
  proxyProtocol: emptyable(
    z.strictObject({
      insecure: flag().optional().describe('Believe anyone.'),
      trustedIPs: texts().optional().describe('Addresses and ranges that are believed.'),
    }),
  )
    .meta({ mayBeEmpty: true, typeName: '*static.ProxyProtocol' })
    .optional()
    .describe('Accept the PROXY header.'),
  forwardedHeaders: z
    .strictObject({
      insecure: flag().optional().describe('Believe X-Forwarded fields of anyone.'),
      trustedIPs: texts().optional().describe('Addresses and ranges whose X-Forwarded fields are believed.'),
      connection: texts().optional().describe('Connection tokens that survive until the middlewares have run.'),
      notAppendXForwardedFor: flag().optional().describe('Leave the peer out of X-Forwarded-For.'),
    })
    .meta({ typeName: '*static.ForwardedHeaders' })
    .prefault({})
    .describe('X-Forwarded fields of clients.'),
  http: httpSchema.prefault({}).describe('HTTP on this entry point.'),
  http2: z
    .strictObject({
      maxConcurrentStreams: integer32().default(250).describe('Requests at the same time on a connection.'),
      maxDecoderHeaderTableSize: integer32().default(4096).describe('Bytes of the table for received fields.'),
      maxEncoderHeaderTableSize: integer32().default(4096).describe('Bytes of the table for sent fields.'),
    })
    .meta({ typeName: '*static.HTTP2Config' })
    .prefault({})
    .describe('HTTP/2 on this entry point.'),
  http3: emptyable(
    z.strictObject({ advertisedPort: integer().optional().describe('Port in Alt-Svc; 0: the one of the address.') }),
  )
    .optional()
    .describe('HTTP/3 on this entry point.'),
  udp: z
    .strictObject({ timeout: duration().default('3s').describe('Time an idle session is kept.') })
    .meta({ typeName: '*static.UDPConfig' })
    .prefault({})
    .describe('UDP on this entry point.'),
  observability: z
    .strictObject({
      accessLogs: flag().default(true).describe('Write access logs.'),
      metrics: flag().default(true).describe('Count metrics.'),
      tracing: flag().default(true).describe('Make spans.'),
      traceVerbosity: text().default('minimal').describe('`minimal` or `detailed`.'),
    })
    .meta({ typeName: '*static.ObservabilityConfig' })
    .optional()
    .describe('What is recorded of the requests of routers here.'),
})

/** The options of an entry point, defaults filled in. */
export type EntryPoint = z.output<typeof entryPointSchema>
