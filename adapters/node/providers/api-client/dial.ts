import net from 'node:net'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import { type ClientTls, readClientTls } from './client-tls.ts'
import type { ApiWay } from './endpoint.ts'
import { SshConnection } from './ssh-connection.ts'

/** For the connection, and with TLS for the handshake too. */
const CONNECT_LIMIT_MS = 10_000
/** Who vanished without a word is noticed by the system. */
const KEEP_ALIVE_MS = 15_000

/**
 * Opens a connection to an API; what goes wrong later is an error of the stream.
 * @param protocol what is spoken over TLS, by its name for ALPN
 * @throws Error where the TLS options can't be used
 */
export function dial(way: ApiWay, options: ClientTls, protocol: 'http/1.1' | 'h2' = 'http/1.1'): Duplex {
  if (way.kind === 'ssh') return new SshConnection(way.args)
  if (way.kind === 'unix') return inTime(net.connect({ path: way.path }), 'connect')
  const { host, port } = way
  const keepAlive = { keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }
  if (!way.secure) return inTime(net.connect({ host, port, ...keepAlive }), 'connect')
  const socket = tls.connect({ host, port, ...tlsOptions(host, options, protocol) })
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  return inTime(socket, 'secureConnect')
}

/** TLS to a server over a connection that leads there. @throws Error where the TLS options can't be used */
export const secured = (socket: net.Socket, host: string, options: ClientTls): Duplex =>
  inTime(tls.connect({ socket, host, ...tlsOptions(host, options, 'http/1.1') }), 'secureConnect')

const tlsOptions = (host: string, options: ClientTls, protocol: string): tls.ConnectionOptions => ({
  secureContext: readClientTls(options),
  rejectUnauthorized: options.insecureSkipVerify !== true,
  ALPNProtocols: [protocol],
  ...(net.isIP(options.serverName ?? host) === 0 ? { servername: options.serverName ?? host } : {}),
  ...(options.serverName === undefined ? {} : { checkServerIdentity: identityOf(options.serverName) }),
})

const identityOf =
  (name: string) =>
  (_: string, certificate: tls.PeerCertificate): Error | undefined =>
    tls.checkServerIdentity(name, certificate)

function inTime(socket: net.Socket, ready: string): net.Socket {
  const timer = setTimeout(
    () => socket.destroy(new Error(`no connection within ${CONNECT_LIMIT_MS / 1000} s`)),
    CONNECT_LIMIT_MS,
  )
  const done = (): void => clearTimeout(timer)
  socket.once(ready, done)
  socket.once('close', done)
  return socket
}
