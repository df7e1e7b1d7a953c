import * as z from 'zod'
import { defineElement } from '../../schema/element.ts'
import { text, texts } from '../../schema/scalars.ts'
import type { AuthTLSPassCertificateConfig } from './auth-tls-pass-certificate.ts'

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
  prepare: ({ clientAuthType = '' }): AuthTLSPassCertificateConfig => ({
    isUnchecked: clientAuthType === 'RequestClientCert',
  }),
})
