import { defineMiddleware } from '../../contracts/kinds.ts'
import { asFieldValue } from '../../engine/nginx/variables.ts'
import { toFieldText } from '../../http/fields.ts'
import { nameText } from '../../http/name-text.ts'
import { queryEscape } from '../../http/query-escape.ts'
import type { TlsInfo } from '../../http/request-context.ts'

export interface AuthTLSPassCertificateConfig {
  /** The connection takes any certificate: what is wrong with it is told. */
  readonly isUnchecked: boolean
}

const VERIFY = 'Ssl-Client-Verify'
const SUBJECT = 'Ssl-Client-Subject-Dn'
const ISSUER = 'Ssl-Client-Issuer-Dn'
const CERTIFICATE = 'Ssl-Client-Cert'

/**
 * Tells servers about the certificate of the client in nginx's fields, and lets no client tell it
 * (Traefik v3.7 `pkg/middlewares/ingressnginx/authtlspasscertificatetoupstream`).
 */
export const authTLSPassCertificateToUpstream = defineMiddleware<AuthTLSPassCertificateConfig>({
  isStateless: true,
  build:
    ({ isUnchecked }) =>
    (next) =>
    (request, cx) => {
      const { headers } = request
      const { tls } = cx.client
      const [certificate] = tls?.certificates() ?? []
      if (certificate === undefined) {
        for (const name of [VERIFY, CERTIFICATE, SUBJECT, ISSUER]) headers.delete(name)
        if (tls !== null) headers.set(VERIFY, 'NONE')
        return next(request, cx)
      }
      headers.set(VERIFY, isUnchecked ? verdictOf(tls!) : 'SUCCESS')
      headers.set(SUBJECT, asFieldValue(toFieldText(nameText(certificate.subject))))
      headers.set(ISSUER, asFieldValue(toFieldText(nameText(certificate.issuer))))
      headers.set(CERTIFICATE, pemOf(certificate.der))
      return next(request, cx)
    },
})

function verdictOf({ chainFault }: TlsInfo): string {
  const fault = chainFault?.() ?? null
  return fault === null ? 'SUCCESS' : asFieldValue(`FAILED:${fault}`)
}

/** PEM as nginx escapes it. */
function pemOf(der: Uint8Array): string {
  let binary = ''
  for (const byte of der) binary += String.fromCharCode(byte)
  const lines = btoa(binary).match(/.{1,64}/g) ?? []
  const pem = `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
  return queryEscape(pem).replaceAll('+', '%20')
}
