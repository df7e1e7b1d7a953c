import { setTimeout as sleep } from 'node:timers/promises'
import {
  type ConnectCertificates,
  type ConsulCheck,
  readConnectLeaf,
  readConnectRoots,
  readConsulChecks,
} from '../../../../src/compiler/discovery/catalog/consul.ts'
import type { ProviderSink } from '../provider.ts'
import type { Catalog } from './catalog.ts'
import type { Consul } from './consul-client.ts'
import { elementsOfAnswer } from './elements.ts'
import type { CatalogLook } from './look.ts'
import { PendingServices } from './pending.ts'

/** Between two looks at everything; as long as the one before took, within this. */
const LONGEST_REST_MS = 2_000

export interface SessionParts {
  readonly consul: Consul
  readonly catalog: Catalog
  readonly look: CatalogLook
  readonly sink: ProviderSink
  readonly signal: AbortSignal
}

export interface SessionOptions {
  /** Follow changes at once. */
  readonly watch: boolean
  readonly refreshMs: number
  /** Name of the proxy in the mesh; null: there is none. */
  readonly mesh: string | null
}

/** One connection to a Consul, until it is lost; then it rejects. */
export async function followConsul(parts: SessionParts, options: SessionOptions): Promise<never> {
  const session = new Session(parts)
  return Promise.race([parts.consul.pulse(parts.signal), session.follow(options)])
}

class Session {
  readonly #parts: SessionParts
  readonly #pending: PendingServices
  #checks: ReadonlyMap<string, ConsulCheck> = new Map()

  constructor(parts: SessionParts) {
    this.#parts = parts
    this.#pending = new PendingServices(parts.signal)
  }

  async follow({ watch, refreshMs, mesh }: SessionOptions): Promise<never> {
    const endless: Promise<never>[] = []
    // Without certificates services of the mesh can't be reached: they come first.
    if (mesh !== null) endless.push(...(await followed((ready) => this.#certificates(mesh, ready))))
    if (watch) {
      // What changes while everything is looked at is not lost.
      endless.push(...(await followed((ready) => this.#services(ready))))
      endless.push(...(await followed((ready) => this.#states(ready))))
    }
    await Promise.race([...endless, this.#first()])
    endless.push(watch ? this.#work() : this.#poll(refreshMs))
    return Promise.race(endless)
  }

  async #first(): Promise<void> {
    await this.#parts.look.all()
    this.#parts.sink.connected(this.#parts.consul.client.peer)
    this.#emit()
  }

  async #poll(refreshMs: number): Promise<never> {
    for (;;) {
      await sleep(refreshMs, undefined, { signal: this.#parts.signal })
      if (await this.#parts.look.all()) this.#emit()
    }
  }

  /** A change of any service: the list does not tell which. */
  async #services(ready: () => void): Promise<never> {
    let isFirst = true
    for await (const _ of this.#parts.consul.changes('/v1/catalog/services', this.#parts.signal)) {
      if (isFirst) ready()
      else this.#pending.add('all')
      isFirst = false
    }
    throw new Error('the list of services has ended')
  }

  async #states(ready: () => void): Promise<never> {
    let isFirst = true
    for await (const answer of this.#parts.consul.changes('/v1/health/state/any', this.#parts.signal)) {
      const checks = new Map(
        readConsulChecks(await elementsOfAnswer(answer)).map((check) => [`${check.node} ${check.id}`, check]),
      )
      if (isFirst) ready()
      else this.#pending.add(this.#touched(checks))
      this.#checks = checks
      isFirst = false
    }
    throw new Error('the list of checks has ended')
  }

  /** Services whose checks came, went or say something else; a check of a node is about all that are on it. */
  #touched(checks: ReadonlyMap<string, ConsulCheck>): Set<string> {
    const touched = new Set<string>()
    const touch = ({ service, node }: ConsulCheck): void => {
      for (const name of service === '' ? this.#parts.catalog.servicesOn(node) : [service]) touched.add(name)
    }
    for (const [key, check] of checks) if (this.#checks.get(key)?.status !== check.status) touch(check)
    for (const [key, check] of this.#checks) if (!checks.has(key)) touch(check)
    return touched
  }

  async #work(): Promise<never> {
    const { look, signal } = this.#parts
    for (;;) {
      const pending = await this.#pending.next(look.failed)
      const began = performance.now()
      if (await (pending === 'all' ? look.all() : look.some([...pending]))) this.#emit()
      // Where everything changes all the time, Consul has others to serve.
      const took = performance.now() - began
      if (pending === 'all') await sleep(Math.min(LONGEST_REST_MS, took), undefined, { signal })
    }
  }

  /** Roots and the leaf are renewed by Consul, and followed like everything else. */
  async #certificates(mesh: string, ready: () => void): Promise<never> {
    const { consul, catalog, signal } = this.#parts
    let roots: Pick<ConnectCertificates, 'trustDomain' | 'roots'> | null = null
    let leaf: Pick<ConnectCertificates, 'cert' | 'key'> | null = null
    const take = (): void => {
      if (roots === null || leaf === null) return
      catalog.setCertificates({ ...roots, ...leaf })
      ready()
      if (catalog.size > 0) this.#emit()
    }
    const followRoots = async (): Promise<never> => {
      for await (const answer of consul.changes('/v1/connect/ca/roots', signal)) {
        roots = readConnectRoots(answer.json())
        take()
      }
      throw new Error('the list of authorities has ended')
    }
    const followLeaf = async (): Promise<never> => {
      for await (const answer of consul.changes(`/v1/agent/connect/ca/leaf/${encodeURIComponent(mesh)}`, signal)) {
        leaf = readConnectLeaf(answer.json())
        take()
      }
      throw new Error('the certificate has ended')
    }
    return Promise.race([followRoots(), followLeaf()])
  }

  #emit(): void {
    const { sink, catalog } = this.#parts
    sink.emit(() => catalog.derive())
  }
}

/**
 * Starts something that never ends; resolves with it (in a list, as a promise of a promise is none) when it says that it
 * is ready, rejects where it fails before that.
 */
async function followed(start: (ready: () => void) => Promise<never>): Promise<readonly [Promise<never>]> {
  let ready: () => void = () => undefined
  const isReady = new Promise<void>((resolve) => {
    ready = resolve
  })
  const running = start(ready)
  await Promise.race([isReady, running])
  // Who waits for it may still be at something else when it fails.
  running.catch(() => undefined)
  return [running]
}
