import { setTimeout as sleep } from 'node:timers/promises'
import { readSwarm } from '../../../../src/compiler/discovery/docker/swarm.ts'
import type { ConfigProblem } from '../../../../src/plan/problem.ts'
import { elementsOf } from '../api-client/json-array.ts'
import type { Containers, FixedDerivation } from './containers.ts'
import type { EngineLink } from './engine-provider.ts'
import { isEnding, readEvent, SWARM_EVENTS } from './events.ts'
import { findSurroundings } from './surroundings.ts'

/** Who was told to stop and still runs after this did not. */
const PROOF_MS = 10_000
/** Events come in bursts, and a manager is not asked more often than this. */
const LEAST_PAUSE_MS = 200
/** While tasks are on their way; the pauses grow where they never arrive. */
const MOVING_PAUSE_MS = 500
const QUICK_LOOKS = 10

/** One connection to a manager of a swarm, until it is lost. */
export class SwarmSession {
  readonly #link: EngineLink
  readonly #tasks: Containers
  readonly #derivation: FixedDerivation
  #problems: readonly ConfigProblem[] = []
  #byContainer: ReadonlyMap<string, string> = new Map()
  /** When tasks were told to stop. */
  readonly #fenced = new Map<string, number>()
  #isMoving = false
  /** How often it was looked since the last event, while tasks were on their way. */
  #looks = 0
  #hasNews = false
  #wake: () => void = () => undefined

  constructor(link: EngineLink, tasks: Containers, derivation: FixedDerivation) {
    this.#link = link
    this.#tasks = tasks
    this.#derivation = derivation
  }

  /** Rejects when the manager is lost. @param refreshMs everything is looked at again at least so often */
  async follow(isWatching: boolean, refreshMs: number): Promise<void> {
    const { engine, sink, signal, pulse } = this.#link
    const events = isWatching ? this.#readEvents() : new Promise<never>(() => undefined)
    await Promise.race([this.#look(), events])
    sink.connected(engine.client.peer)
    this.#emit(false)
    if (isWatching) await Promise.race([events, pulse(), this.#lookAgain(refreshMs)])
    else await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  }

  async #readEvents(): Promise<never> {
    const { engine, signal } = this.#link
    const query = { filters: SWARM_EVENTS }
    for await (const line of engine.client.lines(`${engine.prefix}/events`, { signal, query })) {
      if (line !== '') this.#take(readEvent(line))
    }
    throw new Error('the stream of events has ended')
  }

  #take(event: ReturnType<typeof readEvent>): void {
    const ends = event?.kind === 'ended' || (event?.kind === 'signalled' && isEnding(event.signal, ''))
    const task = ends ? this.#byContainer.get(event.id) : undefined
    if (task !== undefined && this.#tasks.fence(task)) {
      this.#fenced.set(task, performance.now())
      this.#emit(true)
    }
    this.#hasNews = true
    this.#looks = 0
    this.#wake()
  }

  async #lookAgain(refreshMs: number): Promise<never> {
    const { signal } = this.#link
    for (;;) {
      const quick = MOVING_PAUSE_MS * 2 ** Math.max(0, this.#looks - QUICK_LOOKS)
      await this.#news(this.#isMoving ? Math.min(quick, refreshMs) : refreshMs)
      this.#looks++
      if (await this.#look()) this.#emit(false)
      await sleep(LEAST_PAUSE_MS, undefined, { signal })
    }
  }

  /** Ends when there is an event, or after so long. */
  async #news(ms: number): Promise<void> {
    if (!this.#hasNews) {
      const { signal } = this.#link
      const waiting = new AbortController()
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      const passed = sleep(ms, undefined, { signal: AbortSignal.any([signal, waiting.signal]) })
      // Who was woken does not wait for it any more.
      passed.catch(() => undefined)
      await Promise.race([woken, passed])
      waiting.abort()
      signal.throwIfAborted()
    }
    this.#hasNews = false
  }

  /** @returns whether anything is different */
  async #look(): Promise<boolean> {
    const { engine, signal } = this.#link
    const [services, tasks, nodes, networks] = await Promise.all([
      this.#list('/services'),
      this.#list('/tasks', { 'desired-state': ['running'] }),
      this.#list('/nodes'),
      this.#list('/networks', { scope: ['swarm'] }),
    ])
    const derivation = { ...this.#derivation, hostAddress: '127.0.0.1', ownNetworks: new Set<string>() }
    const found = readSwarm({ services, tasks, nodes, networks }, derivation)
    const said = JSON.stringify(found.problems)
    const isOther = said !== JSON.stringify(this.#problems)
    this.#problems = found.problems
    this.#byContainer = found.byContainer
    this.#isMoving = found.isMoving
    await this.#tasks.place(await findSurroundings(engine, found.containers, signal))
    const changed = await this.#tasks.replace(found.containers)
    return this.#proveAlive() || changed > 0 || isOther
  }

  /** Who was told to stop and still runs is a server again. @returns whether there is one */
  #proveAlive(): boolean {
    let isAlive = false
    for (const [task, at] of this.#fenced) {
      const container = this.#tasks.get(task)
      if (container !== null && performance.now() - at < PROOF_MS) continue
      this.#fenced.delete(task)
      if (container !== null) isAlive = this.#tasks.set(container) || isAlive
    }
    return isAlive
  }

  async #list(path: string, filters?: object): Promise<readonly unknown[]> {
    const { engine, signal } = this.#link
    const query = filters === undefined ? {} : { filters: JSON.stringify(filters) }
    const { bytes } = await engine.client.get(`${engine.prefix}${path}`, { signal, query })
    return elementsOf(bytes)
  }

  #emit(isUrgent: boolean): void {
    const { sink, notes } = this.#link
    sink.emit(() => {
      const { config, problems } = this.#tasks.derive()
      return { config, problems: [...notes, ...this.#problems, ...problems] }
    }, isUrgent)
  }
}
