import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Derived } from '../../../../src/compiler/discovery/derived.ts'
import type { DerivedWithStatus } from '../../../../src/compiler/discovery/kubernetes/status.ts'
import type { World } from '../../../../src/compiler/discovery/kubernetes/world.ts'
import { inTurns } from '../../../../src/http/in-turns.ts'
import type { Steps } from '../../../../src/http/steps.ts'
import type { ConfigProblem } from '../../../../src/plan/problem.ts'
import { durationMs } from '../../../../src/schema/duration.ts'
import { type Provider, ProviderRefused, type ProviderSink } from '../provider.ts'
import type { ProviderContext } from '../registry.ts'
import type { AccessOptions } from './access.ts'
import { Alarm } from './alarm.ts'
import type { Cluster, ClusterLink } from './cluster.ts'
import { clusterFor } from './clusters.ts'
import type { Collection, Selection } from './collection.ts'
import { NamedSecrets } from './named-secrets.ts'
import { Pace } from './pace.ts'
import { type Resource, SECRETS } from './resources.ts'
import { collectionProblem } from './rights.ts'
import { StatusWriter, type WritePace } from './status-writer.ts'
import { SteadyWorld } from './steady-world.ts'

/** Options that every provider of Kubernetes has. */
export interface KubernetesOptions extends AccessOptions {
  readonly namespaces?: readonly string[] | undefined
  readonly labelSelector?: string | undefined
  readonly throttleDuration?: string | undefined
  readonly secretsByName?: boolean | undefined
}

/** What a provider reads, and what it makes of it. */
export interface KubernetesDerivation {
  /** Kinds that the option `labelSelector` is about. */
  readonly selected: readonly Resource[]
  readonly others: readonly Resource[]
  /** Kinds whose status it may write; absent: those that are selected. */
  readonly written?: readonly Resource[]
  /** How fast that may be; absent: as fast as the server takes it. */
  readonly pace?: WritePace
  /** Called again and again with the same world, which stays as it is until all steps are done. */
  readonly derive: (world: World) => Steps<DerivedHere>
}

type DerivedHere = Derived & Partial<DerivedWithStatus>

/** What Helm keeps of its releases is large and of no use here. */
const NOT_OF_HELM = 'owner!=helm'

/** It is looked again then, whatever was told. */
const LONGEST_READ_MS = 60_000

/** A provider that derives its configuration from the objects of a cluster. */
export class KubernetesProvider implements Provider {
  readonly name: string
  readonly #cluster: Cluster
  readonly #collections: readonly Collection[]
  readonly #derive: KubernetesDerivation['derive']
  readonly #world = new SteadyWorld()
  readonly #secrets: NamedSecrets | null
  readonly #throttleMs: number
  readonly #statuses: StatusWriter
  #changed: (isUrgent: boolean) => void = () => undefined

