import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AccessEnvironment, type AccessSource, readAccess } from './access.ts'
import { ClusterApi } from './cluster-api.ts'
import { Collection, type Selection } from './collection.ts'
import { REFLECTOR_TIMING, Reflector, type ReflectorTiming, type ServerTraits } from './reflector.ts'

export interface ClusterTiming extends ReflectorTiming {
  /** Between two signs of life that are asked for. */
  readonly pulseMs: number
}

export const CLUSTER_TIMING: ClusterTiming = { ...REFLECTOR_TIMING, pulseMs: 4_000 }

const PULSE_LIMIT_MS = 4_000

/** One connection to an API server, until it is lost. */
export interface ClusterLink {
  readonly api: ClusterApi
  /** Aborted when it is lost, and when nobody needs it any more. */
  readonly signal: AbortSignal
}

/**
 * A cluster as this process knows it: one store and one watch a kind for all providers that read it. What it holds
 * stays when the API server is lost, and is followed from there when it is back.
 */
export class Cluster {
  readonly #source: AccessSource
  readonly #environment: AccessEnvironment
  readonly #timing: ClusterTiming
  readonly #collections = new Map<string, Collection>()
  #link: OpenLink | null = null

  constructor(source: AccessSource, environment: AccessEnvironment, timing: ClusterTiming = CLUSTER_TIMING) {
    this.#source = source
    this.#environment = environment
    this.#timing = timing
  }

  /** The same for who asks for the same. */
  collection(selection: Selection): Collection {
    const { resource, namespace, labelSelector } = selection
    const key = JSON.stringify([resource.group, resource.plural, namespace, labelSelector])
    let collection = this.#collections.get(key)
    if (collection === undefined) {
      collection = new Collection(selection)
      this.#collections.set(key, collection)
    }
    return collection
  }

  /**
   * Follows collections, together with all who do so at this time.
   * @param lost called once, when the API server can't be reached or does not know us
   * @returns the link, and how to give it back
   * @throws Error where the access can't be read
   */
  join(
    collections: readonly Collection[],
    lost: (reason: unknown) => void,
  ): { readonly link: ClusterLink; readonly leave: () => void } {
    this.#link ??= new OpenLink(this.#open(), this.#timing, () => {
      this.#link = null
    })
    const link = this.#link
    link.members.add(lost)
    for (const collection of collections) link.follow(collection)
    return {
      link,
      leave: () => {
        link.members.delete(lost)
        if (link.members.size === 0) link.end(new Error('nobody needs it'))
      },
    }
  }

  #open(): ClusterApi {
    return new ClusterApi(readAccess(this.#source, this.#environment))
  }
}

class OpenLink implements ClusterLink {
  readonly api: ClusterApi
  readonly members = new Set<(reason: unknown) => void>()
  readonly #timing: ClusterTiming
  readonly #ended: () => void
  readonly #controller = new AbortController()
  readonly #traits: ServerTraits = { streamsLists: true }
  readonly #followed = new Set<Collection>()
  /** A server that is none is asked once, and not once for each kind. */
  readonly #met: Promise<void>

  /** @param ended called once */
  constructor(api: ClusterApi, timing: ClusterTiming, ended: () => void) {
    this.api = api
    this.#timing = timing
    this.#ended = ended
    // One for each kind that is followed.
    setMaxListeners(0, this.#controller.signal)
    // Who is refused that may be refused everything: that is found out on few connections.
    this.#met = api.meet(this.signal).then((isOpen) => {
      this.#traits.streamsLists = isOpen
    })
    this.#until(this.#met.then(() => this.#pulse()))
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  follow(collection: Collection): void {
    if (this.#followed.has(collection)) return
    this.#followed.add(collection)
    collection.note('unread')
    const reflector = new Reflector(collection, this.api, this.#traits, this.#timing, this.signal)
    this.#until(this.#met.then(() => reflector.follow()))
  }

  end(reason: unknown): void {
    if (this.signal.aborted) return
    this.#ended()
    this.#controller.abort(reason)
    this.api.close()
    for (const member of this.members) member(reason)
    this.members.clear()
  }

  #until(task: Promise<never>): void {
    task.catch((error: unknown) => this.end(error))
  }

  /** A server, or a way to it, that stalls says nothing else. Twice no answer is no mishap. */
  async #pulse(): Promise<never> {
    for (let isMissed = false; ; ) {
      if (!isMissed) await sleep(this.#timing.pulseMs, undefined, { signal: this.signal, ref: false })
      try {
        await this.api.ping(this.signal, PULSE_LIMIT_MS)
        isMissed = false
      } catch (error) {
        if (isMissed) throw error
        isMissed = true
      }
    }
  }
}
