import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

/** Bytes of the space for young objects, both halves of it: with more of it requests cost the same. */
const ENOUGH = 8 * 1024 * 1024

/** V8's own factor. */
const DOUBLE = 2

/** How much more than what lives there may be before it is looked for what does not. V8's own is 50 to 300. */
const GROWTH_PERCENT = 20

/**
 * Keeps the heap small in a process that reads large configurations. V8 doubles the space for young objects as long as
 * much in it survives, which what is read does, and never gives it back: up to 64 MB for nothing. So it does not grow
 * until the first configuration has been read, and then as requests need it, up to `ENOUGH`.
 */
export class SmallHeap {
  readonly #observer = new PerformanceObserver(() => this.#bound())

  /** To be made before anything large is read. */
  constructor() {
    setGrowth(1)
  }

  /** The configuration is large, or may become so. */
  keep(): void {
    setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`)
  }

  /** The first configuration is in force. */
  settle(): void {
    if (isEnough()) return
    setGrowth(DOUBLE)
    this.#observer.observe({ entryTypes: ['gc'] })
  }

  /** Nothing of it is needed. */
  giveUp(): void {
    setGrowth(DOUBLE)
  }

  #bound(): void {
    if (!isEnough()) return
    this.#observer.disconnect()
    setGrowth(1)
  }
}

const setGrowth = (factor: number): void => setFlagsFromString(`--semi-space-growth-factor=${factor}`)

const isEnough = (): boolean =>
  getHeapSpaceStatistics().some(({ space_name: name, space_size: bytes }) => name === 'new_space' && bytes >= ENOUGH)
