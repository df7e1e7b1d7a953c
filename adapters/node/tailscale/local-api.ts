import { createApiClient } from '../providers/api-client/client.ts'
import { type LoadedCertificate, loadPair } from '../tls/certificate-store.ts'

/** The daemon may have to order the certificate first. */
const ANSWER_MS = 120_000
const MAX_BYTES = 256 * 1024

/** Between the key, which comes first, and the certificates. */
const BORDER = '--\n--'

/** Asks the daemon for a certificate with its key. @throws ApiError, or an Error that shows nothing of the key */
export async function tailscaleCertificate(
  socket: string,
  name: string,
  signal: AbortSignal,
): Promise<LoadedCertificate> {
  const client = createApiClient({
    endpoint: `unix://${socket}`,
    headers: { host: 'local-tailscaled.sock' },
    timeoutMs: ANSWER_MS,
    silenceMs: ANSWER_MS,
    maxSockets: 1,
  })
  try {
    const path = `/localapi/v0/cert/${encodeURIComponent(name)}`
    const text = (await client.get(path, { signal, query: { type: 'pair' }, maxBytes: MAX_BYTES })).text()
    const border = text.indexOf(BORDER)
    if (border === -1) throw new Error('the daemon’s answer has no key and certificate')
    const cut = border + BORDER.length - 2
    const [key, cert] = [text.slice(0, cut), text.slice(cut)]
    if (cert.includes(' PRIVATE KEY-----'))
      throw new Error('the daemon’s answer has a key where certificates should be')
    return readPair(cert, key)
  } finally {
    client.close()
  }
}

function readPair(cert: string, key: string): LoadedCertificate {
  try {
    return loadPair({ cert, key })
  } catch {
    // OpenSSL's words are about a key, and stay out of the log.
    throw new Error('the daemon’s certificate and key can’t be read, or don’t belong together')
  }
}
