import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for a condition, asking again and again; fails with what the condition last gave. */
export async function until<T>(
  probe: () => T | Promise<T>,
  holds: (value: T) => boolean,
  limitMs = 10_000,
): Promise<T> {
  const end = Date.now() + limitMs
  for (;;) {
    const value = await probe()
    if (holds(value)) return value
    if (Date.now() > end) throw new Error(`still ${JSON.stringify(value)} after ${limitMs} ms`)
    await sleep(5)
  }
}
