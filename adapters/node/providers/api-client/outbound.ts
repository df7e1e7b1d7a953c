import net from 'node:net'
import type { Duplex } from 'node:stream'
import { type OutboundProxy, openTunnel, parseProxy, proxyFromEnvironment } from '../../upstream/outbound-proxy.ts'
import type { ClientTls } from './client-tls.ts'
import { dial, secured } from './dial.ts'
import type { ApiEndpoint, ApiWay } from './endpoint.ts'

/** How connections of a client are opened, and what its requests have to say for it. */
export interface Outbound {
  readonly connect: () => Duplex | Promise<Duplex>
  /** Put before the path: a proxy wants to know where a request without TLS is to go. */
  readonly targetPrefix: string
  readonly headers: Readonly<Record<string, string>>
}

type Environment = Readonly<Record<string, string | undefined>>

const TUNNEL_LIMIT_MS = 10_000

/**
 * The way to an endpoint, through the proxy that `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` name, as in Traefik.
 * @param proxyUrl the proxy, in place of the variables
 * @throws Error where the proxy can't be used
 */
export function outboundOf(
  { way, host }: ApiEndpoint,
  options: ClientTls,
  env: Environment,
  proxyUrl?: string | undefined,
): Outbound {
  const direct: Outbound = { connect: () => dial(way, options), targetPrefix: '', headers: {} }
  if (way.kind !== 'tcp') return direct
  const proxy =
    proxyUrl === undefined
      ? proxyFromEnvironment(env)(way.secure ? 'https' : 'http', way.host, way.port)
      : parseProxy('the address of the proxy', proxyUrl)
  if (proxy === null) return direct
  if (typeof proxy === 'string') throw new Error(proxy)
  const toProxy: ApiWay = { kind: 'tcp', host: proxy.host, port: proxy.port, secure: proxy.secure }
  if (way.secure) {
    return { ...direct, connect: async () => secured(await tunnel(toProxy, proxy, way), way.host, options) }
  }
  return {
    connect: () => dial(toProxy, {}),
    targetPrefix: `http://${host}`,
    headers: proxy.authorization === null ? {} : { 'proxy-authorization': proxy.authorization },
  }
}

function tunnel(
  toProxy: ApiWay,
  proxy: OutboundProxy,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<net.Socket> {
  const socket = dial(toProxy, {}) as net.Socket
  const authority = `${net.isIPv6(host) ? `[${host}]` : host}:${port}`
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      clearTimeout(timer)
      socket.destroy()
      reject(error)
    }
    const timer = setTimeout(() => fail(new Error('no answer of the proxy')), TUNNEL_LIMIT_MS)
    socket.once('error', fail)
    socket.once(proxy.secure ? 'secureConnect' : 'connect', () =>
      openTunnel(socket, authority, proxy, (error) => {
        if (error !== null) return fail(error)
        clearTimeout(timer)
        socket.off('error', fail)
        resolve(socket)
      }),
    )
  })
}
