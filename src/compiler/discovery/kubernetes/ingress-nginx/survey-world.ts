import { isSame } from '../../../../plan/same.ts'
import type { EndpointSlice, KubernetesObject } from '../objects.ts'
import type { Kind, ObjectOf, World } from '../world.ts'
import { CLAIM, type Claim } from './claim.ts'
import { type Canary, type HostSurvey, ingressKey, type Survey } from './survey.ts'

/** Kinds of what the survey has found, beside those of the cluster. */
const HOST = 'HostSurvey'
const ALIAS = 'ServerAlias'
const CANARY = 'Canary'

interface Found<T> extends KubernetesObject {
  /** Null: there is none. */
  readonly found: T | null
}

/**
 * A world in which what Ingresses say of one another are objects too, each the same object for as long as it says the
 * same: what is made of an Ingress hangs on those that it asked for, and on no other Ingress.
 */
export class SurveyWorld implements World {
  #world: World | null = null
  #survey: Survey | null = null
  #claims: ReadonlyMap<string, Claim> = new Map()
  #before = new Map<string, KubernetesObject>()
  #asked = new Map<string, KubernetesObject>()
  /** Another one each time: which of them are as before is not known before they are asked for. */
  #list: readonly KubernetesObject[] = []

  /** Begins a derivation; what was not asked for in the one before is forgotten. */
  look(world: World, claims: readonly Claim[], survey: Survey): void {
    this.#world = world
    this.#claims = new Map(claims.map((claim) => [ingressKey(claim.ingress), claim]))
    this.#survey = survey
    this.#before = this.#asked
    this.#asked = new Map()
    this.#list = []
  }

  list<K extends Kind>(kind: K): readonly ObjectOf<K>[] {
    return isOurs(kind) ? (this.#list as readonly ObjectOf<K>[]) : this.#world!.list(kind)
  }

  get<K extends Kind>(kind: K, namespace: string, name: string): ObjectOf<K> | null {
    if (!isOurs(kind)) return this.#world!.get(kind, namespace, name)
    if (kind === CLAIM) return (this.#claims.get(`${namespace}/${name}`) ?? null) as ObjectOf<K> | null
    const id = `${kind} ${name}`
    let object = this.#asked.get(id)
    if (object === undefined) {
      const found = this.#found(kind, name)
      const made: Found<unknown> = { apiVersion: '', kind, metadata: { name }, found }
      const before = this.#before.get(id)
      object = before !== undefined && isSame(before, made) ? before : made
      this.#asked.set(id, object)
    }
    return object as ObjectOf<K>
  }

  #found(kind: Kind, name: string): unknown {
    const survey = this.#survey!
    const map = kind === HOST ? survey.hosts : kind === ALIAS ? survey.aliases : survey.canaries
    const found = map.get(name) ?? null
    return typeof found === 'object' && found !== null ? { ...found } : found
  }

  slicesOf(namespace: string, service: string): readonly EndpointSlice[] {
    return this.#world!.slicesOf(namespace, service)
  }
}

const isOurs = (kind: Kind): boolean => kind === CLAIM || kind === HOST || kind === ALIAS || kind === CANARY

const foundIn = <T>(world: World, kind: string, name: string): T | null =>
  (world.get(kind, '', name) as Found<T> | null)?.found ?? null

/** What is known of a host; null: no Ingress names it. */
export const hostIn = (world: World, host: string): HostSurvey | null => foundIn(world, HOST, host)
/** Whose an alias is: `namespace/name`. */
export const aliasOwnerIn = (world: World, alias: string): string | null => foundIn(world, ALIAS, alias)
/** Who shares the requests of a backend. @param key as `backendKey` makes it */
export const canaryIn = (world: World, key: string): Canary | null => foundIn(world, CANARY, key)
