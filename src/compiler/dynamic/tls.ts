import * as z from 'zod'
import { flag, text, texts } from '../../schema/scalars.ts'
import { certificateFields, domainBlock } from './blocks.ts'

/** The section `tls` (Traefik v3.7 `pkg/tls/tls.go`). */

/** Protocols offered by ALPN unless options say otherwise. */
export const DEFAULT_ALPN_PROTOCOLS: readonly string[] = ['h2', 'http/1.1', 'acme-tls/1']

/** What Go takes by default: forward secret, authenticated encryption first (Go `crypto/tls` `CipherSuites`). */
export const DEFAULT_CIPHER_SUITES: readonly string[] = [
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
]

/** `tls.options.NAME` */
export const tlsOptionsSchema = z.strictObject({
  minVersion: text().optional().describe('Lowest version: `VersionTLS12` …'),
  maxVersion: text().optional().describe('Highest version.'),
  cipherSuites: texts()
    .default([...DEFAULT_CIPHER_SUITES])
    .describe('Cipher suites up to TLS 1.2; their order does not count.'),
  curvePreferences: texts().optional().describe('Curves that are taken; their order does not count.'),
  clientAuth: z
    .strictObject({
      caFiles: texts().optional().describe('Authorities that sign client certificates: paths or PEM texts.'),
      clientAuthType: text().optional().describe('`NoClientCert`, `RequestClientCert`, `RequireAndVerifyClientCert` …'),
    })
    .meta({ typeName: 'tls.ClientAuth' })
    .optional()
    .describe('Client certificates.'),
  sniStrict: flag().optional().describe('Refuse names for which there is no certificate.'),
  alpnProtocols: texts()
    .default([...DEFAULT_ALPN_PROTOCOLS])
    .describe('Protocols offered, the preferred one first.'),
  disableSessionTickets: flag().optional().describe('Do not resume sessions by tickets.'),
  preferServerCipherSuites: flag().optional().describe('Without effect; deprecated.'),
})

const storeSchema = z.strictObject({
  defaultCertificate: z
    .strictObject(certificateFields)
    .meta({ ignoredIn: ['label'], typeName: '*tls.Certificate' })
    .optional()
    .describe('Certificate for names without one.'),
  defaultGeneratedCert: z
    .strictObject({
      resolver: text().optional().describe('Certificate resolver.'),
      domain: domainBlock().meta({ typeName: '*types.Domain' }).optional().describe('Names in the certificate.'),
    })
    .meta({ typeName: '*tls.GeneratedCert' })
    .optional()
    .describe('Certificate for names without one, made by a resolver.'),
})

/** `tls` */
export const tlsSchema = z
  .strictObject({
    certificates: z
      .array(
        z.strictObject({ ...certificateFields, stores: texts().optional().describe('Stores; `default` by default.') }),
      )
      .meta({ ignoredIn: ['label'] })
      .optional()
      .describe('Certificates for servers.'),
    options: z
      .record(z.string(), tlsOptionsSchema)
      .meta({ ignoredIn: ['label'], typeName: 'map[string]tls.Options' })
      .optional()
      .describe('Sets of TLS options by name.'),
    stores: z
      .record(z.string(), storeSchema)
      .meta({ typeName: 'map[string]tls.Store' })
      .optional()
      .describe('Certificate stores.'),
  })
  .meta({ mayBeCleared: true, typeName: '*dynamic.TLSConfiguration' })
  .describe('Certificates and TLS options.')

/** `tls.options.NAME`, decoded. */
export type TlsOptions = z.output<typeof tlsOptionsSchema>
/** `tls.stores.NAME`, decoded. */
export type TlsStore = z.output<typeof storeSchema>
/** The section `tls`, decoded. */
export type TlsConfig = z.output<typeof tlsSchema>
