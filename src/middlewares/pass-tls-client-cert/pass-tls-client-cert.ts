import { defineMiddleware } from '../../contracts/kinds.ts'
import { toFieldText } from '../../http/fields.ts'
import { queryEscape } from '../../http/query-escape.ts'
import type { ClientCertificate } from '../../http/request-context.ts'

/** A part of a distinguished name: its attribute's short name, and the label that it is passed under. */
export interface NamePart {
  readonly attribute: string
  readonly label: string
  /** Of several values the last one counts (Go `pkix.Name`). */
  readonly single: boolean
}

export interface PassTlsClientCertConfig {
  readonly pem: boolean
  /** Null: nothing is told. */
  readonly info: {
    readonly subject: readonly NamePart[]
    readonly issuer: readonly NamePart[]
    readonly serialNumber: boolean
    readonly notBefore: boolean
    readonly notAfter: boolean
    readonly sans: boolean
  } | null
}

/** Tells servers about the certificates of the client (Traefik v3.7 `pkg/middlewares/passtlsclientcert`). */
export const passTLSClientCert = defineMiddleware<PassTlsClientCertConfig>({
  isStateless: true,
  build:
    ({ pem, info }) =>
    (next) =>
    (request, cx) => {
      const certificates = cx.client.tls?.certificates() ?? []
      if (certificates.length > 0) {
        const { headers } = request
        if (pem) headers.set('X-Forwarded-Tls-Client-Cert', certificates.map(base64Of).join(','))
        if (info !== null) {
          const text = certificates.map((certificate) => describe(certificate, info)).join(',')
          headers.set('X-Forwarded-Tls-Client-Cert-Info', queryEscape(toFieldText(text)))
        }
      }
      return next(request, cx)
    },
})

function base64Of({ der }: ClientCertificate): string {
  let binary = ''
  for (const byte of der) binary += String.fromCharCode(byte)
  return btoa(binary)
}

function describe(certificate: ClientCertificate, info: NonNullable<PassTlsClientCertConfig['info']>): string {
  const fields: string[] = []
  const add = (label: string, value: string): void => {
    if (value !== '') fields.push(`${label}="${value}"`)
  }
  add('Subject', nameOf(certificate.subject, info.subject))
  add('Issuer', nameOf(certificate.issuer, info.issuer))
  if (info.serialNumber) add('SerialNumber', certificate.serialNumber)
  if (info.notBefore) add('NB', secondsOf(certificate.notBefore))
  if (info.notAfter) add('NA', secondsOf(certificate.notAfter))
  if (info.sans) add('SAN', certificate.alternativeNames.join(','))
  return fields.join(';')
}

const secondsOf = (date: Date): string => String(Math.floor(date.getTime() / 1000))

function nameOf(name: ClientCertificate['subject'], parts: readonly NamePart[]): string {
  return parts
    .flatMap(({ attribute, label, single }) => {
      const values = name.filter(([found]) => found === attribute).map(([, value]) => `${label}=${value}`)
      return single ? values.slice(-1) : values
    })
    .join(',')
}
