import { flag, text } from '../schema/scalars.ts'

/** TLS towards a server, an option of several middlewares. */
export const tlsClientFields = {
  ca: text().optional().describe('Certificate authority: path or PEM text.'),
  cert: text().optional().describe('Client certificate: path or PEM text.'),
  key: text().optional().describe('Key of the client certificate: path or PEM text.'),
  insecureSkipVerify: flag().optional().describe('Accept any certificate.'),
}
