import { expect, onTestFinished, test } from 'vitest'
import { GuestThreads } from '../../../../adapters/node/plugins/wasm/guest-threads.ts'
import { PLACES, Progress } from '../../../../adapters/node/plugins/wasm/progress.ts'
import type { GuestRequest } from '../../../../src/engine/wasm/guest-exchange.ts'
import { GuestsBusy } from '../../../../src/engine/wasm/guest-middleware.ts'
import { Assembler, done, drop, go, i32, loop } from '../../../support/wasm-assembler.ts'

const REQUEST: GuestRequest = {
  ...{
    method: 'GET',
    target: '/',
    version: 'HTTP/1.1',
    source: '',
    authority: '',
    lines: [],
    content: new Uint8Array(),
  },
}

function threadsOf(asm: Assembler, timeoutMs: number, log: (line: string) => void = () => {}): GuestThreads {
  const threads = new GuestThreads({
    module: new WebAssembly.Module(asm.bytes()),
    config: '{}',
    environment: {},
    mounts: [],
    readsContent: false,
    timeoutMs,
    log: (level, message) => log(`${level} ${message}`),
  })
  onTestFinished(() => threads.close())
  return threads
}

test('who comes when too many wait is refused at once, and who waits is told of the end', async () => {
  const threads = threadsOf(new Assembler().handleRequest(loop, go()), 60_000)
  expect(await threads.started()).toBe(null)
  const asked = Array.from({ length: 600 }, () =>
    threads.handleRequest(REQUEST).then(
      () => 'answered',
      (error: Error) => (error instanceof GuestsBusy ? 'busy' : error.message),
    ),
  )
  const busy = await Promise.race(asked)
  expect(busy).toBe('busy')
  await threads.close()
  const all = await Promise.all(asked)
  expect(all.filter((one) => one === 'busy').length).toBeGreaterThan(0)
  expect(all.filter((one) => one !== 'busy' && one !== 'the plugin has been closed')).toEqual([])
})

test('a call can not fill the log', async () => {
  const lines: string[] = []
  const asm = new Assembler()
  const threads = threadsOf(
    asm.handleRequest(...Array.from({ length: 200 }, () => asm.call('log', 0, 'line')), go()),
    5000,
    (line) => lines.push(line),
  )
  await threads.handleRequest(REQUEST)
  expect(lines).toHaveLength(65)
  expect(lines.at(-1)).toBe('warn the plugin writes more than is told')
})

test('a guest that is asked about the answer is the one that was asked about the request', async () => {
  const asm = new Assembler()
  const threads = threadsOf(asm.handleRequest(go(5)), 5000)
  const turns = await Promise.all([1, 2, 3].map(() => threads.handleRequest(REQUEST)))
  for (const { outcome, session } of turns) {
    expect(outcome.next).toEqual({ context: 5 })
    const result = await session!.handleResponse(5, { status: 204, lines: ['a', 'b'], content: null, isError: false })
    expect(result).toMatchObject({ status: 204, lines: null, content: null })
  }
})

/** Loops for ever where the target begins with `/x`, else answers. */
function choosing(): Assembler {
  const asm = new Assembler()
  const isLoop = [...i32(1), 0x2d, 0, 0, ...i32('x'.charCodeAt(0)), 0x46]
  return asm.handleRequest(asm.call('get_uri', 0, 100), drop, [...isLoop, 0x04, 0x40, ...loop, 0x0b], done())
}

const outcomeOf = (asked: Promise<unknown>) =>
  asked.then(
    () => 'answered',
    (error: Error) => error.message,
  )

test('what has lined up behind a call that takes too long goes to another thread, long before its end', async () => {
  const threads = threadsOf(choosing(), 4000)
  await threads.started()
  const start = performance.now()
  const looping = outcomeOf(threads.handleRequest({ ...REQUEST, target: '/x' }))
  const behind = Array.from({ length: 20 }, () => outcomeOf(threads.handleRequest(REQUEST)))
  expect(new Set(await Promise.all(behind))).toEqual(new Set(['answered']))
  expect(performance.now() - start).toBeLessThan(3900)
  expect(await looping).toBe('a call took longer than 4000 ms')
  expect(await outcomeOf(threads.handleRequest(REQUEST))).toBe('answered')
})

test('guests that all loop do not keep others from being served in the end', async () => {
  const threads = threadsOf(choosing(), 200)
  await threads.started()
  const asked = Array.from({ length: 12 }, (_, at) =>
    outcomeOf(threads.handleRequest({ ...REQUEST, target: at % 2 === 0 ? '/x' : '/' })),
  )
  const outcomes = await Promise.all(asked)
  expect(outcomes.filter((_, at) => at % 2 === 1)).toEqual(Array.from({ length: 6 }, () => 'answered'))
  expect(outcomes.filter((_, at) => at % 2 === 0)).toEqual(
    Array.from({ length: 6 }, () => 'a call took longer than 200 ms'),
  )
})

test('an answer whose guest is gone is not passed over', async () => {
  const asm = new Assembler()
  const isLoop = [...i32(1), 0x2d, 0, 0, ...i32('x'.charCodeAt(0)), 0x46]
  const threads = threadsOf(
    asm.handleRequest(asm.call('get_uri', 0, 100), drop, [...isLoop, 0x04, 0x40, ...loop, 0x0b], go()),
    300,
  )
  const { session } = await threads.handleRequest(REQUEST)
  expect(await outcomeOf(threads.handleRequest({ ...REQUEST, target: '/x' }))).toBe('a call took longer than 300 ms')
  const response = { status: 200, lines: [], content: null, isError: false }
  const late = session!.handleResponse(0, response)
  await expect(Promise.resolve(late)).rejects.toThrow('a call took longer than 300 ms')
})

test('how far a thread has come: what has begun can not be taken back, and what was taken back does not begin', () => {
  const asking = new Progress()
  const thread = new Progress(asking.memory)
  for (const call of [1, 2, 3]) asking.offer(call)
  expect(asking.running()).toBe(null)
  expect(thread.begin(1)).toBe(true)
  expect(asking.running()).toMatchObject({ call: 1, isStart: false })
  thread.starting(false)
  expect(asking.running()).toMatchObject({ isStart: true })
  thread.starting(true)
  expect([asking.takeBack(1), asking.takeBack(2), thread.begin(2)]).toEqual([false, true, false])
  thread.end()
  expect(asking.running()).toBe(null)
  expect([thread.begin(3), asking.takeBack(3)]).toEqual([true, false])
  asking.offer(3 + PLACES)
  expect([thread.begin(3), thread.begin(3 + PLACES)]).toEqual([false, true])
})
