import type { PasswordClient } from '../../contracts/ports.ts'
import type { RequestContext } from '../../http/request-context.ts'

/** One check of a password and all requests that wait for it. It is called off when the last of them has gone. */
export class Attempt implements PasswordClient {
  readonly address: string
  readonly #abandon: () => void
  #waiting = 0
  #hasLeft = false
  #listeners: (() => void)[] = []

  /** @param abandon called when nobody waits any more */
  constructor(address: string, abandon: () => void) {
    this.address = address
    this.#abandon = abandon
  }

  get hasLeft(): boolean {
    return this.#hasLeft
  }

  join(cx: RequestContext): void {
    this.#waiting++
    cx.onAbort(() => this.#leave())
  }

  onLeave(listener: () => void): void {
    if (this.#hasLeft) listener()
    else this.#listeners.push(listener)
  }

  #leave(): void {
    if (--this.#waiting > 0) return
    this.#hasLeft = true
    this.#abandon()
    const listeners = this.#listeners
    this.#listeners = []
    for (const listener of listeners) listener()
  }
}
