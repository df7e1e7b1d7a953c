import { isSame } from '../../../../plan/same.ts'
import type { HttpService } from '../../../dynamic/http.ts'
import type { Finding, Hint } from '../findings.ts'
import { NotedWorld } from '../noted-world.ts'
import type { EndpointSlice, KubernetesObject } from '../objects.ts'
import { Unusable } from '../servers.ts'
import type { Kind, ObjectOf, World } from '../world.ts'
import type { IngressOptions } from './options.ts'
import { type BackendService, backendService } from './services.ts'

const BACKEND = 'Backend'

/** Whether a backend can be used: the same object for as long as that stays as it is. */
export interface Verdict extends KubernetesObject {
  /** Why it can't; its field begins below that of the backend. */
  readonly failure: { readonly message: string; readonly field: string; readonly hint: Hint | null } | null
  /** What is found about the Service. */
  readonly told: readonly Finding[]
}

interface Kept {
  readonly read: NotedWorld
  readonly verdict: Verdict
  /** Null: it can't be used. */
  readonly service: HttpService | null
}

/**
 * A world in which backends of Ingresses are objects too. Each is worked out once, however many Ingresses name it, and
 * servers that come and go behind it concern none of them.
 */
export class BackendWorld implements World {
  readonly #options: IngressOptions
  #world: World | null = null
  #isAsBefore: (kind: Kind) => boolean = () => false
  #before = new Map<string, Kept>()
  #asked = new Map<string, Kept>()
  /** Another one each time: which of them are as before is not known before they are asked for. */
  #list: readonly KubernetesObject[] = []

  constructor(options: IngressOptions) {
    this.#options = options
  }

  /**
   * Begins a derivation; what was not asked for in the one before is forgotten.
   * @param isAsBefore whether all objects of a kind are known to be what they were in it
   */
  look(world: World, isAsBefore: (kind: Kind) => boolean): void {
    this.#world = world
    this.#isAsBefore = isAsBefore
    this.#before = this.#asked
    this.#asked = new Map()
    this.#list = []
  }

  list<K extends Kind>(kind: K): readonly ObjectOf<K>[] {
    return kind === BACKEND ? (this.#list as readonly ObjectOf<K>[]) : this.#world!.list(kind)
  }

  get<K extends Kind>(kind: K, namespace: string, name: string): ObjectOf<K> | null {
    if (kind !== BACKEND) return this.#world!.get(kind, namespace, name)
    return this.#keptOf(namespace, name).verdict as KubernetesObject as ObjectOf<K>
  }

  slicesOf(namespace: string, service: string): readonly EndpointSlice[] {
    return this.#world!.slicesOf(namespace, service)
  }

  /** The service of a backend, null: it can't be used. @param key as `keyOf` makes it */
  serviceOf(namespace: string, key: string): HttpService | null {
    return this.#keptOf(namespace, key).service
  }

  #keptOf(namespace: string, key: string): Kept {
    const id = `${namespace}/${key}`
    let kept = this.#asked.get(id)
    if (kept === undefined) {
      const before = this.#before.get(id)
      const isGood = before?.read.readsTheSameIn(this.#world!, this.#isAsBefore)
      kept = isGood === true ? before! : this.#make(namespace, key, before)
      this.#asked.set(id, kept)
    }
    return kept
  }

  #make(namespace: string, key: string, before: Kept | undefined): Kept {
    const read = new NotedWorld(this.#world!)
    const told: Finding[] = []
    let service: HttpService | null = null
    let failure: Verdict['failure'] = null
    try {
      service = backendService(read, namespace, JSON.parse(key) as BackendService, this.#options, told)
    } catch (error) {
      if (!(error instanceof Unusable)) throw error
      failure = { message: error.message, field: error.field, hint: error.hint }
    }
    const verdict = { apiVersion: '', kind: BACKEND, metadata: { namespace, name: key }, failure, told }
    return {
      read,
      verdict: before !== undefined && isSame(before.verdict, verdict) ? before.verdict : verdict,
      service: before !== undefined && isSame(before.service, service) ? before.service : service,
    }
  }
}

/** What a backend is called in such a world. */
export const keyOf = ({ name, port }: BackendService): string =>
  JSON.stringify({ name, port: { name: port.name, number: port.number } })

/**
 * Throws `Unusable` for a backend that can't be used.
 * @param world notes that this was asked
 * @param field of the backend
 * @param told takes what is found about its Service
 */
export function checkBackend(world: World, namespace: string, key: string, field: string, told: Finding[]): void {
  const { failure, told: found } = world.get(BACKEND, namespace, key) as Verdict
  told.push(...found)
  if (failure !== null) throw new Unusable(failure.message, field + failure.field, failure.hint)
}
