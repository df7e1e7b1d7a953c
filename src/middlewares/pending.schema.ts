import * as z from 'zod'
import { emptyable, flag, integer, text, texts } from '../schema/scalars.ts'

/**
 * Options of the HTTP middlewares that are accepted but not built yet (Traefik v3.7
 * `pkg/config/dynamic/middlewares.go`). One table, which shrinks as they are built.
 */

const certificateName = (sort: 'subject' | 'issuer') => ({
  country: flag().optional().describe(`Pass the country of the ${sort}.`),
  province: flag().optional().describe(`Pass the province of the ${sort}.`),
  locality: flag().optional().describe(`Pass the locality of the ${sort}.`),
  organization: flag().optional().describe(`Pass the organization of the ${sort}.`),
  commonName: flag().optional().describe(`Pass the common name of the ${sort}.`),
  serialNumber: flag().optional().describe(`Pass the serial number of the ${sort}.`),
  domainComponent: flag().optional().describe(`Pass the domain component of the ${sort}.`),
})

/** Options of `compress`. */
export const compressOptions = emptyable(
  z.strictObject({
    excludedContentTypes: texts().optional().describe('Content types that are left alone.'),
    includedContentTypes: texts().optional().describe('Content types that alone are compressed.'),
    minResponseBodyBytes: integer().optional().describe('Bytes from which on it is worth it; 1024 by default.'),
    encodings: texts().default(['gzip', 'br', 'zstd']).describe('Encodings on offer, the best one first.'),
    defaultEncoding: text().optional().describe('Encoding for clients that name none.'),
  }),
).describe('Compresses responses.')

/** Options of `passTLSClientCert`. */
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

/** Options of `grpcWeb`. */
export const grpcWebOptions = z
  .strictObject({ allowOrigins: texts().optional().describe('Origins that may call; `*`: all.') })
  .meta({ typeName: '*dynamic.GrpcWeb' })
  .describe('Translates gRPC-Web to gRPC.')

/** By name: plug-ins, each with its free options. */
export const pluginOptions = z
  .record(z.string(), z.record(z.string(), z.unknown()))
  .describe('Options of plug-ins by their name.')
