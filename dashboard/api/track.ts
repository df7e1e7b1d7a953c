import { readIfThere } from './client.ts'
import { blockOf, elementPath, type Protocol, qualified, type Reference, referencesIn, serversIn } from './elements.ts'
import type { Element, Router } from './shapes.ts'

/** An element that is named somewhere. Null: there is none of this name; `left out`: the picture is full. */
export type Named = Element | 'left out' | null

/** A middleware of a router, with those inside a chain. */
export interface MiddlewareStop {
  readonly name: string
  readonly element: Named
  readonly inner: readonly MiddlewareStop[]
}

/** A service, with those behind it. */
export interface ServiceBranch {
  readonly name: string
  /** What the one in front says of it. */
  readonly label: string
  readonly element: Named
  readonly branches: readonly ServiceBranch[]
}

/** Everything on the way of a router. */
export interface Track {
  readonly router: Router
  readonly middlewares: readonly MiddlewareStop[]
  readonly service: ServiceBranch | null
}

/** Elements that a picture has at most, and how deep it goes. */
const MOST = 200
const DEEPEST = 20

export const isThere = (named: Named): named is Element => named !== null && named !== 'left out'

/** Reads elements once each. */
class Reader {
  readonly #protocol: Protocol
  readonly #signal: AbortSignal
  readonly #read = new Map<string, Promise<Named>>()

  constructor(protocol: Protocol, signal: AbortSignal) {
    this.#protocol = protocol
    this.#signal = signal
  }

  element(plural: 'services' | 'middlewares', name: string): Promise<Named> {
    const path = elementPath(this.#protocol, plural, name)
    let reading = this.#read.get(path)
    if (reading === undefined) {
      reading = this.#read.size < MOST ? readIfThere<Element>(path, this.#signal) : Promise.resolve('left out')
      this.#read.set(path, reading)
    }
    return reading
  }

  async middleware(name: string, depth = 0): Promise<MiddlewareStop> {
    const element = await this.element('middlewares', name)
    if (!isThere(element) || depth > DEEPEST) return { name, element, inner: [] }
    const names = namesIn(blockOf(element))
    const inner = names.map((one) => this.middleware(qualified(one, element.provider), depth + 1))
    return { name, element, inner: await Promise.all(inner) }
  }

  async service({ name, label }: Reference, depth = 0): Promise<ServiceBranch> {
    const element = await this.element('services', name)
    if (!isThere(element) || depth > DEEPEST) return { name, label, element, branches: [] }
    const branches = referencesIn(blockOf(element)).map((one) =>
      this.service({ ...one, name: qualified(one.name, element.provider) }, depth + 1),
    )
    return { name, label, element, branches: await Promise.all(branches) }
  }
}

/** Middlewares that a middleware names. */
function namesIn(block: unknown): readonly string[] {
  const { middlewares } = (block ?? {}) as { readonly middlewares?: unknown }
  return Array.isArray(middlewares) ? middlewares.filter((one) => typeof one === 'string') : []
}

/** Null: there is no such router. */
export async function readTrack(protocol: Protocol, name: string, signal: AbortSignal): Promise<Track | null> {
  const router = await readIfThere<Router>(elementPath(protocol, 'routers', name), signal)
  if (router === null) return null
  const reader = new Reader(protocol, signal)
  const { provider, service, middlewares = [] } = router
  const [stops, branch] = await Promise.all([
    Promise.all(middlewares.map((one) => reader.middleware(qualified(one, provider)))),
    service === undefined ? null : reader.service({ name: qualified(service, provider), label: '' }),
  ])
  return { router, middlewares: stops, service: branch }
}

/** A service with everything behind it; null: there is none of this name. */
export async function readBranch(protocol: Protocol, name: string, signal: AbortSignal): Promise<ServiceBranch | null> {
  const branch = await new Reader(protocol, signal).service({ name, label: '' })
  return branch.element === null ? null : branch
}

/** How many servers of a service get requests: `2 of 3`. */
export function standingOf(element: Element): string {
  const servers = serversIn(element)
  if (servers.length === 0) return ''
  const up = servers.filter(({ state }) => state !== 'DOWN').length
  return up === servers.length ? String(up) : `${up} of ${servers.length}`
}
