import * as z from 'zod'
import { duration, emptyable, flag, integer, text, texts } from '../schema/scalars.ts'

/**
 * Options of the HTTP middlewares that are accepted but not built yet (Traefik v3.7
 * `pkg/config/dynamic/middlewares.go`). One table, which shrinks as they are built.
 */

const ipStrategyFields = {
  depth: integer().optional().describe('Position of the client address in X-Forwarded-For, counted from the right.'),
  excludedIPs: texts().optional().describe('Addresses that are skipped in X-Forwarded-For.'),
  ipv6Subnet: integer().optional().describe('Bits of an IPv6 address that count.'),
}

const tlsClientFields = {
  ca: text().optional().describe('Certificate authority: path or PEM.'),
  cert: text().optional().describe('Client certificate: path or PEM.'),
  key: text().optional().describe('Key of the client certificate: path or PEM.'),
  insecureSkipVerify: flag().optional().describe('Accept any certificate.'),
}

const sourceCriterion = () =>
  z
    .strictObject({
      ipStrategy: z.strictObject(ipStrategyFields).optional().describe('Group by client address.'),
      requestHeaderName: text().optional().describe('Group by a request field.'),
      requestHost: flag().optional().describe('Group by the host of the request.'),
    })
    .meta({ typeName: '*dynamic.SourceCriterion' })

const certificateName = (sort: 'subject' | 'issuer') => ({
  country: flag().optional().describe(`Pass the country of the ${sort}.`),
  province: flag().optional().describe(`Pass the province of the ${sort}.`),
  locality: flag().optional().describe(`Pass the locality of the ${sort}.`),
  organization: flag().optional().describe(`Pass the organization of the ${sort}.`),
  commonName: flag().optional().describe(`Pass the common name of the ${sort}.`),
  serialNumber: flag().optional().describe(`Pass the serial number of the ${sort}.`),
  domainComponent: flag().optional().describe(`Pass the domain component of the ${sort}.`),
})

export const ipWhiteListOptions = z
  .strictObject({
    sourceRange: texts().optional().describe('Addresses and ranges that may pass.'),
    ipStrategy: emptyable(z.strictObject(ipStrategyFields)).optional().describe('Which address counts.'),
  })
  .meta({ typeName: '*dynamic.IPWhiteList' })
  .describe('Old name of ipAllowList.')

export const encodedCharactersOptions = z
  .strictObject({
    allowEncodedSlash: flag().optional().describe('Accept `%2F` in paths.'),
    allowEncodedBackSlash: flag().optional().describe('Accept `%5C` in paths.'),
    allowEncodedNullCharacter: flag().optional().describe('Accept `%00` in paths.'),
    allowEncodedSemicolon: flag().optional().describe('Accept `%3B` in paths.'),
    allowEncodedPercent: flag().optional().describe('Accept `%25` in paths.'),
    allowEncodedQuestionMark: flag().optional().describe('Accept `%3F` in paths.'),
    allowEncodedHash: flag().optional().describe('Accept `%23` in paths.'),
  })
  .meta({ typeName: '*dynamic.EncodedCharacters' })
  .describe('Refuses paths with certain encoded characters.')

export const errorsOptions = z
  .strictObject({
    status: texts().optional().describe('Statuses (`404`, `500-599`) that are replaced.'),
    statusRewrites: z.record(z.string(), integer()).optional().describe('Status that the client gets instead.'),
    service: text().optional().describe('Service that makes the error page.'),
    query: text().optional().describe('Path asked for; `{status}`, `{originalStatus}` and `{url}` are filled in.'),
    errorRequestHeaders: texts().optional().describe('Request fields that the error service gets.'),
  })
  .meta({ typeName: '*dynamic.ErrorPage' })
  .describe('Replaces answers with certain statuses by those of another service.')

