import type { ServerTlsPlan } from './tls.ts'

/** A Redis that several proxies share. */
export interface RedisPlan {
  /** More than one: nodes of a cluster. */
  readonly endpoints: readonly { readonly host: string; readonly port: number }[]
  /** Empty: none. */
  readonly username: string
  /** Empty: none. */
  readonly password: string
  /** Number of the database; a cluster has just one. */
  readonly db: number
  readonly dialTimeoutMs: number
  /** For an operation as a whole; 0: none. */
  readonly operationTimeoutMs: number
  /** Null: no TLS. */
  readonly tls: ServerTlsPlan | null
}
