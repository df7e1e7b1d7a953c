import { expect, test } from 'vitest'
import type { GuestWorld } from '../../../../src/engine/wasm/guest.ts'
import type { GuestRequest } from '../../../../src/engine/wasm/guest-exchange.ts'
import { GuestsBusy } from '../../../../src/engine/wasm/guest-middleware.ts'
import { GuestPool, MOST_GUESTS } from '../../../../src/engine/wasm/guest-pool.ts'
import { Assembler, go, trap } from '../../../support/wasm-assembler.ts'

const REQUEST: GuestRequest = {
  ...{ method: 'GET', target: '/', version: 'HTTP/1.1', source: '', authority: '' },
  ...{ lines: [], content: new Uint8Array() },
}
const RESPONSE = { status: 200, lines: [], content: null, isError: false }

function poolOf(asm: Assembler) {
  const time = { now: 0 }
  const made = { count: 1 }
  const world: GuestWorld = {
    ...{ config: '{}', missing: 0, environment: [], random: () => undefined },
    ...{ log: () => undefined, print: () => undefined },
    clock: { date: () => 0, now: () => time.now },
  }
  const pool = new GuestPool(new WebAssembly.Module(asm.bytes()), world, (isOver) => {
    if (isOver) made.count++
  })
  const hold = (count: number) => Array.from({ length: count }, () => pool.ask(REQUEST).session!)
  const release = (sessions: ReturnType<typeof hold>) => {
    for (const session of sessions) session.handleResponse(0, RESPONSE)
  }
  return { pool, time, made, hold, release }
}

test('guests are used again, and those that nobody needs for long are given up', () => {
  const { time, made, hold, release } = poolOf(new Assembler().handleRequest(go()))
  release(hold(10))
  release(hold(10))
  expect(made.count).toBe(10)
  time.now = 31_000
  // One goes with each exchange, until few are left.
  for (let i = 0; i < 20; i++) release(hold(1))
  release(hold(10))
  expect(made.count).toBe(16)
})

test('a guest whose call failed is not used again', () => {
  const { pool, made, hold } = poolOf(new Assembler().handleRequest(go()).handleResponse(trap))
  for (const session of hold(2)) expect(() => session.handleResponse(0, RESPONSE)).toThrow('unreachable')
  pool.ask(REQUEST)
  expect(made.count).toBe(3)
})

test('when all are taken requests wait, and no more than some', async () => {
  const { pool, made, hold, release } = poolOf(new Assembler().handleRequest(go()))
  const held = hold(MOST_GUESTS)
  const waiting = Array.from({ length: 512 }, () => Promise.resolve(pool.handleRequest(REQUEST)))
  expect(() => pool.handleRequest(REQUEST)).toThrow(GuestsBusy)
  release(held)
  for (const turn of waiting) (await turn).session!.handleResponse(0, RESPONSE)
  expect(made.count).toBe(MOST_GUESTS)
})
