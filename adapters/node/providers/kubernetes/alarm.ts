/** Somebody waits, for as long as nobody rings. */
export class Alarm {
  #isRung = false
  #wake: () => void = () => undefined

  /** Ends the wait; the next one, where nobody waits. */
  ring(): void {
    this.#isRung = true
    this.#wake()
  }

  /** Resolves when somebody rings, or has rung since the last wait, and after this time; rejects when it is called off. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (!this.#isRung) {
      let timer: NodeJS.Timeout | null = null
      let callOff: () => void = () => undefined
      try {
        await new Promise<void>((resolve, reject) => {
          this.#wake = resolve
          timer = setTimeout(resolve, ms).unref()
          callOff = () => reject(signal.reason)
          signal.addEventListener('abort', callOff, { once: true })
        })
      } finally {
        if (timer !== null) clearTimeout(timer)
        signal.removeEventListener('abort', callOff)
        this.#wake = () => undefined
      }
    }
    this.#isRung = false
  }
}
