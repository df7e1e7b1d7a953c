import { X509Certificate } from 'node:crypto'

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** The certificates of a PEM text, in their order. @throws Error where one of them can't be read */
export const certificatesIn = (pem: string): readonly X509Certificate[] =>
  (pem.match(BLOCK) ?? []).map((block) => new X509Certificate(block))
