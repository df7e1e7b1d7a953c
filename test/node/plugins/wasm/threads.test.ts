import { expect, onTestFinished, test } from 'vitest'
import { GuestThreads } from '../../../../adapters/node/plugins/wasm/guest-threads.ts'
import type { GuestRequest } from '../../../../src/engine/wasm/guest-exchange.ts'
import { GuestsBusy } from '../../../../src/engine/wasm/guest-middleware.ts'
import { Assembler, go, loop } from '../../../support/wasm-assembler.ts'

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
  const asked = Array.from({ length: 520 }, () =>
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
