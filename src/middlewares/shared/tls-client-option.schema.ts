import { DEFAULT_SERVER_TLS, type ServerTlsPlan } from '../../plan/tls.ts'
import { PrepareError, type PrepareScope } from '../../schema/element.ts'
import { flag, text } from '../../schema/scalars.ts'

/** TLS towards a server, an option of several middlewares. */
export const tlsClientFields = {
  ca: text().optional().describe('Certificate authority: path or PEM text.'),
  cert: text().optional().describe('Client certificate: path or PEM text.'),
  key: text().optional().describe('Key of the client certificate: path or PEM text.'),
  insecureSkipVerify: flag().optional().describe('Accept any certificate.'),
}

export interface TlsClientOptions {
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly insecureSkipVerify?: boolean | undefined
}

/**
 * The plan of such options, files read (Traefik v3.7 `pkg/types/tls.go`).
 * @param prefix what a `PrepareError` begins with
 */
export function prepareTlsClient(options: TlsClientOptions, scope: PrepareScope, prefix: string): ServerTlsPlan {
  const { ca = '', cert = '', key = '', insecureSkipVerify = false } = options
  const fail = (reason: string) => new PrepareError(`${prefix}${reason}`)
  const material = (value: string, fault: string): string => {
    if (value.includes('-----BEGIN')) return value
    try {
      return scope.readFile(value)
    } catch {
      throw fail(fault)
    }
  }
  const authority = ca === '' ? '' : material(ca, 'failed to parse CA')
  if (ca !== '' && !authority.includes('-----BEGIN CERTIFICATE-----')) throw fail('failed to parse CA')
  if ((cert === '') !== (key === '')) throw fail('both TLS cert and key must be defined')
  const keyPair = () => ({
    certFile: material(cert, 'cert file does not exist'),
    keyFile: material(key, 'key file does not exist'),
  })
  const certificates = cert === '' ? [] : [keyPair()]
  return { ...DEFAULT_SERVER_TLS, insecureSkipVerify, rootCAs: ca === '' ? [] : [authority], certificates }
}
