import * as z from 'zod'
import { bigInteger, duration, emptyable, emptyBlock, flag, integer, text, texts } from '../../schema/scalars.ts'
import { alternativeNames, certificateFields, domainBlock, spiffeBlock } from './blocks.ts'

/** The section `tcp` (Traefik v3.7 `pkg/config/dynamic/tcp_config.go`). */

const routerSchema = z.strictObject({
  entryPoints: texts().optional().describe('Entry points it listens on; the default ones when there are none.'),
  middlewares: texts().optional().describe('Middlewares, the first one outermost.'),
  service: text().optional().describe('Service that answers.'),
  rule: text().optional().describe('Which connections it takes.'),
  ruleSyntax: text().optional().describe('`v3` or `v2`; deprecated.'),
  priority: bigInteger().optional().describe('Higher ones are tried first; 0: the length of the rule.'),
  tls: emptyable(
    z.strictObject({
      passthrough: flag().optional().describe('Forward the connection without ending TLS.'),
      options: text().optional().describe('Name of the TLS options.'),
      certResolver: text().optional().describe('Name of the certificate resolver.'),
      domains: z.array(domainBlock()).optional().describe('Names for the certificate; by default those of the rule.'),
    }),
  )
    .optional()
    .describe('Take TLS connections only.'),
})

const proxyProtocolBlock = () =>
  emptyable(z.strictObject({ version: integer().default(2).describe('1 or 2.') })).describe('Send the PROXY header.')

const serviceSchema = z.strictObject({
  loadBalancer: z
    .strictObject({
      servers: z
        .array(
          z.strictObject({
            address: text()
              .meta({ ignoredIn: ['label'] })
              .optional()
              .describe('`host:port`.'),
            port: text()
              .meta({ ignoredIn: ['file', 'kv'] })
              .optional()
              .describe('Port, when the address comes from a container.'),
            tls: flag().optional().describe('Speak TLS to the server.'),
          }),
        )
        .meta({ labelName: 'server' })
        .optional()
        .describe('The servers.'),
      serversTransport: text().optional().describe('Name of the servers transport.'),
      proxyProtocol: proxyProtocolBlock().optional(),
      terminationDelay: integer().optional().describe('Milliseconds; deprecated, see the servers transport.'),
      healthCheck: emptyable(
        z.strictObject({
          port: integer().optional().describe('Port in place of the server’s.'),
          send: text().optional().describe('What is sent.'),
          expect: text().optional().describe('What must come back.'),
          interval: duration().default('30s').describe('Time between checks of healthy servers.'),
          unhealthyInterval: duration().optional().describe('Time between checks of unhealthy servers.'),
          timeout: duration().default('5s').describe('Limit for an answer.'),
        }),
      )
        .optional()
        .describe('Connect to servers regularly to see whether they are healthy.'),
    })
    .meta({ typeName: '*dynamic.TCPServersLoadBalancer' })
    .optional()
    .describe('Spreads connections over servers.'),
  weighted: z
    .strictObject({
      services: z
        .array(
          z.strictObject({
            name: text().optional().describe('Name of the service.'),
            weight: integer().default(1).describe('Share in relation to the other services.'),
          }),
        )
        .optional()
        .describe('The services and their weights.'),
      healthCheck: emptyBlock().optional().describe('Pass the health of the services on to the parent.'),
    })
    .meta({ ignoredIn: ['label'], typeName: '*dynamic.TCPWeightedRoundRobin' })
    .optional()
    .describe('Spreads connections over services by weight.'),
})

/** `tcp.middlewares.NAME` */
export const tcpMiddlewareSchema = z.strictObject({
  inFlightConn: z
    .strictObject({ amount: integer().optional().describe('Connections at the same time from one address.') })
    .meta({ typeName: '*dynamic.TCPInFlightConn' })
    .optional()
    .describe('Limits connections at the same time.'),
  ipWhiteList: z
    .strictObject({ sourceRange: texts().optional().describe('Addresses and ranges that may pass.') })
    .meta({ typeName: '*dynamic.TCPIPWhiteList' })
    .optional()
    .describe('Old name of ipAllowList.'),
  ipAllowList: z
    .strictObject({ sourceRange: texts().optional().describe('Addresses and ranges that may pass.') })
    .meta({ typeName: '*dynamic.TCPIPAllowList' })
    .optional()
    .describe('Lets only certain addresses pass.'),
})

const serversTransportSchema = z.strictObject({
  dialKeepAlive: duration().default('15s').describe('Time between keep-alive probes; negative: none.'),
  dialTimeout: duration().default('30s').describe('Limit for connecting.'),
  proxyProtocol: proxyProtocolBlock().optional(),
  terminationDelay: duration().default('100ms').describe('Time the other side has to end after one has.'),
  tls: emptyable(
    z.strictObject({
      serverName: text().optional().describe('Name for SNI and for the check of the certificate.'),
      insecureSkipVerify: flag().optional().describe('Accept any certificate.'),
      rootCAs: texts().optional().describe('Certificate authorities: paths or PEM texts.'),
      certificates: z.array(z.strictObject(certificateFields)).optional().describe('Client certificates.'),
      peerCertURI: text().optional().describe('URI that the certificate of the server must name.'),
      peerCertSANs: alternativeNames()
        .optional()
        .describe('Names of which the certificate of the server must have one.'),
      spiffe: spiffeBlock().optional().describe('Identities of servers that are accepted.'),
    }),
  )
    .optional()
    .describe('TLS to servers.'),
})

/** `tcp` */
export const tcpSchema = z
  .strictObject({
    routers: z.record(z.string(), routerSchema).meta({ typeName: 'map[string]*dynamic.TCPRouter' }).optional(),
    services: z.record(z.string(), serviceSchema).meta({ typeName: 'map[string]*dynamic.TCPService' }).optional(),
    middlewares: z
      .record(z.string(), tcpMiddlewareSchema)
      .meta({ typeName: 'map[string]*dynamic.TCPMiddleware' })
      .optional(),
    serversTransports: z
      .record(z.string(), serversTransportSchema)
      .meta({ typeName: 'map[string]*dynamic.TCPServersTransport', ignoredIn: ['label'] })
      .optional(),
  })
  .meta({ mayBeCleared: true, typeName: '*dynamic.TCPConfiguration' })
  .describe('TCP routers, middlewares and services.')

/** `tcp.routers.NAME` */
export type TcpRouter = z.output<typeof routerSchema>
/** `tcp.serversTransports.NAME` */
export type TcpServersTransport = z.output<typeof serversTransportSchema>
/** The section `tcp`, decoded. */
export type TcpConfig = z.output<typeof tcpSchema>
