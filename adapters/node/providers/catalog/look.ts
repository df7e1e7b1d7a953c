import { setTimeout as sleep } from 'node:timers/promises'
import { ForeignAnswer } from '../../../../src/compiler/discovery/answer.ts'
import type { CatalogInstance } from '../../../../src/compiler/discovery/catalog/instance.ts'
import { type CatalogDerivation, decideService } from '../../../../src/compiler/discovery/catalog/part.ts'
import { itemProblem } from '../../../../src/compiler/discovery/item.ts'
import { isSame } from '../../../../src/plan/same.ts'
import { ApiError } from '../api-client/api-error.ts'
import type { Catalog } from './catalog.ts'

/** What a catalog answers. Both throw as the API client does. */
export interface CatalogApi {
  /** The tags of each service, those of all its instances together. */
  services(signal: AbortSignal): Promise<ReadonlyMap<string, readonly string[]>>
  /** @param connect its proxies in the mesh are meant */
  instances(service: string, connect: boolean, signal: AbortSignal): Promise<readonly CatalogInstance[]>
}

/** So many services are asked for at once. */
const AT_ONCE = 8
/** A look that would take away more than half of more than so many instances is not believed at first. */
const MANY = 20
const DOUBT_MS = 1_000

type Answers = ReadonlyMap<string, readonly CatalogInstance[] | Error>

/** Looks at services and takes over what there is. */
export class CatalogLook {
  readonly #api: CatalogApi
  readonly #catalog: Catalog
  readonly #derivation: CatalogDerivation
  readonly #signal: AbortSignal
  /** As listed last. */
  #services: ReadonlyMap<string, readonly string[]> = new Map()
  /** Services that could not be read the last time. */
  #failed = new Set<string>()

  constructor(api: CatalogApi, catalog: Catalog, derivation: CatalogDerivation, signal: AbortSignal) {
    this.#api = api
    this.#catalog = catalog
    this.#derivation = derivation
    this.#signal = signal
  }

  get failed(): readonly string[] {
    return [...this.#failed]
  }

  /** Looks at everything. @returns whether anything is different. Rejects where the source is lost. */
  all(): Promise<boolean> {
    return this.#believed(async () => {
      this.#services = await this.#api.services(this.#signal)
      const names = new Set([...this.#services.keys(), ...this.#catalog.services])
      return this.#ask([...names])
    })
  }

  /** Looks at some services, with the tags that the list had last. */
  some(names: readonly string[]): Promise<boolean> {
    return this.#believed(() => this.#ask(names))
  }

  /** Looks at the list, at some services, and at those that are different in the list. */
  listed(names: readonly string[]): Promise<boolean> {
    return this.#believed(async () => {
      const before = this.#services
      this.#services = await this.#api.services(this.#signal)
      const all = new Set([...before.keys(), ...this.#services.keys()])
      const others = [...all].filter((name) => !isSame(before.get(name), this.#services.get(name)))
      return this.#ask([...new Set([...names, ...others])])
    })
  }

  async #believed(ask: () => Promise<Answers>): Promise<boolean> {
    let answers = await ask()
    if (this.#takesMuch(answers)) {
      await sleep(DOUBT_MS, undefined, { signal: this.#signal })
      answers = await ask()
    }
    let changed = false
    for (const [name, answer] of answers) changed = (await this.#take(name, answer)) || changed
    return changed
  }

  #takesMuch(answers: Answers): boolean {
    const { size } = this.#catalog
    if (size <= MANY) return false
    let lost = 0
    for (const [name, answer] of answers) {
      if (!(answer instanceof Error)) lost += Math.max(0, this.#catalog.sizeOf(name) - answer.length)
    }
    return lost > size / 2
  }

  async #take(name: string, answer: readonly CatalogInstance[] | Error): Promise<boolean> {
    if (answer instanceof Error) {
      this.#failed.add(name)
      return this.#catalog.note(name, [
        itemProblem('warning', `service ${name}`, `it can't be read, and stays as it was: ${answer.message}`),
      ])
    }
    this.#failed.delete(name)
    const tags = this.#services.get(name)
    const { problems } = tags === undefined ? { problems: [] } : decideService(name, tags, this.#derivation)
    const isNoted = this.#catalog.note(name, problems)
    return (await this.#catalog.set(name, answer)) || isNoted
  }

  /** A service that is not wanted, or not there any more, has no instances. */
  async #ask(names: readonly string[]): Promise<Answers> {
    const answers = new Map<string, readonly CatalogInstance[] | Error>()
    const rest: [name: string, connect: boolean][] = []
    for (const name of names) {
      const tags = this.#services.get(name)
      const decision = tags === undefined ? null : decideService(name, tags, this.#derivation)
      if (decision?.isWanted === true) rest.push([name, decision.connect])
      else answers.set(name, [])
    }
    const asked = rest.length
    let failures = 0
    const next = async (): Promise<void> => {
      for (let task = rest.pop(); task !== undefined; task = rest.pop()) {
        const [name, connect] = task
        try {
          answers.set(name, await this.#api.instances(name, connect, this.#signal))
        } catch (error) {
          if (!isOfOneService(error) || ++failures === asked) throw error
          answers.set(name, error)
        }
      }
    }
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, asked) }, next))
    return answers
  }
}

/** Whether an error is about one service and not about the source: it answers, has a leader, and lets us in. */
const isOfOneService = (error: unknown): error is Error =>
  error instanceof ForeignAnswer || (error instanceof ApiError && error.status !== null && !/leader/i.test(error.said))
