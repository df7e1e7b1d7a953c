import * as z from 'zod'
import { duration, emptyable, emptyBlock, flag, integer, text, textMap, texts } from '../../schema/scalars.ts'

/** Options of the HTTP service kinds as Traefik spells them (Traefik v3.7 `pkg/config/dynamic/http_config.go`). */

/** The cookie that binds a client to a server. */
export const stickyBlock = z
  .strictObject({
    cookie: emptyable(
      z.strictObject({
        name: text().optional().describe('Name of the cookie; by default it is derived from the service.'),
        secure: flag().optional().describe('Send it over TLS only.'),
        httpOnly: flag().optional().describe('Hide it from scripts.'),
        sameSite: text().optional().describe('`none`, `lax` or `strict`.'),
        expires: integer()
          .optional()
          .meta({ ignoredIn: ['file', 'label', 'kv'] })
          .describe('Only providers say it.'),
        maxAge: integer().optional().describe('Seconds until it expires; negative: at once; 0: with the session.'),
        path: text().default('/').describe('Path that must be in the URL for the cookie to be sent.'),
        domain: text().optional().describe('Hosts that receive it.'),
      }),
    )
      .optional()
      .describe('Stickiness by cookie.'),
    header: z
      .strictObject({ name: text().optional().describe('Name of the header field.') })
      .optional()
      .meta({ ours: true })
      .describe('Stickiness by the value of a header field.'),
    clientAddress: emptyBlock().optional().meta({ ours: true }).describe('Stickiness by the address of the client.'),
  })
  .meta({ typeName: '*dynamic.Sticky' })

/** Active health check of servers. */
export const healthCheckBlock = z
  .strictObject({
    scheme: text().optional().describe('Scheme of the check in place of the server’s.'),
    mode: text().default('http').describe('`http` or `grpc`.'),
    path: text().optional().describe('Path, with query, that is asked for.'),
    method: text().optional().describe('Method; GET by default.'),
    status: integer().optional().describe('Status that counts as healthy; 0: every 2xx and 3xx.'),
    port: integer().optional().describe('Port in place of the server’s.'),
    interval: duration().default('30s').describe('Time between checks of healthy servers.'),
    unhealthyInterval: duration()
      .optional()
      .describe('Time between checks of unhealthy servers; `interval` by default.'),
    timeout: duration().default('5s').describe('Limit for an answer.'),
    hostname: text().optional().describe('Value of the Host field.'),
    followRedirects: flag().default(true).describe('Follow redirections.'),
    headers: textMap().optional().describe('Fields that are sent with the check.'),
    fails: integer()
      .optional()
      .meta({ ours: true })
      .describe('Failed checks in a row that take a server out; 1 by default.'),
    passes: integer()
      .optional()
      .meta({ ours: true })
      .describe('Passed checks in a row that bring it back; 1 by default.'),
  })
  .meta({ typeName: '*dynamic.ServerHealthCheck' })

/** Health judged by the answers to ordinary requests. */
export const passiveHealthCheckBlock = z
  .strictObject({
    failureWindow: duration().default('10s').describe('Time in which failures count.'),
    maxFailedAttempts: integer().default(1).describe('Failures after which a server is left out.'),
  })
  .meta({ typeName: '*dynamic.PassiveServerHealthCheck' })

/** One server of a load balancer. */
export const serverBlock = z.strictObject({
  url: text().optional().describe('Address: `http://host:port`, `https://…` or `h2c://…`.'),
  weight: integer().optional().describe('Share in relation to the other servers; 1 by default.'),
  preservePath: flag().optional().describe('Put the path of the URL in front of the path of the request.'),
  scheme: text()
    .optional()
    .meta({ ignoredIn: ['file', 'kv'] })
    .describe('Scheme, when the address comes from a container.'),
  port: text()
    .optional()
    .meta({ ignoredIn: ['file', 'kv'] })
    .describe('Port, when the address comes from a container.'),
  fenced: flag()
    .optional()
    .meta({ ignoredIn: ['file', 'label', 'kv'] })
    .describe('Only providers say it: it ends, and takes requests of sticky clients only.'),
})

