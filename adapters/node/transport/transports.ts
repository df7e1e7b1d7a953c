import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { UpstreamFailure } from '../../../src/http/failure.ts'
import type { Logger, Transport, TransportSpec, Transports } from '../../../src/ports/ports.ts'
import type { DialTarget } from './dial.ts'
import { UpstreamPool } from './upstream-pool.ts'

interface SharedPool {
  readonly pool: UpstreamPool
  users: number
}

/** Connections to servers, shared by everyone who names the same server with the same options, across snapshots. */
export class NodeTransports implements Transports {
  readonly #pools = new Map<string, SharedPool>()
  readonly #log: Logger

  constructor(log: Logger) {
    this.#log = log
  }

  open(spec: TransportSpec): Transport {
    if (spec.scheme === 'h2c') return unsupported('HTTP/2 to servers is not supported yet')
    const key = JSON.stringify([spec.scheme, spec.host, spec.port, spec.options])
    let shared = this.#pools.get(key)
    if (shared === undefined) {
      shared = { pool: new UpstreamPool(this.#target(spec), spec.options, this.#log), users: 0 }
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

  #target({ scheme, host, port, options }: TransportSpec): DialTarget {
    const { serverName, insecureSkipVerify, rootCAs } = options.tls
    return {
      host,
      port,
      dialTimeoutMs: options.dialTimeoutMs,
      tls: scheme === 'https' ? { context: this.#secureContext(rootCAs), serverName, insecureSkipVerify } : null,
    }
  }

  /** Authorities that can't be read are skipped, as Traefik does; with none left the system's count. */
  #secureContext(rootCAs: readonly string[]) {
    const ca: string[] = []
    for (const item of rootCAs) {
      try {
        ca.push(item.includes('-----BEGIN') ? item : readFileSync(item, 'utf8'))
      } catch (cause) {
        this.#log.log('error', 'Unable to read RootCA', { cause })
      }
    }
    try {
      return createSecureContext(ca.length > 0 ? { ca } : {})
    } catch (cause) {
      this.#log.log('error', 'Unable to use RootCAs', { cause })
      return createSecureContext()
    }
  }
}

const unsupported = (reason: string): Transport => ({
  send: () => new UpstreamFailure('protocol', 'unsent', new Error(reason)),
  close() {},
})