export const rateLimitOptions = z
  .strictObject({
    average: integer().optional().describe('Requests per period; 0: no limit.'),
    period: duration().default('1s').describe('Period of `average`.'),
    burst: integer().default(1).describe('Requests that may come at once.'),
    sourceCriterion: sourceCriterion().optional().describe('Which requests are counted together.'),
    redis: z
      .strictObject({
        endpoints: texts().default(['localhost:6379']).describe('Servers.'),
        tls: z.strictObject(tlsClientFields).optional().describe('TLS to the servers.'),
        username: text().optional().describe('User.'),
        password: text().optional().describe('Password.'),
        db: integer().optional().describe('Number of the database.'),
        poolSize: integer().optional().describe('Connections; 0: ten per processor.'),
        minIdleConns: integer().optional().describe('Idle connections that are kept.'),
        maxActiveConns: integer().optional().describe('Limit of connections; 0: none.'),
        readTimeout: duration().default('3s').describe('Limit for reads.'),
        writeTimeout: duration().default('3s').describe('Limit for writes.'),
        dialTimeout: duration().default('5s').describe('Limit for connecting.'),
      })
      .meta({ typeName: '*dynamic.Redis' })
      .optional()
      .describe('Share the counts over several proxies.'),
  })
  .meta({ typeName: '*dynamic.RateLimit' })
  .describe('Limits how many requests a source may send.')

export const digestAuthOptions = z
  .strictObject({
    users: texts().optional().describe('`name:realm:hash` of each user.'),
    usersFile: text().optional().describe('File with such lines.'),
    removeHeader: flag().optional().describe('Do not forward the Authorization field.'),
    realm: text().optional().describe('Realm; `traefik` by default.'),
    headerField: text().optional().describe('Field that tells the server the name of the user.'),
  })
  .meta({ typeName: '*dynamic.DigestAuth' })
  .describe('Asks for user and password (RFC 7616).')

export const forwardAuthOptions = z
  .strictObject({
    address: text().optional().describe('URL of the server that decides.'),
    tls: z
      .strictObject({
        ...tlsClientFields,
        caOptional: flag().optional().describe('Removed in Traefik 3; without effect.'),
      })
      .optional()
      .describe('TLS to that server.'),
    trustForwardHeader: flag().optional().describe('Pass X-Forwarded fields of the client on.'),
    authResponseHeaders: texts().optional().describe('Fields that are copied from its answer to the request.'),
    authResponseHeadersRegex: text().optional().describe('Expression for names of such fields.'),
    authRequestHeaders: texts().optional().describe('Request fields that it gets; all by default.'),
    maxResponseBodySize: integer().optional().describe('Bytes that its answer may have.'),
    addAuthCookiesToResponse: texts().optional().describe('Cookies that are copied from its answer to the client.'),
    headerField: text().optional().describe('Field of its answer that names the user in the access log.'),
    forwardBody: flag().optional().describe('Send it the body too.'),
    maxBodySize: integer().default(-1).describe('Bytes of such a body; -1: no limit.'),
    preserveLocationHeader: flag().optional().describe('Leave its Location field as it is.'),
    preserveRequestMethod: flag().optional().describe('Use the method of the request.'),
    authSigninURL: text().optional().describe('Where clients are sent that may not pass.'),
  })
  .meta({ typeName: '*dynamic.ForwardAuth' })
  .describe('Lets another server decide whether a request may pass.')

export const inFlightReqOptions = z
  .strictObject({
    amount: integer().optional().describe('Requests at the same time.'),
    sourceCriterion: sourceCriterion().optional().describe('Which requests are counted together.'),
  })
  .meta({ typeName: '*dynamic.InFlightReq' })
  .describe('Limits requests at the same time.')

export const bufferingOptions = z
  .strictObject({
    maxRequestBodyBytes: integer().optional().describe('Bytes a request may have; 0: no limit.'),
    memRequestBodyBytes: integer().optional().describe('Bytes of a request held in memory.'),
    maxResponseBodyBytes: integer().optional().describe('Bytes a response may have; 0: no limit.'),
    memResponseBodyBytes: integer().optional().describe('Bytes of a response held in memory.'),
    retryExpression: text().optional().describe('When a request is sent again.'),
  })
  .meta({ typeName: '*dynamic.Buffering' })
  .describe('Reads bodies completely before they are forwarded.')

