import type { Session } from 'node:inspector'

/** A profile that V8 takes of this process. */
export interface ProfileKind {
  readonly start: readonly (readonly [method: string, parameters: object])[]
  readonly stop: string
  /** Methods afterwards, whatever came of it. */
  readonly end: readonly string[]
}

/** What takes time, sampled every 2 ms: a file for the performance panel of Chromium and for editors. */
export const CPU_PROFILE: ProfileKind = {
  start: [
    ['Profiler.enable', {}],
    ['Profiler.setSamplingInterval', { interval: 2_000 }],
    ['Profiler.start', {}],
  ],
  stop: 'Profiler.stop',
  end: ['Profiler.disable'],
}

/**
 * What holds memory, as far as it was made meanwhile: one in about 32 KiB is noted, with the stack that made it. No
 * contents, as a snapshot of the heap would have them: those are everybody's secrets.
 */
export const HEAP_PROFILE: ProfileKind = {
  start: [
    ['HeapProfiler.enable', {}],
    ['HeapProfiler.startSampling', { samplingInterval: 32_768 }],
  ],
  stop: 'HeapProfiler.stopSampling',
  end: ['HeapProfiler.disable'],
}

/** Takes profiles within this process, one at a time; nothing is opened for debuggers. */
export class Profiler {
  #finish: (() => void) | null = null
  #isBusy = false
  #isClosed = false

  get isBusy(): boolean {
    return this.#isBusy || this.#isClosed
  }

  /** @returns the profile, as V8 gives it */
  async take({ start, stop, end }: ProfileKind, seconds: number): Promise<unknown> {
    this.#isBusy = true
    try {
      const { Session } = await import('node:inspector')
      const session = new Session()
      session.connect()
      try {
        for (const [method, parameters] of start) await post(session, method, parameters)
        await this.#wait(seconds)
        const { profile } = (await post(session, stop, {})) as { readonly profile: unknown }
        for (const method of end) await post(session, method, {})
        return profile
      } finally {
        session.disconnect()
      }
    } finally {
      this.#isBusy = false
    }
  }

  /** Ends the profile that is being taken: nobody waits for it any longer. */
  close(): void {
    this.#isClosed = true
    this.#finish?.()
  }

  #wait(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#isClosed ? 0 : seconds * 1000)
      this.#finish = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

const post = (session: Session, method: string, parameters: object): Promise<unknown> =>
  new Promise((resolve, reject) =>
    session.post(method, parameters, (error, result) => (error === null ? resolve(result) : reject(error))),
  )
