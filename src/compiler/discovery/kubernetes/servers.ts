import type { Hint } from './findings.ts'
import type { Endpoint, EndpointSlice, Service, ServicePort } from './objects.ts'
import type { World } from './world.ts'

/** Why something of a cluster can't be used: what is built of it is left out. Its text is Traefik's where there is one. */
export class Unusable extends Error {
  /** The field that it is about, from the object that is derived: `routes[0].services[1]`. */
  readonly field: string
  /** What was probably meant, or what to do. */
  readonly hint: Hint | null

  constructor(message: string, field = '', hint: Hint | null = null) {
    super(message)
    this.name = 'Unusable'
    this.field = field
    this.hint = hint
  }
}

/** Runs `make`, with words before what it throws. */
export function withWords<T>(words: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    throw new Unusable(`${words}${error.message}`, error.field, error.hint)
  }
}

/** `host:port`, brackets around IPv6. */
export const hostPort = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

/** Whether an endpoint takes requests by HTTP: nobody said anything, so it serves. */
export const isServing = ({ conditions }: Endpoint): boolean => conditions?.serving !== false

/** Whether an endpoint takes connections, by TCP and UDP. */
export const isReady = ({ conditions }: Endpoint): boolean => conditions?.ready === true

/** An endpoint behind a port. */
export interface ServerAddress {
  readonly address: string
  readonly port: number
  /** It is about to end: kept for who is bound to it. */
  readonly fenced: boolean
}

/** What is behind a port of a service, each address once. @param isUsable `isServing` or `isReady` */
export function* endpointsOf(
  slices: readonly EndpointSlice[],
  portName: string,
  isUsable: (endpoint: Endpoint) => boolean,
): Generator<ServerAddress> {
  const seen = new Set<string>()
  for (const slice of slices) {
    const port = slice.ports?.find(({ name }) => (name ?? '') === portName)?.port ?? 0
    if (port === 0) continue
    for (const endpoint of slice.endpoints ?? []) {
      if (!isUsable(endpoint)) continue
      for (const address of endpoint.addresses ?? []) {
        if (seen.has(address)) continue
        seen.add(address)
        yield { address, port, fenced: endpoint.conditions?.terminating === true }
      }
    }
  }
}

/** Addresses of the machines of a cluster, inside of it. */
export function* nodeAddresses(world: World): Generator<string> {
  for (const { status } of world.list('Node')) {
    for (const { type, address } of status?.addresses ?? []) if (type === 'InternalIP') yield address
  }
}

/** The cluster's own address of a service. Throws `Unusable` where it has none. */
export function clusterAddress({ metadata, spec }: Service, { port }: ServicePort, field = ''): string {
  const address = spec?.clusterIP ?? ''
  if (address === 'None') {
    throw new Unusable(`no clusterIP on headless service: ${metadata.namespace}/${metadata.name}`, field)
  }
  if (address === '') {
    throw new Unusable(`no clusterIP found for service: ${metadata.namespace}/${metadata.name}`, field)
  }
  return hostPort(address, port)
}
