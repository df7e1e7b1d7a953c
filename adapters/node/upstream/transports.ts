import type { Logger, Transport, TransportSpec, Transports } from '../../../src/contracts/ports.ts'
import { UpstreamFailure } from '../../../src/http/failure.ts'
import { readServerTls } from '../tls/upstream-tls.ts'
import type { DialTarget } from './dial.ts'
import { Http2Pool } from './http2-pool.ts'
import type { ProxyFor } from './outbound-proxy.ts'
import { UpstreamPool } from './upstream-pool.ts'

interface SharedPool {
  readonly pool: UpstreamPool | Http2Pool
  users: number
}

/** Connections to servers, shared by everyone who names the same server with the same options, across snapshots. */
export class NodeTransports implements Transports {
  readonly #pools = new Map<string, SharedPool>()
  readonly #log: Logger
  readonly #proxyFor: ProxyFor

  /** @param proxyFor which proxy stands between here and a server; by default none */
  constructor(log: Logger, proxyFor: ProxyFor = () => null) {
    this.#log = log
    this.#proxyFor = proxyFor
  }

  open(spec: TransportSpec): Transport {
    const { scheme, host, port, options } = spec
    // Prior knowledge of HTTP/2 is knowledge of who is at the other end.
    const proxy = scheme === 'h2c' ? null : this.#proxyFor(scheme, host, port)
    if (typeof proxy === 'string') return unreachable(proxy)
    // Files may have changed since the last time: what they hold is part of the key.
    const tls = scheme === 'https' ? readServerTls(options.tls, this.#log) : null
    const key = JSON.stringify([scheme, host, port, options, tls?.key])
    let shared = this.#pools.get(key)
    if (shared === undefined) {
      const target: DialTarget = { host, port, dialTimeoutMs: options.dialTimeoutMs, tls, proxy }
      const http2 = scheme === 'h2c' || (scheme === 'https' && options.http2)
      const pool = http2 ? new Http2Pool(target, options, this.#log) : new UpstreamPool(target, options, this.#log)
      shared = { pool, users: 0 }
      this.#pools.set(key, shared)
    }
    shared.users++
    const { pool } = shared
    let open = true
    return {
      send: (request, cx) => pool.send(request, cx),
      close: () => {
        if (!open) return
        open = false
        this.#release(key)
      },
    }
  }

  #release(key: string): void {
    const shared = this.#pools.get(key)
    if (shared === undefined || --shared.users > 0) return
    this.#pools.delete(key)
    shared.pool.close()
  }
}

/** A server behind a proxy that is not one: it is not reached past it either. */
const unreachable = (reason: string): Transport => ({
  send: () => new UpstreamFailure('protocol', 'unsent', new Error(reason)),
  close() {},
})
