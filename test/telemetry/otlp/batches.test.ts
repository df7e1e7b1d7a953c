import { describe, expect, test } from 'vitest'
import { Batches } from '../../../src/telemetry/otlp/batches.ts'
import { Delivery, type Refusal } from '../../../src/telemetry/otlp/delivery.ts'

/** Time that passes when it is told to. */
class Time {
  #now = 0
  #tasks: { at: number; task: () => void }[] = []

  now = (): number => this.#now

  after = (ms: number, task: () => void): (() => void) => {
    const entry = { at: this.#now + ms, task }
    this.#tasks.push(entry)
    return () => {
      this.#tasks = this.#tasks.filter((one) => one !== entry)
    }
  }

  async pass(ms: number): Promise<void> {
    const end = this.#now + ms
    for (;;) {
      await settled()
      const next = this.#tasks.toSorted((a, b) => a.at - b.at)[0]
      if (next === undefined || next.at > end) break
      this.#tasks = this.#tasks.filter((one) => one !== next)
      this.#now = next.at
      next.task()
    }
    this.#now = end
    await settled()
  }
}

const settled = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

function rig(answer: (sent: number) => Refusal | Promise<Refusal>) {
  const time = new Time()
  const sent: string[] = []
  const logged: string[] = []
  const delivery = new Delivery({
    signal: 'traces',
    send: async (message, signal) => {
      sent.push(`${time.now()} ${new TextDecoder().decode(message)}`)
      const never = new Promise<Refusal>((resolve) =>
        signal.addEventListener('abort', () => resolve({ reason: 'stopped', isTemporary: true, afterMs: null })),
      )
      return Promise.race([answer(sent.length), never])
    },
    clock: time,
    log: { log: (level, message, fields) => void logged.push(`${level} ${message} ${fields?.lost ?? ''}`.trim()) },
    what: 'traces',
    where: 'collector',
  })
  const batches = new Batches<string>({
    delivery,
    encode: (items) => new TextEncoder().encode(`${items[0]}…${items.at(-1)} ${items.length}`),
    sizeOf: (item) => item.length,
    timer: { clock: time, intervalMs: 5_000 },
  })
  const add = (count: number, from = 0) => {
    for (let i = from; i < from + count; i++) batches.add(String(i))
  }
  return { time, sent, logged, delivery, batches, add }
}

const away = (afterMs: number | null = null): Refusal => ({ reason: 'away', isTemporary: true, afterMs })
const hangs = (): Promise<Refusal> => new Promise(() => {})

describe('batches', () => {
  test('go when they are full, or after five seconds', async () => {
    const { time, sent, add } = rig(() => null)
    add(3)
    await time.pass(4_999)
    expect(sent).toEqual([])
    await time.pass(1)
    expect(sent).toEqual(['5000 0…2 3'])
    add(600)
    await time.pass(0)
    expect(sent).toHaveLength(2)
    expect(sent[1]).toBe('5000 0…511 512')
    await time.pass(5_000)
    expect(sent[2]).toBe('10000 512…599 88')
  })

  test('wait in a bounded number while the collector hangs, and what is beyond is counted', async () => {
    const { time, sent, add, delivery, logged } = rig(hangs)
    add(512)
    await time.pass(0)
    add(3_000, 512)
    expect(sent).toHaveLength(1)
    expect(delivery.dropped).toBe(3_000 - 2_048)
    expect(logged).toEqual(['error Unable to send traces to the collector'])
  })

  test('wait in a bounded size too', async () => {
    const { batches, delivery } = rig(hangs)
    const megabyte = 'x'.repeat(1_048_576)
    for (let i = 0; i < 20; i++) batches.add(megabyte)
    expect(delivery.dropped).toBe(4)
  })

  test('are sent again, ever later, and given up after a minute', async () => {
    const { time, sent, add, delivery, logged } = rig(() => away())
    add(1)
    await time.pass(200_000)
    expect(sent.map((line) => Number.parseInt(line, 10))).toEqual([5_000, 6_000, 8_000, 12_000, 20_000, 36_000])
    expect(delivery.dropped).toBe(1)
    expect(logged).toEqual(['error Unable to send traces to the collector'])
  })

  test('wait as long as the collector says', async () => {
    const { time, sent, add, logged } = rig((count) => (count === 1 ? away(20_000) : null))
    add(1)
    await time.pass(24_999)
    expect(sent).toHaveLength(1)
    await time.pass(1)
    expect(sent).toHaveLength(2)
    expect(logged).toEqual(['error Unable to send traces to the collector', 'info The collector takes traces again 0'])
  })

  test('are not sent again where there is no use in it', async () => {
    const { time, sent, add, delivery } = rig(() => ({ reason: 'no', isTemporary: false, afterMs: null }))
    add(2)
    await time.pass(100_000)
    expect(sent).toHaveLength(1)
    expect(delivery.dropped).toBe(2)
  })

  test('a collector that does not keep up is said once, and not with each batch', async () => {
    const { time, add, logged } = rig(() => null)
    for (let i = 0; i < 5; i++) {
      add(3_000)
      await time.pass(5_000)
    }
    expect(logged).toEqual(['error Unable to send traces to the collector'])
    await time.pass(30_000)
    add(10)
    await time.pass(10_000)
    expect(logged[1]).toMatch(/^info The collector takes traces again \d+$/)
  })
})

describe('at the stop', () => {
  test('all that waits is sent', async () => {
    const { time, sent, add, batches } = rig(() => null)
    add(1_500)
    const closed = batches.close(5_000, time)
    await time.pass(0)
    await closed
    expect(sent.map((line) => line.split(' ')[2])).toEqual(['512', '512', '476'])
  })

  test('a collector that hangs keeps nobody longer than said', async () => {
    const { time, sent, add, batches, delivery } = rig(hangs)
    add(1_500)
    const closed = batches.close(5_000, time)
    await time.pass(5_000)
    await closed
    expect(sent).toHaveLength(1)
    expect(delivery.dropped).toBe(1_500)
  })

  test('who waits to try again tries once more', async () => {
    const { time, sent, add, batches, delivery } = rig(() => away())
    add(1)
    await time.pass(5_500)
    const closed = batches.close(5_000, time)
    await time.pass(0)
    await closed
    expect(sent).toHaveLength(2)
    expect(delivery.dropped).toBe(1)
  })
})
