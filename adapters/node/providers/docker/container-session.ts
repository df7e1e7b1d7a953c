import { setTimeout as sleep } from 'node:timers/promises'
import type { Derived } from '../../../../src/compiler/discovery/derived.ts'
import { type Container, readListed } from '../../../../src/compiler/discovery/docker/container.ts'
import { itemProblem } from '../../../../src/compiler/discovery/item.ts'
import type { ConfigProblem } from '../../../../src/plan/problem.ts'
import { elementsOf } from '../api-client/json-array.ts'
import type { Containers } from './containers.ts'
import type { Engine } from './engine.ts'
import type { EngineLink } from './engine-provider.ts'
import { CONTAINER_EVENTS, isEnding, readEvent } from './events.ts'
import { findSurroundings, inspectContainer } from './surroundings.ts'

/** How often everything is looked at again, whatever the events said. */
const FULL_LOOK_MS = 10 * 60_000
/** Who was told to stop and still runs after this is a server again. */
const PROOF_MS = 10_000
/** So many containers are asked for at once. */
const AT_ONCE = 16
/** A look that would take away more than half of more than so many containers is not believed at first. */
const MANY = 20
const DOUBT_MS = 1_000

/** What came of the events since it was last looked: by id, whether the container may still be there. */
type Pending = Map<string, 'look' | 'gone'>

/** One connection to an engine whose containers are followed, until it is lost. */
export class ContainerSession {
  readonly #engine: Engine
  readonly #containers: Containers
  readonly #link: EngineLink
  readonly #signal: AbortSignal
  readonly #pending: Pending = new Map()
  #wake: () => void = () => undefined
  /** What was read by itself while a full look was under way: that is newer than the list. */
  #newer = new Set<string>()
  /** What a full look found that no event had told; it is said until the next one. */
  #missed = 0

  constructor(link: EngineLink, containers: Containers) {
    this.#engine = link.engine
    this.#signal = link.signal
    this.#link = link
    this.#containers = containers
  }

