/** Tasks about the same thing, one after the other: what is read, changed and written back is not changed in between. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>()

  /**
   * Runs a task once all before it about the same thing have ended, well or not.
   * @throws the reason of the signal as soon as it is aborted; a task that has not begun by then never does
   */
  async take<T>(about: string, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    const begin = (): Promise<T> => {
      signal.throwIfAborted()
      return task()
    }
    const turn = (this.#last.get(about) ?? Promise.resolve()).then(begin, begin)
    this.#last.set(about, turn)
    let abort = (): void => {}
    const aborted = new Promise<never>((_, reject) => {
      abort = () => reject(signal.reason as Error)
    })
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await Promise.race([turn, aborted])
    } finally {
      signal.removeEventListener('abort', abort)
      const end = (): void => {
        if (this.#last.get(about) === turn) this.#last.delete(about)
      }
      turn.then(end, end)
    }
  }
}
