import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { cn, makeCertificate } from '../support/certificates.ts'

/** A server that can be switched off and on again at its address. */
export class Backend {
  readonly port: number
  #server: Server

  private constructor(server: Server) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
  }

  static async start(): Promise<Backend> {
    return new Backend(await listen(0))
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async back(): Promise<void> {
    this.#server = await listen(this.port)
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.closeAllConnections()
      this.#server.close(() => resolve())
    })
  }
}

async function listen(port: number): Promise<Server> {
  const server = createServer((_, response) => response.end('as expected'))
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return server
}

/** The file provider takes certificates as texts too. */
const inline = ({ cert, key }: { cert: string; key: string }) => ({ certFile: cert, keyFile: key })

const servers = (...urls: string[]) => ({ loadBalancer: { servers: urls.map((url) => ({ url })) } })

/** A configuration that has something of everything. */
export function routing({ url: first }: Backend, { url: second }: Backend) {
  return {
    http: {
      routers: {
        shop: {
          rule: 'Host(`shop.test`) && (PathPrefix(`/cart`) || PathPrefix(`/checkout`))',
          service: 'canary',
          middlewares: ['protect', 'cut'],
        } as Record<string, unknown>,
        docs: { rule: 'Host(`docs.test`)', service: 'files', middlewares: ['closed'] },
        'odd <b>&"\' name': { rule: 'Host(`odd.test`)', service: 'shop' },
        broken: { rule: 'Host(`broken.test`)', service: 'nowhere' },
        warned: { rule: 'Host(`warned.test`)', service: 'shop', entryPoints: ['web', 'nowhere'] },
        dashboard: { rule: 'PathPrefix(`/api`) || PathPrefix(`/dashboard`)', service: 'api@internal' },
      } as Record<string, Record<string, unknown>>,
      middlewares: {
        protect: { chain: { middlewares: ['fields', 'busy'] } },
        fields: { headers: { frameDeny: true, customRequestHeaders: { 'X-Gateway': 'box', Authorization: 'secret' } } },
        busy: { inFlightReq: { amount: 50 } },
        cut: { stripPrefix: { prefixes: ['/cart', '/checkout'] } },
        closed: { maintenance: { enabled: false, body: 'Back soon.' } },
      } as Record<string, unknown>,
      services: {
        canary: {
          weighted: {
            services: [
              { name: 'mirrored', weight: 9 },
              { name: 'next', weight: 1 },
            ],
          },
        },
        mirrored: { mirroring: { service: 'shop', mirrors: [{ name: 'next', percent: 10 }] } },
        shop: {
          loadBalancer: {
            ...servers(first, second).loadBalancer,
            healthCheck: { path: '/', interval: '200ms', timeout: '1s' },
          },
        },
        next: servers(first),
        files: { failover: { service: 'shop', fallback: 'next' } },
      },
    },
  }
}

/** What Node has beside it. */
export const more = {
  tls: {
    certificates: [makeCertificate({ subject: cn('shop.test'), dns: ['shop.test', 'www.shop.test'] })].map(inline),
  },
  tcp: {
    routers: { db: { rule: 'HostSNI(`*`)', service: 'db', middlewares: ['few'], entryPoints: ['tcp'] } },
    middlewares: { few: { inFlightConn: { amount: 10 } } },
    services: { db: { loadBalancer: { servers: [{ address: '127.0.0.1:5432' }] } } },
  },
  udp: {
    routers: { dns: { service: 'dns', entryPoints: ['udp'] } },
    services: { dns: { loadBalancer: { servers: [{ address: '127.0.0.1:53' }] } } },
  },
}

/** What stands in front of something and may go away. */
export class Front {
  readonly #to: number
  #server = createTcpServer()
  #port = 0
  readonly #sockets = new Set<Socket>()

  constructor(to: number) {
    this.#to = to
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** At the address of before, if there was one. */
  async start(): Promise<void> {
    this.#server = createTcpServer((socket) => {
      const behind = connect(this.#to, '127.0.0.1')
      for (const [from, to] of [
        [socket, behind],
        [behind, socket],
      ] as const) {
        this.#sockets.add(from)
        from.pipe(to)
        from.on('error', () => to.destroy())
        from.once('close', () => to.destroy())
      }
    })
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (this.#server.address() as AddressInfo).port
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
      for (const socket of this.#sockets) socket.destroy()
      this.#sockets.clear()
    })
  }
}
