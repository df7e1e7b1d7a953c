import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import type { CertificatePair } from '../../node/tls/default-certificate.ts'
import { EdgeError } from './edge-error.ts'

export interface FrontOptions {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** Where bytes of http go, and those of https without TLS. */
  readonly http: URL
  readonly https: URL
  readonly certificate: CertificatePair
}

/** What listens in front of workerd. */
export interface Front {
  /** By https. */
  readonly url: URL
  stop(): void
}

/** The first byte of a connection with TLS (RFC 8446 §5.1). */
const HANDSHAKE = 22

/** Until the first byte of http, or the end of the handshake. */
const OPENING_LIMIT_MS = 10_000

/**
 * One port for http and https: it ends TLS, as Cloudflare's network does, and passes bytes on as they come.
 */
export async function startFront({ host, port, http, https, certificate }: FrontOptions): Promise<Front> {
  const secureContext = createSecureContext({ ...certificate, minVersion: 'TLSv1.2' })
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    socket.on('error', () => socket.destroy())
    const limit = setTimeout(() => socket.destroy(), OPENING_LIMIT_MS)
    socket.once('close', () => clearTimeout(limit))
    socket.once('data', (first: Buffer) => {
      socket.pause()
      socket.unshift(first)
      if (first[0] === HANDSHAKE) {
        const secure = new TLSSocket(socket, { isServer: true, secureContext })
        secure.once('secure', () => clearTimeout(limit))
        join(secure, https)
      } else {
        clearTimeout(limit)
        join(socket, http)
      }
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new EdgeError(`edge dev can't listen: ${error.message}`)))
    server.listen(port, host, resolve)
  })
  const { address, family, port: own } = server.address() as AddressInfo
  return {
    url: new URL(`https://${family === 'IPv6' ? `[${address}]` : address}:${own}`),
    stop() {
      server.close()
      for (const socket of open) socket.destroy()
    },
  }
}

/** Both directions; what ends or breaks off on one side does so on the other. */
function join(client: Socket, { hostname, port }: URL): void {
  const worker = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
  const both = [client, worker] as const
  for (const [from, to] of [both, both.toReversed() as [Socket, Socket]] as const) {
    from.pipe(to)
    from.on('error', () => to.destroy())
    from.once('close', () => {
      if (!from.readableEnded) to.destroy()
    })
  }
}
