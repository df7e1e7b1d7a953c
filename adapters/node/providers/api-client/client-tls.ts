import { existsSync, readFileSync } from 'node:fs'
import { createSecureContext, type SecureContext } from 'node:tls'

/** TLS to a server of ours, as `tlsClientBlock` decodes it. */
export interface ClientTls {
  /** Each by file or as text. */
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly insecureSkipVerify?: boolean | undefined
  /** Name that the server's certificate must have; by default that of the endpoint. */
  readonly serverName?: string | undefined
}

/**
 * Reads what the options name, at every connect: files that were renewed count without a restart.
 * @throws Error with Traefik's words (`pkg/types/tls.go`), without any of the content
 */
export function readClientTls({ ca = '', cert = '', key = '' }: ClientTls): SecureContext {
  if ((cert === '') !== (key === '')) throw new Error('both TLS cert and key must be defined')
  const authority = ca === '' ? null : readOr(ca, 'failed to read CA')
  if (authority !== null && !authority.includes('-----BEGIN CERTIFICATE-----')) throw new Error('failed to parse CA')
  try {
    return createSecureContext({
      minVersion: 'TLSv1.2',
      ...(authority === null ? {} : { ca: authority }),
      ...(cert === ''
        ? {}
        : { cert: readOr(cert, 'cert file does not exist'), key: readOr(key, 'key file does not exist') }),
    })
  } catch (error) {
    if (error instanceof UnreadableFile) throw error
    throw new Error(`the TLS options can't be used: ${(error as Error).message}`, { cause: error })
  }
}

class UnreadableFile extends Error {}

function readOr(fileOrText: string, message: string): string {
  if (fileOrText.includes('-----BEGIN') && !existsSync(fileOrText)) return fileOrText
  try {
    return readFileSync(fileOrText, 'utf8')
  } catch (error) {
    // The value is not repeated: it may be a key that was pasted without its first line.
    throw new UnreadableFile(`${message}: ${(error as NodeJS.ErrnoException).code}`)
  }
}