  /** Rejects when the engine is lost. */
  async follow(isWatching: boolean): Promise<void> {
    if (!isWatching) {
      await this.#look()
      this.#link.sink.connected(this.#engine.client.peer)
      this.#emit(false)
      await new Promise((_, reject) => this.#signal.addEventListener('abort', () => reject(this.#signal.reason)))
    }
    // Events first: what happens while the list is read is not lost.
    let events: Promise<never> | null = null
    const opened = new Promise<void>((resolve) => {
      events = this.#readEvents(resolve)
    })
    await Promise.race([opened, events])
    const looked = this.#look().then(() => {
      this.#link.sink.connected(this.#engine.client.peer)
      this.#emit(false)
    })
    await Promise.race([looked, events])
    await Promise.race([events, this.#link.pulse(), this.#work(), this.#lookAgain()])
  }

  async #readEvents(onOpen: () => void): Promise<never> {
    const { client, prefix } = this.#engine
    const query = { filters: CONTAINER_EVENTS }
    for await (const line of client.lines(`${prefix}/events`, { signal: this.#signal, query }, onOpen)) {
      if (line === '') continue
      const event = readEvent(line)
      if (event !== null) this.#take(event)
    }
    throw new Error('the stream of events has ended')
  }

  #take(event: NonNullable<ReturnType<typeof readEvent>>): void {
    const { id } = event
    if (event.kind === 'signalled') {
      const stopSignal = this.#containers.get(id)?.stopSignal ?? ''
      if (isEnding(event.signal, stopSignal)) this.#fence(id)
      // The list does not tell what stops it.
      else if (this.#containers.has(id) && stopSignal === '') void this.#fenceIfEnding(id, event.signal)
      return
    }
    // It is no server any more: nobody waits for the throttle, nor for its page.
    if (event.kind === 'ended' && this.#containers.fence(id)) this.#emit(true)
    this.#pending.set(id, event.kind === 'gone' ? 'gone' : 'look')
    this.#wake()
  }

  #fence(id: string): void {
    if (!this.#containers.fence(id)) return
    this.#emit(true)
    void this.#proof(id)
  }

  async #fenceIfEnding(id: string, signal: string): Promise<void> {
    try {
      const container = await inspectContainer(this.#engine, id, this.#signal)
      if (container !== null && isEnding(signal, container.stopSignal)) this.#fence(id)
    } catch {
      // Who reads the events finds the same engine lost.
    }
  }

  /** Looks later whether it is still there: then it did not stop. */
  async #proof(id: string): Promise<void> {
    try {
      await sleep(PROOF_MS, undefined, { signal: this.#signal, ref: false })
    } catch {
      // The connection has ended, and the next one looks at everything.
      return
    }
    this.#pending.set(id, 'look')
    this.#wake()
  }

  /** Does what events ask for, again and again. */
  async #work(): Promise<never> {
    for (;;) {
      while (this.#pending.size === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
      this.#signal.throwIfAborted()
      const pending = [...this.#pending]
      this.#pending.clear()
      if (await this.#lookAt(pending)) this.#emit(false)
    }
  }

  async #lookAt(pending: readonly (readonly [id: string, 'look' | 'gone'])[]): Promise<boolean> {
    let changed = false
    const rest = [...pending]
    const next = async (): Promise<void> => {
      for (let task = rest.pop(); task !== undefined; task = rest.pop()) {
        const [id, what] = task
        this.#newer.add(id)
        const container = what === 'gone' ? null : await inspectContainer(this.#engine, id, this.#signal)
        changed = (container === null ? this.#containers.delete(id) : this.#containers.set(container)) || changed
      }
    }
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, pending.length) }, next))
    return changed
  }

  /** Looks at everything. @returns how many containers were not as they were known */
  async #look(): Promise<number> {
    this.#newer.clear()
    let containers = await this.#list()
    const known = this.#containers.size
    const ids = new Set(containers.map(({ id }) => id))
    const lost = this.#containers.ids().filter((id) => !ids.has(id)).length
    if (known > MANY && lost > known / 2) {
      await sleep(DOUBT_MS, undefined, { signal: this.#signal })
      containers = await this.#list()
    }
    await this.#containers.place(await findSurroundings(this.#engine, containers, this.#signal))
    return this.#containers.replace(containers, this.#newer)
  }

  async #list(): Promise<readonly Container[]> {
    const { client, prefix } = this.#engine
    const { bytes } = await client.get(`${prefix}/containers/json`, { signal: this.#signal, query: { all: true } })
    const containers: Container[] = []
    const partial: string[] = []
    for (const element of await elementsOf(bytes)) {
      const container = readListed(element)
      if (container !== null) containers.push(container)
      else partial.push(idOf(element))
    }
    const next = async (): Promise<void> => {
      for (let id = partial.pop(); id !== undefined; id = partial.pop()) {
        const container = await inspectContainer(this.#engine, id, this.#signal)
        if (container !== null) containers.push(container)
      }
    }
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, partial.length) }, next))
    return containers
  }

  async #lookAgain(): Promise<never> {
    for (;;) {
      await sleep(FULL_LOOK_MS, undefined, { signal: this.#signal, ref: false })
      const before = this.#missed
      this.#missed = await this.#look()
      if (this.#missed > 0 || before > 0) this.#emit(false)
    }
  }

  #emit(isUrgent: boolean): void {
    this.#link.sink.emit(() => this.#derive(), isUrgent)
  }

  #derive(): Derived {
    const { config, problems } = this.#containers.derive()
    const missed = this.#missed === 0 ? [] : [missedProblem(this.#missed)]
    return { config, problems: [...this.#link.notes, ...missed, ...problems] }
  }
}

const idOf = (element: unknown): string => {
  const { Id } = (element ?? {}) as { readonly Id?: unknown }
  if (typeof Id !== 'string' || Id === '') throw new Error('the list of containers holds something else')
  return Id
}

const missedProblem = (count: number): ConfigProblem =>
  itemProblem('warning', 'the engine', `${count} container(s) had changed and no event said so`, {
    hint: 'they are up to date now',
  })
