import type { PlacedProblem } from '../../../src/api/problems.ts'
import type { InstallConfig } from '../../../src/compiler/install/install.ts'
import type { Logger } from '../../../src/contracts/ports.ts'
import type { ProblemsInForce } from '../../../src/runtime/problems-in-force.ts'
import { filesOf, placeOf } from '../providers/file/source.ts'
import type { ReadingThread } from '../reading/reading-thread.ts'

/** Problems in force with the places where they stand; those are looked for once, when somebody first asks. */
export class PlacedProblems {
  readonly #problems: ProblemsInForce
  readonly #reading: Pick<ReadingThread, 'place'>
  readonly #file: string
  readonly #log: Logger
  #placed: Promise<readonly PlacedProblem[]> | null = null

  constructor(
    problems: ProblemsInForce,
    reading: Pick<ReadingThread, 'place'>,
    { providers: { file } }: InstallConfig,
    log: Logger,
  ) {
    this.#problems = problems
    this.#reading = reading
    this.#file = placeOf(file)
    this.#log = log
  }

  /** What was said of places holds no longer. */
  forget(): void {
    this.#placed = null
  }

  /** Reading takes time that others need, so it is done beside them. */
  all(): Promise<readonly PlacedProblem[]> {
    this.#placed ??= this.#place()
    return this.#placed
  }

  async #place(): Promise<readonly PlacedProblem[]> {
    const all = this.#problems.all()
    if (all.length === 0) return []
    try {
      const files = this.#file === '' ? [] : filesOf(this.#file)
      const { places } = await this.#reading.place(
        all.map(({ problem }) => problem),
        files,
      )
      return all.map((found, at) => ({ ...found, ...places[at]! }))
    } catch (cause) {
      this.#log.log('warn', 'Places of problems can’t be found', { cause })
      return all.map((found) => ({ ...found, position: found.problem.position, frame: null }))
    }
  }
}
