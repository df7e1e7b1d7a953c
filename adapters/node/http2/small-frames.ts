import type { Socket } from 'node:net'

/** Octets of content below which a frame costs more than they do. */
export const SMALL_FRAME = 256
/** So many of them and others get their turn. */
const MANY = 256

interface ReadingHandle {
  readStop?: () => number
  readStart?: () => number
}

/**
 * Lets others have their turn while a peer sends content in very many small frames. By itself Node reads from one
 * socket up to 32 times before it looks at another, and calls back for every frame. A session owns its socket, and Node
 * has no documented way to hold that up: without these methods nothing is held up.
 */
export class SmallFrames {
  readonly #socket: Socket
  #count = 0
  #stopped = false

  constructor(socket: Socket) {
    this.#socket = socket
  }

  note(): void {
    if (++this.#count < MANY || this.#stopped) return
    this.#count = 0
    const handle = this.#handle
    if (typeof handle?.readStop !== 'function' || typeof handle.readStart !== 'function') return
    handle.readStop()
    this.#stopped = true
    setImmediate(() => {
      this.#stopped = false
      this.#handle?.readStart?.()
    })
  }

  get #handle(): ReadingHandle | null {
    return this.#socket.destroyed ? null : (Reflect.get(this.#socket, '_handle') as ReadingHandle | null)
  }
}
