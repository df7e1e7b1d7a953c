/** Where an API is, as an option names it. */
export interface ApiEndpoint {
  readonly way: ApiWay
  /** Starts with a slash and does not end with one, or is empty. */
  readonly basePath: string
  /** What requests say in `Host`. */
  readonly host: string
  /** `user:password` of the address, decoded; null: none. */
  readonly userInfo: string | null
  /** The address for messages: without credentials and query. */
  readonly peer: string
}

/** How the server of an API is reached. */
export type ApiWay =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly secure: boolean }
  | { readonly kind: 'ssh'; readonly args: readonly string[] }

/**
 * Reads `unix:///path`, `tcp://host:port`, `http://…`, `https://…` and `ssh://[user@]host[:port][/socket]`.
 * @param hasTls whether `tcp://` speaks TLS
 * @throws Error that names the address without its credentials
 */
export function parseEndpoint(text: string, hasTls: boolean): ApiEndpoint {
  if (text.startsWith('unix://')) {
    const path = text.slice('unix://'.length)
    if (path === '' || path.includes('\0')) throw new Error(`unix:// needs the path of a socket`)
    return { way: { kind: 'unix', path }, basePath: '', host: 'localhost', userInfo: null, peer: text }
  }
  const url = URL.parse(text.replace(/^tcp:/, hasTls ? 'https:' : 'http:'))
  // The text may hold a password: it is not repeated.
  if (url === null || url.hostname === '') throw new Error('the endpoint is no address of an API')
  if (url.protocol === 'ssh:') return sshEndpoint(url)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Error(`unable to parse the endpoint: its scheme ${url.protocol.slice(0, -1)} is not supported`)
  }
  const secure = url.protocol === 'https:'
  const basePath = url.pathname.replace(/\/+$/, '')
  return {
    way: {
      kind: 'tcp',
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: Number(url.port) || (secure ? 443 : 80),
      secure,
    },
    basePath,
    host: url.host,
    userInfo: userInfoOf(url),
    peer: `${url.origin}${basePath}`,
  }
}

/** As the Docker command line does it: the other side has Docker's own bridge from standard streams to its socket. */
function sshEndpoint(url: URL): ApiEndpoint {
  if (url.password !== '') throw new Error('ssh:// takes no password: use a key')
  if (url.hostname.startsWith('-')) throw new Error('ssh:// needs the name of a host')
  const user = decodeURIComponent(url.username)
  const socket = url.pathname.replace(/\/+$/, '')
  const args = [
    ...['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10', '-T'],
    ...(user === '' ? [] : ['-l', user]),
    ...(url.port === '' ? [] : ['-p', url.port]),
    ...['--', url.hostname.replace(/^\[|\]$/g, ''), 'docker'],
    ...(socket === '' ? [] : ['--host', quoted(`unix://${decodeURIComponent(socket)}`)]),
    ...['system', 'dial-stdio'],
  ]
  return {
    way: { kind: 'ssh', args },
    basePath: '',
    host: 'localhost',
    userInfo: null,
    peer: `ssh://${url.host}${url.pathname}`,
  }
}

/** For the shell on the other side. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

const userInfoOf = ({ username, password }: URL): string | null =>
  username === '' && password === '' ? null : `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
