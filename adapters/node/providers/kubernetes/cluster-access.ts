import type { ClientTls } from '../api-client/client-tls.ts'
import type { Credentials } from './credentials.ts'

/** How an API server is reached, and as whom. */
export interface ClusterAccess {
  readonly endpoint: string
  readonly tls: ClientTls
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>
  /** Absent: the variables of the environment count. */
  readonly proxyUrl?: string | undefined
  readonly credentials: Credentials
}

/** What names no scheme is plain HTTP but where something of TLS is said, as in client-go. */
export const withScheme = (endpoint: string, hasTls: boolean): string =>
  endpoint.includes('://') ? endpoint : `${hasTls ? 'https' : 'http'}://${endpoint}`
