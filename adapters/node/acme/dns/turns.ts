/** Tasks about the same thing, one after the other: what is read, changed and written back is not changed in between. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Runs a task once all before it about the same thing have ended, well or not. */
  take<T>(about: string, task: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(about) ?? Promise.resolve()).then(task, task)
    this.#last.set(about, turn)
    const end = (): void => {
      if (this.#last.get(about) === turn) this.#last.delete(about)
    }
    turn.then(end, end)
    return turn
  }
}
