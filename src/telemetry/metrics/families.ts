import type { Level } from './meter.ts'

/** Names and explanations of what is counted of requests, as Traefik has them (`pkg/observability/metrics`). */
interface LevelTexts {
  readonly requests: string
  readonly tls: string
  readonly duration: string
  readonly requestBytes: string
  readonly responseBytes: string
}

const by = 'status code, protocol, and method.'

/** Explanations of the five families of each level. */
export const levelTexts: Readonly<Record<Level, LevelTexts>> = {
  entrypoint: {
    requests: `How many HTTP requests processed on an entrypoint, partitioned by ${by}`,
    tls: 'How many HTTP requests with TLS processed on an entrypoint, partitioned by TLS Version and TLS cipher Used.',
    duration: `How long it took to process the request on an entrypoint, partitioned by ${by}`,
    requestBytes: `The total size of requests in bytes handled by an entrypoint, partitioned by ${by}`,
    responseBytes: `The total size of responses in bytes handled by an entrypoint, partitioned by ${by}`,
  },
  router: {
    requests: `How many HTTP requests are processed on a router, partitioned by service, ${by}`,
    tls: 'How many HTTP requests with TLS are processed on a router, partitioned by service, TLS Version, and TLS cipher Used.',
    duration: `How long it took to process the request on a router, partitioned by service, ${by}`,
    requestBytes: `The total size of requests in bytes handled by a router, partitioned by service, ${by}`,
    responseBytes: `The total size of responses in bytes handled by a router, partitioned by service, ${by}`,
  },
  service: {
    requests: `How many HTTP requests processed on a service, partitioned by ${by}`,
    tls: 'How many HTTP requests with TLS processed on a service, partitioned by TLS version and TLS cipher.',
    duration: `How long it took to process the request on a service, partitioned by ${by}`,
    requestBytes: `The total size of requests in bytes received by a service, partitioned by ${by}`,
    responseBytes: `The total size of responses in bytes returned by a service, partitioned by ${by}`,
  },
}

/** All levels, in the order of their names. */
export const LEVELS: readonly Level[] = ['entrypoint', 'router', 'service']
