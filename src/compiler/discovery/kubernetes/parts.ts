import { isSame } from '../../../plan/same.ts'
import type { HttpMiddleware, HttpRouter, HttpServersTransport, HttpService } from '../../dynamic/http.ts'
import type { TcpConfig, TcpRouter, TcpServersTransport } from '../../dynamic/tcp.ts'
import type { TlsConfig, TlsOptions, TlsStore } from '../../dynamic/tls.ts'
import type { UdpConfig } from '../../dynamic/udp.ts'
import type { Finding, Findings } from './findings.ts'

/** The maps that elements go into: `http.routers` … */
export interface Elements {
  readonly 'http.routers': HttpRouter
  readonly 'http.services': HttpService
  readonly 'http.middlewares': HttpMiddleware
  readonly 'http.serversTransports': HttpServersTransport
  readonly 'tcp.routers': TcpRouter
  readonly 'tcp.services': NonNullable<TcpConfig['services']>[string]
  readonly 'tcp.middlewares': NonNullable<TcpConfig['middlewares']>[string]
  readonly 'tcp.serversTransports': TcpServersTransport
  readonly 'udp.routers': NonNullable<UdpConfig['routers']>[string]
  readonly 'udp.services': NonNullable<UdpConfig['services']>[string]
  readonly 'tls.options': TlsOptions
  readonly 'tls.stores': TlsStore
}

export type ElementMap = keyof Elements

/** What an element is called in messages about its name. */
const WORDS: Readonly<Record<ElementMap, string>> = {
  'http.routers': 'router',
  'http.services': 'service',
  'http.middlewares': 'middleware',
  'http.serversTransports': 'serversTransport',
  'tcp.routers': 'TCP router',
  'tcp.services': 'TCP service',
  'tcp.middlewares': 'TCP middleware',
  'tcp.serversTransports': 'TCP serversTransport',
  'udp.routers': 'UDP router',
  'udp.services': 'UDP service',
  'tls.options': 'TLS option',
  'tls.stores': 'TLS store',
}

/** Two elements of one name, in Traefik's words. */
export const collision = (map: ElementMap, name: string): string =>
  `Name collision: ${WORDS[map]} "${name}" is defined more than once, the previous definition will be overridden`

/** An element with its place. */
export interface PlacedElement {
  /** Whose it is, as messages say it. */
  readonly item: string
  /** The part of it: `spec.routes[0]`. */
  readonly field: string
  readonly map: ElementMap
  readonly name: string
  readonly element: object
}

/** A certificate for servers. */
export type Certificate = NonNullable<TlsConfig['certificates']>[number]

/** What one object brings. */
export interface Part {
  /** What it is called in messages. */
  readonly item: string
  readonly elements: readonly PlacedElement[]
  /** By the Secret that they come from: `namespace/name`. */
  readonly certificates: ReadonlyMap<string, Certificate>
  readonly findings: readonly Finding[]
  /** It stands for what there is one of in a cluster, even where it brings nothing. */
  readonly isDefault: boolean
}

/** Makes a part. */
export class PartBuilder {
  readonly #item: string
  readonly #findings: Findings
  readonly #wayOut: string
  readonly #elements = new Map<string, PlacedElement>()
  readonly certificates = new Map<string, Certificate>()

  /** @param wayOut what to do about several elements of one name */
  constructor(findings: Findings, wayOut: string) {
    this.#item = findings.item
    this.#findings = findings
    this.#wayOut = wayOut
  }

  /** A second element of a name takes the place of the first, and is told where they differ. */
  add<M extends ElementMap>(map: M, name: string, element: Elements[M], field = 'spec'): void {
    const key = `${map} ${name}`
    const before = this.#elements.get(key)
    if (before !== undefined && !isSame(before.element, element)) {
      const hint = `${before.field} makes another one; ${this.#wayOut}`
      this.#findings.warn(field, collision(map, name), hint)
    }
    this.#elements.set(key, { item: this.#item, field, map, name, element })
  }

  /**
   * @param before what did not change since is taken over from it
   * @param others what was found of other objects
   */
  build(before: Part | null, isDefault = false, others: readonly Finding[] = []): Part {
    const known = new Map(before?.elements.map((placed) => [`${placed.map} ${placed.name}`, placed]))
    const elements = [...this.#elements].map(([key, placed]) => {
      const old = known.get(key)
      return old !== undefined && old.field === placed.field && isSame(old.element, placed.element) ? old : placed
    })
    for (const [key, certificate] of this.certificates) {
      const old = before?.certificates.get(key)
      if (old !== undefined && isSame(old, certificate)) this.certificates.set(key, old)
    }
    const findings = [...this.#findings.all, ...others]
    return { item: this.#item, elements, certificates: this.certificates, findings, isDefault }
  }
}