export const circuitBreakerOptions = z
  .strictObject({
    expression: text().optional().describe('When the circuit opens.'),
    checkPeriod: duration().default('100ms').describe('Time between checks of the expression.'),
    fallbackDuration: duration().default('10s').describe('Time the circuit stays open.'),
    recoveryDuration: duration().default('10s').describe('Time over which traffic comes back.'),
    responseCode: integer().default(503).describe('Status while it is open.'),
  })
  .meta({ typeName: '*dynamic.CircuitBreaker' })
  .describe('Stops requests to a service that fails.')

export const compressOptions = emptyable(
  z.strictObject({
    excludedContentTypes: texts().optional().describe('Content types that are left alone.'),
    includedContentTypes: texts().optional().describe('Content types that alone are compressed.'),
    minResponseBodyBytes: integer().optional().describe('Bytes from which on it is worth it; 1024 by default.'),
    encodings: texts().default(['gzip', 'br', 'zstd']).describe('Encodings on offer, the best one first.'),
    defaultEncoding: text().optional().describe('Encoding for clients that name none.'),
  }),
).describe('Compresses responses.')

export const passTLSClientCertOptions = z
  .strictObject({
    pem: flag().optional().describe('Pass the certificates.'),
    info: z
      .strictObject({
        notAfter: flag().optional().describe('Pass the end of validity.'),
        notBefore: flag().optional().describe('Pass the start of validity.'),
        sans: flag().optional().describe('Pass the alternative names.'),
        serialNumber: flag().optional().describe('Pass the serial number.'),
        subject: z
          .strictObject({
            ...certificateName('subject'),
            organizationalUnit: flag().optional().describe('Pass the organizational unit of the subject.'),
          })
          .meta({ typeName: '*dynamic.TLSClientCertificateSubjectDNInfo' })
          .optional()
          .describe('Parts of the subject.'),
        issuer: z
          .strictObject(certificateName('issuer'))
          .meta({ typeName: '*dynamic.TLSClientCertificateIssuerDNInfo' })
          .optional()
          .describe('Parts of the issuer.'),
      })
      .meta({ typeName: '*dynamic.TLSClientCertificateInfo' })
      .optional()
      .describe('Facts out of the certificate.'),
  })
  .meta({ typeName: '*dynamic.PassTLSClientCert' })
  .describe('Tells servers about the certificate of the client.')

export const retryOptions = z
  .strictObject({
    attempts: integer().optional().describe('How often a request is sent at most.'),
    timeout: duration().optional().describe('Limit for all attempts together.'),
    initialInterval: duration().optional().describe('First wait of the exponential back-off.'),
    maxRequestBodyBytes: integer().default(2097152).describe('Bytes of a body that is kept for another attempt.'),
    status: texts().optional().describe('Statuses after which it is sent again.'),
    disableRetryOnNetworkError: flag().optional().describe('Do not send again after network errors.'),
    retryNonIdempotentMethod: flag().optional().describe('Send POST and the like again too.'),
  })
  .meta({ typeName: '*dynamic.Retry' })
  .describe('Sends a request again when a server fails.')

export const contentTypeOptions = emptyable(
  z.strictObject({ autoDetect: flag().optional().describe('Guess a missing content type; deprecated.') }),
).describe('Fills in a missing content type.')

export const grpcWebOptions = z
  .strictObject({ allowOrigins: texts().optional().describe('Origins that may call; `*`: all.') })
  .meta({ typeName: '*dynamic.GrpcWeb' })
  .describe('Translates gRPC-Web to gRPC.')

/** By name: plug-ins, each with its free options. */
export const pluginOptions = z
  .record(z.string(), z.record(z.string(), z.unknown()))
  .describe('Options of plug-ins by their name.')
