import * as z from 'zod'
import { defineElement, PrepareError } from '../../schema/element.ts'
import { text, texts } from '../../schema/scalars.ts'
import type { AuthTLSPassCertificateConfig } from './auth-tls-pass-certificate.ts'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\sA-Za-z0-9+/=]+-----END CERTIFICATE-----/

/** Options of `authTLSPassCertificateToUpstream`, which only annotations of ingress-nginx make. */
export const authTLSPassCertificateElement = defineElement({
  schema: z
    .strictObject({
      clientAuthType: text().optional().describe('How the connection asks for certificates, as TLS options say it.'),
      caFiles: texts()
        .optional()
        .describe('Authorities of certificates that the connection does not check: PEM texts.'),
    })
    .describe('Tells servers about the certificate of the client as nginx does.'),
  prepare({ clientAuthType = '', caFiles = [] }): AuthTLSPassCertificateConfig {
    const isUnchecked = clientAuthType === 'RequestClientCert'
    if (isUnchecked && caFiles.some((text) => !CERTIFICATE.test(text))) {
      throw new PrepareError('failed to parse CA certificate')
    }
    return { isUnchecked }
  },
})
