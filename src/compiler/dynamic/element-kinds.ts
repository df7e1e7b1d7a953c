/** The maps of elements in each section, and what an element of it is called in messages. */
export const elementKinds = {
  http: {
    routers: 'HTTP router',
    services: 'HTTP service',
    middlewares: 'HTTP middleware',
    models: 'HTTP model',
    serversTransports: 'HTTP servers transport',
  },
  tcp: {
    routers: 'TCP router',
    services: 'TCP service',
    middlewares: 'TCP middleware',
    serversTransports: 'TCP servers transport',
  },
  udp: { routers: 'UDP router', services: 'UDP service' },
  tls: { options: 'TLS options', stores: 'TLS store' },
} as const
