import { hash } from 'node:crypto'
import type { Logger, Transport, TransportSpec, Transports } from '../../../src/contracts/ports.ts'
import { UpstreamFailure } from '../../../src/http/failure.ts'
import { UsagePool } from '../../../src/runtime/usage-pool.ts'
import type { IdentitySource } from '../tls/spiffe/identity-source.ts'
import { readServerTls } from '../tls/upstream-tls.ts'
import type { DialTarget } from './dial.ts'
import { Http2Pool } from './http2-pool.ts'
import type { ProxyFor } from './outbound-proxy.ts'
import { UpstreamPool } from './upstream-pool.ts'

/** Connections to servers, shared by everyone who names the same server with the same options, across snapshots. */
export class NodeTransports implements Transports {
  readonly #pools = new UsagePool<UpstreamPool | Http2Pool>()
  readonly #log: Logger
  readonly #proxyFor: ProxyFor
  readonly #identity: IdentitySource | null

  /** @param proxyFor which proxy stands between here and a server; by default none @param identity who we are; null: nobody */
  constructor(log: Logger, proxyFor: ProxyFor = () => null, identity: IdentitySource | null = null) {
    this.#log = log
    this.#identity = identity
    this.#proxyFor = proxyFor
  }

  open(spec: TransportSpec): Transport {
    const { scheme, host, port, options } = spec
    // Prior knowledge of HTTP/2 is knowledge of who is at the other end.
    const proxy = scheme === 'h2c' ? null : this.#proxyFor(scheme, host, port)
    if (typeof proxy === 'string') return unreachable(proxy)
    // Files may have changed since the last time: what they hold is part of the key.
    const tls = scheme === 'https' ? readServerTls(options.tls, this.#log, this.#identity) : null
    // What is equal for equal ones, and short: there is one for each server.
    const key = hash('sha256', JSON.stringify([scheme, host, port, options, tls?.key]), 'base64')
    const { value: pool, close } = this.#pools.use(key, () => {
      const target: DialTarget = { host, port, dialTimeoutMs: options.dialTimeoutMs, tls, proxy }
      const http2 = scheme === 'h2c' || (scheme === 'https' && options.http2)
      return http2 ? new Http2Pool(target, options, this.#log) : new UpstreamPool(target, options, this.#log)
    })
    return { send: (request, cx) => pool.send(request, cx), close }
  }
}

/** A server behind a proxy that is not one: it is not reached past it either. */
const unreachable = (reason: string): Transport => ({
  send: () => new UpstreamFailure('protocol', 'unsent', new Error(reason)),
  close() {},
})
