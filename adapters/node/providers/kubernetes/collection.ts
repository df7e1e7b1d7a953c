import type { EndpointSlice, KubernetesObject } from '../../../../src/compiler/discovery/kubernetes/objects.ts'
import { isServing } from '../../../../src/compiler/discovery/kubernetes/servers.ts'
import { isSame } from '../../../../src/plan/same.ts'
import { apiVersionOf, type Resource } from './resources.ts'

/** Which objects of a kind are followed. */
export interface Selection {
  readonly resource: Resource
  /** Empty: those of all namespaces, or of the cluster. */
  readonly namespace: string
  /** As the API server takes it; empty: all. */
  readonly labelSelector: string
}

/**
 * How things stand with objects.
 * - `unread`: nothing was heard of them since the connection
 * - `live`: they are followed
 * - `forbidden`: nobody may read them
 * - `absent`: the API server does not know the kind
 * - `failing`: they can't be read
 */
export type CollectionStatus = 'unread' | 'live' | 'forbidden' | 'absent' | 'failing'

export interface CollectionListener {
  set(object: KubernetesObject): void
  delete(object: KubernetesObject): void
  /** What was told, or how things stand, is different. @param isUrgent a server is about to go */
  changed(isUrgent: boolean): void
}

/**
 * The objects of one kind that are followed, in the order of nothing. They stay while nobody can read them, and an
 * object of which nothing changed is the same JavaScript object.
 */
export class Collection {
  readonly selection: Selection
  readonly #objects = new Map<string, KubernetesObject>()
  readonly #listeners: CollectionListener[] = []
  #status: CollectionStatus = 'unread'
  #error = ''
  /** They were read, at some time. */
  wasRead = false
  /** From where changes are followed; empty: they are to be listed. */
  resourceVersion = ''

  constructor(selection: Selection) {
    this.selection = selection
  }

  get status(): CollectionStatus {
    return this.#status
  }

  /** Why they can't be read; empty: they can. */
  get error(): string {
    return this.#error
  }

  get size(): number {
    return this.#objects.size
  }

  /** For as long as the collection is there. */
  listen(listener: CollectionListener): void {
    this.#listeners.push(listener)
    for (const object of this.#objects.values()) listener.set(object)
  }

  note(status: CollectionStatus, error = ''): void {
    const isNew = status !== this.#status || error !== this.#error
    this.#status = status
    this.#error = error
    if (status === 'live') this.wasRead = true
    if (isNew) this.#changed(false)
  }

  /** Takes over an object as the API server gave it. */
  set(raw: KubernetesObject): void {
    const object = cleaned(raw, this.selection.resource)
    const before = this.#objects.get(keyOf(object))
    if (this.#put(object)) this.#changed(before !== undefined && losesServers(before, object))
  }

  delete(object: KubernetesObject): void {
    const before = this.#objects.get(keyOf(object))
    if (before === undefined) return
    this.#drop(before)
    this.#changed(losesServers(before, null))
  }

  /** Takes over all objects that there are. */
  replace(all: readonly KubernetesObject[]): void {
    const next = new Set<string>()
    let isChanged = false
    for (const raw of all) {
      const object = cleaned(raw, this.selection.resource)
      next.add(keyOf(object))
      isChanged = this.#put(object) || isChanged
    }
    for (const [key, object] of this.#objects) {
      if (next.has(key)) continue
      this.#drop(object)
      isChanged = true
    }
    if (isChanged) this.#changed(false)
  }

  #put(object: KubernetesObject): boolean {
    const key = keyOf(object)
    const before = this.#objects.get(key)
    if (before !== undefined && isEqual(before, object)) return false
    this.#objects.set(key, object)
    for (const listener of this.#listeners) listener.set(object)
    return true
  }

  #drop(object: KubernetesObject): void {
    this.#objects.delete(keyOf(object))
    for (const listener of this.#listeners) listener.delete(object)
  }

  #changed(isUrgent: boolean): void {
    for (const listener of this.#listeners) listener.changed(isUrgent)
  }
}

const keyOf = ({ metadata: { namespace = '', name } }: KubernetesObject): string => `${namespace}/${name}`

/** Whole objects as somebody applied them: twice the memory, and nobody reads them. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/** Without what nobody reads; items of lists do not tell their kind. */
function cleaned(raw: KubernetesObject, resource: Resource): KubernetesObject {
  const {
    managedFields: _,
    annotations,
    ...metadata
  } = raw.metadata as KubernetesObject['metadata'] & {
    readonly managedFields?: unknown
  }
  const { [LAST_APPLIED]: __, ...kept } = annotations ?? {}
  const object = {
    ...raw,
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata: { ...metadata, ...(annotations === undefined ? {} : { annotations: kept }) },
  }
  // A machine says every few minutes that it is there, with a list of all images that it holds.
  if (resource.kind !== 'Node') return object
  const { addresses } = (raw.status ?? {}) as { readonly addresses?: unknown }
  const { name, uid, labels } = object.metadata
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: { name, ...(uid === undefined ? {} : { uid }), ...(labels === undefined ? {} : { labels }) },
    status: { addresses },
  }
}

/** A version stands for all that is in an object; where there is none its content is compared. */
function isEqual(before: KubernetesObject, after: KubernetesObject): boolean {
  const { uid, resourceVersion } = before.metadata
  if (resourceVersion === undefined) return isSame(before, after)
  return uid === after.metadata.uid && resourceVersion === after.metadata.resourceVersion
}

/** Whether an address that took requests no longer does. */
function losesServers(before: KubernetesObject, after: KubernetesObject | null): boolean {
  if (before.kind !== 'EndpointSlice') return false
  const left = new Set(after === null ? [] : serving(after))
  return serving(before).some((address) => !left.has(address))
}

const serving = ({ endpoints }: EndpointSlice): readonly string[] =>
  (endpoints ?? []).flatMap((endpoint) =>
    isServing(endpoint) && endpoint.conditions?.terminating !== true ? (endpoint.addresses ?? []) : [],
  )
