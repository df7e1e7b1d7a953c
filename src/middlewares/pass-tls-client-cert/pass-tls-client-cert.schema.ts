import * as z from 'zod'
import { defineElement } from '../../schema/element.ts'
import { flag } from '../../schema/scalars.ts'
import type { NamePart, PassTlsClientCertConfig } from './pass-tls-client-cert.ts'

const nameFields = (of: 'subject' | 'issuer') => ({
  country: flag().optional().describe(`Tell the country of the ${of}.`),
  province: flag().optional().describe(`Tell the province of the ${of}.`),
  locality: flag().optional().describe(`Tell the locality of the ${of}.`),
  organization: flag().optional().describe(`Tell the organization of the ${of}.`),
  commonName: flag().optional().describe(`Tell the common name of the ${of}.`),
  serialNumber: flag().optional().describe(`Tell the serial number of the ${of}.`),
  domainComponent: flag().optional().describe(`Tell the domain components of the ${of}.`),
})

const subjectOptions = z
  .strictObject({
    ...nameFields('subject'),
    organizationalUnit: flag().optional().describe('Tell the organizational unit of the subject.'),
  })
  .meta({ typeName: '*dynamic.TLSClientCertificateSubjectDNInfo' })

const issuerOptions = z
  .strictObject(nameFields('issuer'))
  .meta({ typeName: '*dynamic.TLSClientCertificateIssuerDNInfo' })

const infoOptions = z
  .strictObject({
    notAfter: flag().optional().describe('Tell the end of validity.'),
    notBefore: flag().optional().describe('Tell the start of validity.'),
    sans: flag().optional().describe('Tell the alternative names.'),
    serialNumber: flag().optional().describe('Tell the serial number.'),
    subject: subjectOptions.optional().describe('Parts of the name of the subject.'),
    issuer: issuerOptions.optional().describe('Parts of the name of the issuer.'),
  })
  .meta({ typeName: '*dynamic.TLSClientCertificateInfo' })

/** Options of `passTLSClientCert`. */
export const passTLSClientCertElement = defineElement({
  schema: z
    .strictObject({
      pem: flag().optional().describe('Pass the certificates in `X-Forwarded-Tls-Client-Cert`.'),
      info: infoOptions.optional().describe('Pass facts out of them in `X-Forwarded-Tls-Client-Cert-Info`.'),
    })
    .meta({ typeName: '*dynamic.PassTLSClientCert' })
    .describe('Tells servers about the certificates of the client.'),
  prepare: ({ pem = false, info }): PassTlsClientCertConfig => ({
    pem,
    info:
      info === undefined
        ? null
        : {
            subject: prepareParts(info.subject),
            issuer: prepareParts(info.issuer),
            serialNumber: info.serialNumber ?? false,
            notBefore: info.notBefore ?? false,
            notAfter: info.notAfter ?? false,
            sans: info.sans ?? false,
          },
  }),
})

/** In the order in which they are told. */
const parts: readonly (NamePart & { readonly option: keyof z.output<typeof subjectOptions> })[] = [
  { option: 'domainComponent', attribute: 'DC', label: 'DC', single: false },
  { option: 'country', attribute: 'C', label: 'C', single: false },
  { option: 'province', attribute: 'ST', label: 'ST', single: false },
  { option: 'locality', attribute: 'L', label: 'L', single: false },
  { option: 'organization', attribute: 'O', label: 'O', single: false },
  { option: 'organizationalUnit', attribute: 'OU', label: 'OU', single: false },
  { option: 'serialNumber', attribute: 'serialNumber', label: 'SN', single: true },
  { option: 'commonName', attribute: 'CN', label: 'CN', single: true },
]

function prepareParts(options: z.output<typeof subjectOptions> = {}): NamePart[] {
  return parts
    .filter(({ option }) => options[option] === true)
    .map(({ attribute, label, single }) => ({ attribute, label, single }))
}