/** `loadBalancer` */
export const loadBalancerOptions = z
  .strictObject({
    sticky: emptyable(stickyBlock).optional().describe('Bind clients to servers.'),
    servers: z.array(serverBlock).meta({ labelName: 'server' }).optional().describe('The servers.'),
    strategy: text().default('wrr').describe('`wrr`, `p2c`, `hrw` or `leasttime`.'),
    healthCheck: healthCheckBlock.optional().describe('Ask servers regularly whether they are healthy.'),
    passiveHealthCheck: passiveHealthCheckBlock.optional().describe('Leave servers out after failed requests.'),
    passHostHeader: flag().default(true).describe('Forward the Host of the client.'),
    responseForwarding: z
      .strictObject({
        flushInterval: duration().default('100ms').describe('Time between flushes of a response; negative: at once.'),
      })
      .prefault({})
      .describe('How responses go back to the client.'),
    serversTransport: text().optional().describe('Name of the servers transport.'),
    nginxUpstreamHashBy: text()
      .optional()
      .meta({ ignoredIn: ['file', 'label', 'kv'] })
      .describe('Only providers say it: what `hrw` hashes in place of the address, with variables of nginx.'),
    slowStart: duration()
      .optional()
      .meta({ ours: true })
      .describe('Time in which a server that comes or comes back grows to its full share.'),
    maxEjectionPercent: integer()
      .optional()
      .meta({ ours: true })
      .describe('Share of the servers that health may leave out at most; 100 by default.'),
    allowedUpgrades: texts()
      .optional()
      .meta({ ours: true, mayBeEmpty: true })
      .describe('Protocols that may be upgraded to (`websocket`), perhaps none; every one by default.'),
  })
  .meta({ typeName: '*dynamic.ServersLoadBalancer' })
  .describe('Spreads requests over servers.')

const weightedMember = z.strictObject({
  name: text().optional().describe('Name of the service.'),
  weight: integer().default(1).describe('Share in relation to the other services; 0: none.'),
})

/** Of shares that lead nowhere only providers say what clients get. */
const answeringMember = weightedMember.extend({
  status: integer()
    .optional()
    .meta({ ignoredIn: ['file', 'label', 'kv'] })
    .describe('Only providers say it: there is no service, and this is the answer.'),
  grpcStatus: z
    .strictObject({
      code: integer().default(0).describe('Code of gRPC.'),
      msg: text().optional().describe('Its message.'),
    })
    .optional()
    .meta({ ignoredIn: ['file', 'label', 'kv'] })
    .describe('Only providers say it: the same for gRPC.'),
  headers: textMap()
    .optional()
    .meta({ ignoredIn: ['file', 'label', 'kv'] })
    .describe('Only providers say it: fields of requests that go to this service.'),
})

const childHealthCheck = () => emptyBlock().meta({ mayBeEmpty: true, typeName: '*dynamic.HealthCheck' })

/** `weighted` */
export const weightedOptions = z
  .strictObject({
    services: z.array(answeringMember).optional().describe('The services and their weights.'),
    sticky: stickyBlock.optional().describe('Bind clients to services.'),
    healthCheck: childHealthCheck().optional().describe('Pass the health of the services on to the parent.'),
  })
  .meta({ typeName: '*dynamic.WeightedRoundRobin' })
  .describe('Spreads requests over services by weight.')

/** `highestRandomWeight` */
export const highestRandomWeightOptions = z
  .strictObject({
    services: z.array(weightedMember).optional().describe('The services and their weights.'),
    healthCheck: childHealthCheck().optional().describe('Pass the health of the services on to the parent.'),
  })
  .meta({ typeName: '*dynamic.HighestRandomWeight' })
  .describe('Sends each client address to the same service.')

/** `mirroring` */
export const mirroringOptions = z
  .strictObject({
    service: text().optional().describe('Service whose answer the client gets.'),
    mirrorBody: flag().default(true).describe('Mirror bodies too.'),
    maxBodySize: integer().default(-1).describe('Bytes of a body that may be mirrored; -1: no limit.'),
    mirrors: z
      .array(
        z.strictObject({
          name: text().optional().describe('Name of the service.'),
          percent: integer().optional().describe('Share of the requests that it sees.'),
        }),
      )
      .optional()
      .describe('Services that see copies of requests.'),
    healthCheck: childHealthCheck().optional().describe('Pass the health of the service on to the parent.'),
  })
  .meta({ typeName: '*dynamic.Mirroring' })
  .describe('Sends copies of requests to other services.')

/** `failover` */
export const failoverOptions = z
  .strictObject({
    service: text().optional().describe('The main service.'),
    fallback: text().optional().describe('Service used while the main one is down.'),
    healthCheck: emptyable(z.strictObject({}), ['kv'])
      .meta({ mayBeEmpty: true, notEmptyIn: ['kv'], typeName: '*dynamic.HealthCheck' })
      .optional()
      .describe('Pass the health of the services on to the parent.'),
    errors: z
      .strictObject({
        maxRequestBodyBytes: integer()
          .default(-1)
          .describe('Bytes of a body that is kept for a second try; -1: no limit.'),
        status: texts().optional().describe('Statuses (`500`, `502-504`) that count as failures.'),
      })
      .optional()
      .describe('Fall back on answers with certain statuses.'),
  })
  .meta({ typeName: '*dynamic.Failover' })
  .describe('Uses a second service while the first one is down.')
