import type { TcpTransportPlan } from '../../../plan/tcp.ts'

/** A server and the way to it. One object per server of a linked service: adapters may keep things by it. */
export interface TcpTarget {
  /** As configured. */
  readonly address: string
  /** Without brackets. */
  readonly host: string
  /** Negative: none, connecting fails. */
  readonly port: number
  readonly tls: boolean
  readonly transport: TcpTransportPlan
}

/** A connection that goes to a server. */
export interface Forward {
  readonly kind: 'forward'
  /** Qualified name. */
  readonly router: string
  readonly target: TcpTarget
  /** TLS options to end TLS with, once the server has been reached; null: octets pass as they are. */
  readonly terminateTls: string | null
  /** Exactly once, when the connection is over. */
  end(): void
}

/**
 * What becomes of a connection.
 * - `peek`: nothing can be said before its first octets are there
 * - `http`: plain HTTP, 404 included
 * - `https`: TLS is ended with these options, HTTP follows
 */
export type ConnectionDecision =
  | { readonly kind: 'peek' | 'http' | 'close' }
  | { readonly kind: 'https'; readonly tlsOptions: string }
  | Forward
