import type { Clock } from '../contracts/ports.ts'
import type { ProxyResponse } from '../http/response.ts'
import { refuse, streamed } from './answers.ts'
import { toJson } from './json.ts'
import type { View } from './views.ts'

/** What is told of, with what it says. */
export type EventName = 'configuration' | 'problems' | 'server' | 'drained' | 'switched'

/** Who may listen at a time. */
const LISTENERS = 20
/** Bytes that wait for a listener; who falls further behind is ended, and asks again. */
const BUFFER = 64 * 1024
/** A comment says in between that the connection lives. */
const SILENCE_MS = 15_000
/** When somebody who found no place may ask again, in seconds. */
const RETRY_S = 5

/**
 * `/api/events` (ours): what changes in a running proxy, as server-sent events (HTML Living Standard §9.2). While nobody
 * listens nothing is computed, and no timer runs.
 */
export class EventStream {
  readonly #clock: Pick<Clock, 'after'>
  readonly #listeners = new Set<ReadableStreamDefaultController<Uint8Array>>()
  readonly #encoder = new TextEncoder()
  #callOff: (() => void) | null = null
  #isClosed = false

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock
  }

  /** @param data computed for those who listen */
  emit(name: EventName, data: () => View): void {
    if (this.#listeners.size > 0) this.#write(`event: ${name}\ndata: ${toJson(data())}\n\n`)
  }

  /** The answer to somebody who wants to listen. */
  listen(): ProxyResponse {
    if (this.#isClosed || this.#listeners.size >= LISTENERS) {
      const answer = refuse(503, this.#isClosed ? 'the proxy is about to end' : 'too many listen already')
      answer.headers.set('Retry-After', String(RETRY_S))
      return answer
    }
    let own: ReadableStreamDefaultController<Uint8Array>
    const content = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          own = controller
          this.#listeners.add(controller)
          // A first line, so that head and proxies in between go ahead.
          controller.enqueue(this.#encoder.encode(': hello\n\n'))
          this.#callOff ??= this.#beatLater()
        },
        cancel: () => this.#leave(own),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: BUFFER }),
    )
    return streamed(content, [
      ...['Content-Type', 'text/event-stream'],
      ...['Cache-Control', 'no-store'],
      ...['X-Accel-Buffering', 'no'],
    ])
  }

  /** Ends everybody's stream; from now on nobody gets one. */
  close(): void {
    this.#isClosed = true
    for (const listener of this.#listeners) {
      this.#leave(listener)
      listener.close()
    }
  }

  #write(text: string): void {
    const bytes = this.#encoder.encode(text)
    for (const listener of this.#listeners) {
      if ((listener.desiredSize ?? 0) >= bytes.length) {
        listener.enqueue(bytes)
        continue
      }
      this.#leave(listener)
      // What waits is dropped with it.
      listener.error(new Error('the listener fell behind'))
    }
  }

  #leave(listener: ReadableStreamDefaultController<Uint8Array>): void {
    this.#listeners.delete(listener)
    if (this.#listeners.size > 0) return
    this.#callOff?.()
    this.#callOff = null
  }

  #beatLater(): () => void {
    return this.#clock.after(SILENCE_MS, () => {
      this.#write(': still here\n\n')
      this.#callOff = this.#listeners.size > 0 ? this.#beatLater() : null
    })
  }
}
