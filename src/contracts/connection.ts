/** A TCP connection as far as it is known before it is served. */
export interface ConnectionInfo {
  /**
   * What its first octets are: `unread` before there are any, `postgres` for TLS after an SSLRequest.
   */
  readonly protocol: 'unread' | 'plain' | 'tls' | 'postgres'
  /** Lower case, without a trailing dot; empty without TLS or SNI. */
  readonly serverName: string
  /** What the client offers for ALPN. */
  readonly protocols: readonly string[]
  /** The client, or who a PROXY header says it is: IP address without zone. */
  readonly clientAddress: string
}
