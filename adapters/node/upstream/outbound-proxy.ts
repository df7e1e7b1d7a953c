import { isIP, type Socket } from 'node:net'
import { createIpMatcher, type IpMatcher } from '../../../src/http/ip.ts'

/** A proxy that servers are reached through. */
export interface OutboundProxy {
  /** Without brackets. */
  readonly host: string
  readonly port: number
  /** It is spoken to over TLS. */
  readonly secure: boolean
  /** Value of `Proxy-Authorization`; null: none. */
  readonly authorization: string | null
}

/** The proxy for a server by its scheme; null: it is reached directly. A text: why it can't be reached at all. */
export type ProxyFor = (scheme: 'http' | 'https', host: string, port: number) => OutboundProxy | string | null

/**
 * `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in upper or lower case, as Go reads them
 * (`golang.org/x/net/http/httpproxy`): loopback addresses are always reached directly.
 */
export function proxyFromEnvironment(env: Readonly<Record<string, string | undefined>>): ProxyFor {
  const value = (name: string): string => env[name] || env[name.toLowerCase()] || ''
  // In a CGI script that variable is a request's `Proxy` field.
  const plain = env.REQUEST_METHOD === undefined ? parseProxy('HTTP_PROXY', value('HTTP_PROXY')) : null
  const secure = parseProxy('HTTPS_PROXY', value('HTTPS_PROXY'))
  if (plain === null && secure === null) return () => null
  const isExempt = parseExemptions(value('NO_PROXY'))
  return (scheme, host, port) => {
    const proxy = scheme === 'https' ? secure : plain
    return proxy === null || isLoopback(host) || isExempt(host.toLowerCase(), port) ? null : proxy
  }
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

/**
 * A proxy by its URL; null: the text is empty. A text says why it can't be used.
 * @param name what the URL comes from, for messages
 */
export function parseProxy(name: string, text: string): OutboundProxy | string | null {
  if (text === '') return null
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`)
  // The text may hold a password: it is not repeated.
  if (url === null || url.hostname === '') return `${name} is no URL of a proxy`
  const port = DEFAULT_PORTS[url.protocol]
  if (port === undefined) return `${name}: proxies of scheme ${url.protocol.slice(0, -1)} are not supported`
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || port,
    secure: url.protocol === 'https:',
    authorization: url.username === '' ? null : `Basic ${Buffer.from(credentials).toString('base64')}`,
  }
}

const LOOPBACK = createIpMatcher(['127.0.0.0/8', '::1/128'])

const isLoopback = (host: string): boolean =>
  host.toLowerCase() === 'localhost' || (isIP(host) !== 0 && LOOPBACK.contains(host))

/**
 * `*`; addresses and networks; `name` for a name and all below it, `.name` and `*.name` for those below; each with a
 * port or without.
 */
function parseExemptions(text: string): (host: string, port: number) => boolean {
  const entries = text
    .toLowerCase()
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  if (entries.includes('*')) return () => true
  const matchers = entries.flatMap((entry) => {
    const matcher = parseExemption(entry)
    return matcher === null ? [] : [matcher]
  })
  return (host, port) => matchers.some((matches) => matches(host, port))
}

function parseExemption(entry: string): ((host: string, port: number) => boolean) | null {
  const network = ipMatcher(entry)
  if (network !== null) return (host) => isIP(host) !== 0 && network.contains(host)
  const [, name = '', digits] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? []
  const portFits = (port: number) => digits === undefined || Number(digits) === port
  const address = ipMatcher(name.replace(/^\[|\]$/g, ''))
  if (address !== null) return (host, port) => isIP(host) !== 0 && address.contains(host) && portFits(port)
  const below = name.replace(/^\*(?=\.)/, '')
  if (below === '') return null
  const suffix = below.startsWith('.') ? below : `.${below}`
  return (host, port) => (host.endsWith(suffix) || host === below) && portFits(port)
}

function ipMatcher(text: string): IpMatcher | null {
  if (isIP(text) === 0 && !/^[\da-f.:]+\/\d{1,3}$/.test(text)) return null
  try {
    return createIpMatcher([text])
  } catch {
    // A network that is none exempts nobody, as in Go.
    return null
  }
}

const HEAD_LIMIT = 16_384

/**
 * Asks a proxy for a tunnel (RFC 9110 §9.3.6); calls back once, with the reason when there is none. Nothing comes
 * through a tunnel before we speak, so whatever follows the head is wrong.
 * @param authority `host:port` of the server
 */
export function openTunnel(
  socket: Socket,
  authority: string,
  { authorization }: OutboundProxy,
  done: (error: Error | null) => void,
): void {
  let head = ''
  const read = (chunk: Buffer): void => {
    head += chunk.toString('latin1')
    const end = head.indexOf('\r\n\r\n')
    if (end === -1 && head.length < HEAD_LIMIT) return
    const [, status] = /^HTTP\/1\.[01] (\d{3})(?: |\r)/.exec(head) ?? []
    if (status?.startsWith('2') && end === head.length - 4) finish(null)
    else
      finish(new Error(status === undefined ? 'the proxy speaks no HTTP' : `the proxy answers CONNECT with ${status}`))
  }
  const closed = (): void => finish(new Error('the proxy closed the connection'))
  const finish = (error: Error | null): void => {
    socket.off('data', read)
    socket.off('end', closed)
    socket.pause()
    done(error)
  }
  socket.on('data', read)
  socket.on('end', closed)
  const credentials = authorization === null ? '' : `Proxy-Authorization: ${authorization}\r\n`
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${credentials}\r\n`, 'latin1')
}
