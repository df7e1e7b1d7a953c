import * as z from 'zod'
import { duration, flag, integer, text, texts } from '../../../../schema/scalars.ts'
import { domainBlock, spiffeBlock } from '../../../dynamic/blocks.ts'
import { tlsOptionsSchema } from '../../../dynamic/tls.ts'

/** TLS and transports (Traefik v3.7 `pkg/provider/kubernetes/crd/traefikio/v1alpha1/{tls,serverstransport}*.go`). */

const authority = z.strictObject({ secret: text().optional(), configMap: text().optional() })

const clientFields = {
  serverName: text().optional(),
  insecureSkipVerify: flag().optional(),
  rootCAs: z.array(authority).default([]),
  rootCAsSecrets: texts().default([]),
  certificatesSecrets: texts().default([]),
  peerCertURI: text().optional(),
  peerCertSANs: z.array(z.strictObject({ type: text().optional(), value: text().optional() })).default([]),
  spiffe: spiffeBlock().optional(),
}

/** ServersTransport */
export const serversTransportSpec = z.strictObject({
  ...clientFields,
  cipherSuites: texts().optional(),
  minVersion: text().default(''),
  maxVersion: text().default(''),
  maxIdleConnsPerHost: integer().optional(),
  forwardingTimeouts: z
    .strictObject({
      dialTimeout: duration().default('30s'),
      responseHeaderTimeout: duration().optional(),
      idleConnTimeout: duration().default('1m30s'),
      readIdleTimeout: duration().optional(),
      pingTimeout: duration().default('15s'),
    })
    .prefault({}),
  disableHTTP2: flag().optional(),
})

/** ServersTransportTCP */
export const serversTransportTcpSpec = z.strictObject({
  dialTimeout: duration().default('30s'),
  dialKeepAlive: duration().default('15s'),
  terminationDelay: duration().default('100ms'),
  proxyProtocol: z.strictObject({ version: integer().optional() }).optional(),
  tls: z.strictObject(clientFields).optional(),
})

/** What a transport checks servers by. */
export type ClientTlsFields = z.output<z.ZodObject<typeof clientFields>>

/** TLSOption */
export const tlsOptionSpec = tlsOptionsSchema.extend({
  clientAuth: z.strictObject({ secretNames: texts().default([]), clientAuthType: text().optional() }).prefault({}),
})

const certificate = z.strictObject({ secretName: text().default('') })

/** TLSStore */
export const tlsStoreSpec = z.strictObject({
  defaultCertificate: certificate.optional(),
  defaultGeneratedCert: z.strictObject({ resolver: text().optional(), domain: domainBlock().optional() }).optional(),
  certificates: z.array(certificate).default([]),
})