  /** @throws Error where the options name no API server */
  constructor(name: string, options: KubernetesOptions, context: ProviderContext, derivation: KubernetesDerivation) {
    const { namespaces = [], labelSelector = '', secretsByName = false } = options
    this.name = name
    this.#throttleMs = durationMs(options.throttleDuration ?? '0s')
    this.#derive = derivation.derive
    this.#statuses = new StatusWriter(
      derivation.written ?? derivation.selected,
      () => this.#changed(false),
      derivation.pace,
    )
    this.#cluster = clusterFor(context, options)
    this.#secrets = secretsByName ? new NamedSecrets(this.#world.objects, namespaces, () => this.#changed(false)) : null
    const others = derivation.others.filter((resource) => !secretsByName || resource !== SECRETS)
    const selections = [
      ...derivation.selected.flatMap((resource) => selectionsOf(resource, namespaces, labelSelector)),
      ...others.flatMap((resource) => selectionsOf(resource, namespaces, resource === SECRETS ? NOT_OF_HELM : '')),
    ]
    this.#collections = selections.map((selection) => this.#cluster.collection(selection))
    for (const collection of this.#collections) {
      collection.listen({
        set: (object) => this.#world.set(object),
        delete: (object) => this.#world.delete(object),
        changed: (isUrgent) => this.#changed(isUrgent),
      })
    }
  }

  async run(sink: ProviderSink, signal: AbortSignal): Promise<void> {
    // The link to the cluster may go on for others.
    const life = new AbortController()
    const end = (reason: unknown): void => life.abort(reason)
    const stop = (): void => end(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    const pace = new Pace(this.#throttleMs, (isUrgent) => this.#emit(sink, isUrgent))
    let leave: () => void = () => undefined
    try {
      signal.throwIfAborted()
      const joined = this.#cluster.join(this.#collections, end)
      leave = joined.leave
      const link: ClusterLink = { api: joined.link.api, signal: life.signal }
      await this.#read(end, link)
      sink.connected(link.api.peer)
      this.#changed = (isUrgent) => {
        if (!this.#isLost(end)) pace.changed(isUrgent)
      }
      pace.flush()
      await Promise.all([this.#statuses.follow(link), this.#secrets?.follow(link.api, link.signal)])
    } catch (error) {
      // What fails because of the loss tells less than the loss itself.
      if (!signal.aborted) throw life.signal.aborted ? life.signal.reason : error
    } finally {
      this.#changed = () => undefined
      signal.removeEventListener('abort', stop)
      pace.stop()
      end(new Error('the run has ended'))
      leave()
    }
  }

  /** Resolves when everything was read that can be; rejects when the link's signal says so. */
  async #read(end: (reason: unknown) => void, { api, signal }: ClusterLink): Promise<void> {
    const alarm = new Alarm()
    this.#changed = () => {
      if (!this.#isLost(end)) alarm.ring()
    }
    this.#changed(false)
    while (!this.#isRead()) await alarm.wait(LONGEST_READ_MS, signal)
    signal.throwIfAborted()
    if (this.#secrets === null) return
    // Certificates are there with the first configuration.
    await this.#deriveInTurns()
    await this.#secrets.readDue(api, signal)
  }

  #isLost(end: (reason: unknown) => void): boolean {
    const failure = this.#failure()
    if (failure !== null) end(failure)
    return failure !== null
  }

  /** Everything was read that can be. */
  #isRead(): boolean {
    return this.#collections.every(({ status, wasRead }) => status !== 'unread' && (status !== 'failing' || wasRead))
  }

  /** What makes going on useless; null: nothing. */
  #failure(): Error | null {
    const failing = this.#collections.find(({ status, wasRead }) => status === 'failing' && !wasRead)
    if (failing !== undefined) return new Error(failing.error)
    if (this.#collections.some(({ status }) => status === 'live' || status === 'unread')) return null
    const refused = this.#collections.find(({ status }) => status === 'forbidden')
    const ill = this.#collections.find(({ status }) => status === 'failing')
    return ill === undefined && refused !== undefined
      ? new ProviderRefused(refused.error)
      : new Error((ill ?? this.#collections[0]!).error)
  }

  #emit(sink: ProviderSink, isUrgent: boolean): void {
    sink.emit(() => this.#derived(), isUrgent)
  }

  async #derived(): Promise<Derived> {
    const secrets = this.#secrets
    const derived = await this.#deriveInTurns()
    this.#statuses.want(derived.statuses ?? [])
    return {
      config: derived.config,
      problems: [...this.#problems(), ...(secrets?.problems ?? []), ...this.#statuses.problems, ...derived.problems],
    }
  }

  /** Traffic has its turns in between. */
  #deriveInTurns(): Promise<DerivedHere> {
    const secrets = this.#secrets
    const derive = (world: World) => inTurns(this.#derive(world), () => performance.now(), nextTurn)
    return this.#world.still((objects) => (secrets === null ? derive(objects) : secrets.noting(() => derive(secrets))))
  }

  #problems(): readonly ConfigProblem[] {
    return this.#collections.flatMap((collection) => collectionProblem(collection) ?? [])
  }
}

const selectionsOf = (
  resource: Resource,
  namespaces: readonly string[],
  labelSelector: string,
): readonly Selection[] => {
  const chosen = !resource.isNamespaced || namespaces.length === 0 ? [''] : [...new Set(namespaces)]
  return chosen.map((namespace) => ({ resource, namespace, labelSelector }))
}
