import type { Socket } from 'node:net'
import type { Logger } from '../../../src/contracts/ports.ts'
import type { ClientHello } from '../../../src/engine/streams/tcp/client-hello.ts'
import type { Forward } from '../../../src/engine/streams/tcp/decision.ts'
import type { Endpoints } from '../../../src/engine/streams/tcp/proxy-header.ts'
import { SSL_ACCEPTED, SSL_REQUEST } from '../../../src/engine/streams/tcp/sniffer.ts'
import type { IdentitySource } from '../tls/spiffe/identity-source.ts'
import type { TlsTerminator } from '../tls/terminator.ts'
import { ServerDial } from './dial-server.ts'
import { Relay } from './relay.ts'

/** A client's connection on its way to a server. */
export interface PassageOptions {
  /** Nobody reads or listens to it any more. */
  readonly socket: Socket
  /** Octets that were read from it already. */
  readonly first: Buffer | null
  readonly decision: Forward
  readonly ends: Endpoints
  /** Of a TLS connection. */
  readonly hello: ClientHello | null
  /** The client's SSLRequest has been accepted: the server, which does not know, gets one first. */
  readonly isPostgres: boolean
}

/**
 * Takes a connection to its server: dials, sends the PROXY header, then does the client's handshake where TLS ends
 * here, and relays (Traefik `pkg/tcp/proxy.go`, `pkg/tcp/tls.go`).
 * @param identity who we are to servers; null: nobody
 */
export function forward(
  options: PassageOptions,
  terminator: TlsTerminator,
  identity: IdentitySource | null,
  log: Logger,
): void {
  const { socket, decision, ends } = options
  let server: Socket | null = null
  let related = false
  const dial = new ServerDial(decision.target, ends, identity, (outcome) => {
    if (outcome instanceof Error) {
      const fields = { routerName: decision.router, serverAddress: decision.target.address, cause: outcome.message }
      log.log('error', 'Error while dialing backend', fields)
      socket.destroy()
      return
    }
    server = outcome
    if (socket.destroyed) outcome.destroy()
    else enter(outcome)
  })
  socket.on('error', () => undefined)
  socket.on('close', () => {
    decision.end()
    if (server === null) dial.cancel()
    else if (!related) server.destroy()
  })

  const relay = (client: Socket, reached: Socket, first: Uint8Array | null): void => {
    if (client.destroyed || reached.destroyed) {
      client.destroy()
      reached.destroy()
      return
    }
    related = true
    new Relay(client, reached, decision.target.transport.terminationDelayMs, () => undefined).start(first)
  }

  const enter = (reached: Socket): void => {
    reached.on('error', () => undefined)
    const { first, hello, isPostgres } = options
    if (decision.terminateTls !== null && hello !== null) {
      reached.once('close', () => socket.destroy())
      terminator.terminate(socket, first, hello, decision.terminateTls, ends, (secure) => relay(secure, reached, null))
    } else if (isPostgres) {
      askForTls(reached, (accepted) => {
        if (accepted) relay(socket, reached, first)
        else {
          reached.destroy()
          socket.destroy()
        }
      })
    } else relay(socket, reached, first)
  }
}

/** PostgreSQL's way into TLS: the server must answer with one octet, `S`, and nothing more. */
function askForTls(server: Socket, done: (accepted: boolean) => void): void {
  const answered = (chunk: Buffer): void => {
    server.pause()
    server.removeListener('data', answered)
    server.removeListener('end', refused)
    server.removeListener('close', refused)
    done(chunk.length === 1 && chunk[0] === SSL_ACCEPTED[0])
  }
  const refused = (): void => answered(Buffer.alloc(0))
  server.on('data', answered)
  server.on('end', refused)
  server.on('close', refused)
  server.write(SSL_REQUEST)
}
