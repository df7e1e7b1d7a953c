/** What waits for its turn, and whose it is. */
export interface Waiting {
  readonly owner: string
  /** It will have no turn. */
  refuse(): void
}

/**
 * A queue in which owners take turns, each in its own order: one that brings much holds up itself. When it is full, who
 * has most gives way to who has less.
 */
export class FairQueue<J extends Waiting> {
  readonly #limit: number
  readonly #limitEach: number
  /** In the order of their turns; none is empty. */
  readonly #byOwner = new Map<string, J[]>()
  #size = 0

  /** @param limitEach of one owner */
  constructor(limit: number, limitEach: number) {
    this.#limit = limit
    this.#limitEach = limitEach
  }

  /** Takes it in, or refuses it or another one. */
  add(job: J): void {
    const own = this.#byOwner.get(job.owner)
    const count = own?.length ?? 0
    if (count >= this.#limitEach || (this.#size >= this.#limit && !this.#makeRoom(count))) {
      job.refuse()
      return
    }
    this.#size++
    // Whoever has made room may have been this owner's last.
    const list = this.#byOwner.get(job.owner)
    if (list === undefined) this.#byOwner.set(job.owner, [job])
    else list.push(job)
  }

  /** The next one; its owner's turn comes again after all others'. */
  take(): J | undefined {
    const first = this.#byOwner.entries().next().value
    if (first === undefined) return undefined
    const [owner, jobs] = first
    this.#byOwner.delete(owner)
    const job = jobs.shift()!
    this.#size--
    if (jobs.length > 0) this.#byOwner.set(owner, jobs)
    return job
  }

  remove(job: J): void {
    const jobs = this.#byOwner.get(job.owner)
    const at = jobs?.indexOf(job) ?? -1
    if (jobs === undefined || at === -1) return
    jobs.splice(at, 1)
    this.#size--
    if (jobs.length === 0) this.#byOwner.delete(job.owner)
  }

  /** The newest of who has most goes, where that is more than one above `count`. */
  #makeRoom(count: number): boolean {
    let most: J[] = []
    for (const jobs of this.#byOwner.values()) if (jobs.length > most.length) most = jobs
    if (most.length <= count + 1) return false
    const job = most.at(-1)!
    this.remove(job)
    job.refuse()
    return true
  }
}
