import { setImmediate as nextTurn } from 'node:timers/promises'
import type { OnConflict } from '../../../../src/compiler/discovery/definitions.ts'
import type { Derived } from '../../../../src/compiler/discovery/derived.ts'
import type { Container } from '../../../../src/compiler/discovery/docker/container.ts'
import {
  type DockerDerivation,
  dockerPart,
  type ReadOwnLabels,
} from '../../../../src/compiler/discovery/docker/part.ts'
import { ItemSet } from '../../../../src/compiler/discovery/item-set.ts'
import { isSame } from '../../../../src/plan/same.ts'

interface Known {
  readonly container: Container
  readonly isLeaving: boolean
}

/** What depends on where the proxy runs, and is found out at each connect. */
export type Surroundings = Pick<DockerDerivation, 'hostAddress' | 'ownNetworks'>

/** What depends on the options alone. */
export type FixedDerivation = Omit<DockerDerivation, keyof Surroundings>

/** What is special about containers, and about tasks of a swarm. */
export interface ContainerKind {
  /** What they are called in messages. */
  readonly subject: string
  readonly readOwn: ReadOwnLabels
}

/** Computing goes on for so long before others have a turn. */
const SLICE_MS = 8

/** The containers of an engine, and what each of them brings; only what changed is worked out again. */
export class Containers {
  readonly #derivation: FixedDerivation
  readonly #known = new Map<string, Known>()
  /** By the container whose network they are on. */
  readonly #dependants = new Map<string, Set<string>>()
  readonly #items: ItemSet
  readonly #kind: ContainerKind
  #surroundings: Surroundings = { hostAddress: '127.0.0.1', ownNetworks: new Set() }

  constructor(derivation: FixedDerivation, onConflict: OnConflict, kind: ContainerKind) {
    this.#derivation = derivation
    this.#items = new ItemSet(onConflict)
    this.#kind = kind
  }

  get size(): number {
    return this.#known.size
  }

  has(id: string): boolean {
    return this.#known.has(id)
  }

  get(id: string): Container | null {
    return this.#known.get(id)?.container ?? null
  }

  ids(): readonly string[] {
    return [...this.#known.keys()]
  }

  /** Whether its elements are in use. */
  serves(id: string): boolean {
    const part = this.#items.get(id)
    return part !== null && part.config !== null && this.#known.get(id)?.isLeaving !== true
  }

  /** Works everything out again where the surroundings are others. */
  async place(surroundings: Surroundings): Promise<void> {
    if (
      surroundings.hostAddress === this.#surroundings.hostAddress &&
      isSame([...surroundings.ownNetworks], [...this.#surroundings.ownNetworks])
    ) {
      return
    }
    this.#surroundings = surroundings
    await this.#eachInSlices([...this.#known.keys()], (id) => this.#derivePart(id))
  }

  /** @returns whether anything about it is different */
  set(container: Container, isLeaving = false): boolean {
    const known = this.#known.get(container.id)
    if (
      known !== undefined &&
      known.isLeaving === isLeaving &&
      isSame(comparable(known.container), comparable(container))
    ) {
      return false
    }
    if (known !== undefined) this.#depend(known.container, false)
    this.#depend(container, true)
    this.#known.set(container.id, { container, isLeaving })
    this.#derivePart(container.id)
    this.#deriveDependants(container.id)
    return true
  }

  /** It was told to stop: no new requests for it. @returns whether that changes anything */
  fence(id: string): boolean {
    const known = this.#known.get(id)
    if (known === undefined || known.isLeaving || !this.serves(id)) return false
    return this.set(known.container, true)
  }

  delete(id: string): boolean {
    const known = this.#known.get(id)
    if (known === undefined) return false
    this.#known.delete(id)
    this.#depend(known.container, false)
    this.#items.delete(id)
    this.#deriveDependants(id)
    return true
  }

  /**
   * Takes over what a list of all containers says.
   * @param newer of these more is known than the list says
   * @returns how many differ
   */
  async replace(containers: readonly Container[], newer: ReadonlySet<string> = new Set()): Promise<number> {
    const present = new Set(containers.map(({ id }) => id))
    let changed = 0
    for (const id of this.#known.keys()) if (!present.has(id) && !newer.has(id) && this.delete(id)) changed++
    await this.#eachInSlices(containers, (container) => {
      if (newer.has(container.id)) return
      if (this.set(container, this.#known.get(container.id)?.isLeaving)) changed++
    })
    return changed
  }

  derive(): Derived {
    return this.#items.derive()
  }

  #derivePart(id: string): void {
    const { container, isLeaving } = this.#known.get(id)!
    const connected = connectedTo(container)
    const part = dockerPart(
      container,
      this.#kind.subject,
      { ...this.#derivation, ...this.#surroundings },
      this.#kind.readOwn,
      connected === null ? null : (this.#known.get(connected)?.container ?? null),
      isLeaving,
    )
    this.#items.set(id, part)
  }

  #deriveDependants(id: string): void {
    for (const other of this.#dependants.get(id) ?? []) if (this.#known.has(other)) this.#derivePart(other)
  }

  #depend(container: Container, isThere: boolean): void {
    const owner = connectedTo(container)
    if (owner === null || owner === container.id) return
    const dependants = this.#dependants.get(owner) ?? new Set()
    if (isThere) dependants.add(container.id)
    else dependants.delete(container.id)
    if (dependants.size === 0) this.#dependants.delete(owner)
    else this.#dependants.set(owner, dependants)
  }

  async #eachInSlices<T>(items: readonly T[], work: (item: T) => void): Promise<void> {
    let began = performance.now()
    for (const item of items) {
      work(item)
      if (performance.now() - began < SLICE_MS) continue
      await nextTurn()
      began = performance.now()
    }
  }
}

/** Id of the container whose network it is on, or null. */
const connectedTo = ({ networkMode }: Container): string | null =>
  networkMode.startsWith('container:') ? networkMode.slice('container:'.length) : null

/** Without what one of the two ways to read a container does not tell. */
const comparable = ({ networks, stopSignal: _, createdAt, ...container }: Container) => ({
  ...container,
  networks: networks === null ? null : [...networks],
  createdAt: Math.floor(createdAt / 1000),
})
