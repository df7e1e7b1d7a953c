import { itemProblem } from '../../../../src/compiler/discovery/item.ts'
import type { EndpointSlice, KubernetesObject } from '../../../../src/compiler/discovery/kubernetes/objects.ts'
import type { Kind, ObjectOf, World } from '../../../../src/compiler/discovery/kubernetes/world.ts'
import type { ConfigProblem } from '../../../../src/plan/problem.ts'
import { Alarm } from './alarm.ts'
import { type ClusterApi, statusOf } from './cluster-api.ts'
import { pathOf, SECRETS } from './resources.ts'
import { ruleFor } from './rights.ts'
import { objectOf } from './watch-reading.ts'

/** How often each Secret is looked at. */
const EVERY_MS = 30_000
/** So many are asked for at once. */
const AT_ONCE = 8

interface Known {
  /** Null: there is none, or nobody may read it. */
  readonly object: KubernetesObject | null
  readonly askedAt: number
  readonly problem: ConfigProblem | null
}

/**
 * A world in which Secrets are read by their names, as they are asked for, so that nobody needs the right to list all
 * of a cluster. What was not asked for in the last derivation is forgotten.
 */
export class NamedSecrets implements World {
  readonly #world: World
  readonly #namespaces: readonly string[]
  readonly #changed: () => void
  readonly #known = new Map<string, Known>()
  #wanted = new Map<string, { readonly namespace: string; readonly name: string }>()
  readonly #alarm = new Alarm()

  /** @param namespaces that may be read; empty: all  @param changed a Secret is there, or another one */
  constructor(world: World, namespaces: readonly string[], changed: () => void) {
    this.#world = world
    this.#namespaces = namespaces
    this.#changed = changed
  }

  /** Of Secrets a new list each time: derivations that remember ask for each of them again, and so it is known who is wanted. */
  list<K extends Kind>(kind: K): readonly ObjectOf<K>[] {
    if (kind !== 'Secret') return this.#world.list(kind)
    const known = [...this.#known.values()].flatMap(({ object }) => (object === null ? [] : [object]))
    return known as readonly unknown[] as readonly ObjectOf<K>[]
  }

  get<K extends Kind>(kind: K, namespace: string, name: string): ObjectOf<K> | null {
    if (kind !== 'Secret') return this.#world.get(kind, namespace, name)
    if (this.#namespaces.length > 0 && !this.#namespaces.includes(namespace)) return null
    const key = `${namespace}/${name}`
    this.#wanted.set(key, { namespace, name })
    return (this.#known.get(key)?.object ?? null) as ObjectOf<K> | null
  }

  slicesOf(namespace: string, service: string): readonly EndpointSlice[] {
    return this.#world.slicesOf(namespace, service)
  }

  get problems(): readonly ConfigProblem[] {
    return [...this.#known.values()].flatMap(({ problem }) => (problem === null ? [] : [problem]))
  }

  /** Derives, and notes what is asked for. */
  async noting<T>(derive: () => Promise<T>): Promise<T> {
    this.#wanted = new Map()
    const derived = await derive()
    for (const key of this.#known.keys()) if (!this.#wanted.has(key)) this.#known.delete(key)
    this.#alarm.ring()
    return derived
  }

  /** Asks for what is wanted and was not asked for in time. @returns whether anything is different */
  async readDue(api: ClusterApi, signal: AbortSignal): Promise<boolean> {
    const now = performance.now()
    const due = [...this.#wanted].filter(([key]) => now - (this.#known.get(key)?.askedAt ?? -EVERY_MS) >= EVERY_MS)
    let changed = false
    const next = async (): Promise<void> => {
      for (let task = due.pop(); task !== undefined; task = due.pop()) {
        const [key, { namespace, name }] = task
        const before = this.#known.get(key)
        const after = await this.#read(api, signal, namespace, name, before)
        this.#known.set(key, after)
        changed = changed || before?.object !== after.object || before?.problem?.message !== after.problem?.message
      }
    }
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, due.length) }, next))
    return changed
  }

  /** Reads them again and again; rejects when the API server is lost. */
  async follow(api: ClusterApi, signal: AbortSignal): Promise<never> {
    for (;;) {
      if (await this.readDue(api, signal)) this.#changed()
      await this.#alarm.wait(EVERY_MS / 4, signal)
    }
  }

  async #read(
    api: ClusterApi,
    signal: AbortSignal,
    namespace: string,
    name: string,
    before: Known | undefined,
  ): Promise<Known> {
    const askedAt = performance.now()
    const kept = before?.object ?? null
    try {
      const answer = await api.get(`${pathOf(SECRETS, namespace)}/${encodeURIComponent(name)}`, signal)
      const object = objectOf(answer.json())
      const isSame = kept?.metadata.resourceVersion === object.metadata.resourceVersion
      return { object: isSame ? kept : object, askedAt, problem: null }
    } catch (error) {
      const status = statusOf(error)
      if (status === 404) return { object: null, askedAt, problem: null }
      if (status === null || status === 401) throw error
      const hint =
        status === 403
          ? ruleFor({ resource: SECRETS, namespace, verbs: ['get'], names: [name] })
          : 'it is asked for again'
      const problem = itemProblem('error', `Secret ${namespace}/${name}`, (error as Error).message, { hint })
      return { object: kept, askedAt, problem }
    }
  }
}
