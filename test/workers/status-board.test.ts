import { env, runInDurableObject } from 'cloudflare:test'
import { describe, expect, test } from 'vitest'
import type { WorkerEnv } from '../../adapters/cloudflare/env.ts'
import { StatusBoard } from '../../adapters/cloudflare/state/status-board.ts'
import type { Told } from '../../adapters/cloudflare/state/told.ts'

const objects = (env as WorkerEnv).SIGNALBOX_STATE!
const START = 1_800_000_000_000
const MINUTE = 60_000
let count = 0
let nonces = 0

/** A board on storage of its own, whose time a test sets. */
function onBoard(task: (board: StatusBoard, at: (ms: number) => void) => void): Promise<void> {
  return runInDurableObject(objects.get(objects.idFromName(`board-${++count}`)), (_, { storage }) => {
    let now = START
    task(new StatusBoard(storage, () => now), (ms) => {
      now = START + ms
    })
  })
}

const told = (more: Partial<Told> = {}): Told => ({
  isolate: 'a',
  location: 'FRA',
  revision: 5,
  from: 'kv',
  since: START - 1000,
  version: '1.0.0',
  problems: [],
  ...more,
})

const report = (board: StatusBoard) => board.report(`nonce-${++nonces}`, Number.MAX_SAFE_INTEGER)!
const problem = (text: string, more = {}) => ({ text, count: 1, first: START - 5, last: START, ...more })

describe('the status object', () => {
  test('knows each location for ten minutes, by what its isolates serve', () =>
    onBoard((board, at) => {
      board.tell(told())
      board.tell(told({ isolate: 'b', since: START - 2000 }))
      board.tell(told({ isolate: 'c', revision: 4, from: 'cache' }))
      board.tell(told({ isolate: 'd', location: 'AMS', revision: null, from: '', since: 0 }))
      const common = { version: '1.0.0', heardAt: START }
      expect(report(board).locations).toEqual([
        { ...common, location: 'AMS', revision: null, from: '', isolates: 1, since: 0 },
        { ...common, location: 'FRA', revision: 4, from: 'cache', isolates: 1, since: START - 1000 },
        { ...common, location: 'FRA', revision: 5, from: 'kv', isolates: 2, since: START - 2000 },
      ])
      at(9 * MINUTE)
      board.tell(told({ isolate: 'c' }))
      at(10 * MINUTE)
      expect(report(board).locations).toMatchObject([{ location: 'FRA', revision: 5, isolates: 1 }])
    }))

  test('counts problems for an hour', () =>
    onBoard((board, at) => {
      board.tell(told({ problems: [problem('x', { count: 2 }), problem('y')] }))
      at(5 * MINUTE)
      board.tell(told({ problems: [problem('x', { first: START + MINUTE, last: START + 4 * MINUTE })] }))
      expect(report(board).problems).toEqual([
        { text: 'x', count: 3, first: START - 5, last: START + 4 * MINUTE },
        { text: 'y', count: 1, first: START - 5, last: START },
      ])
      at(60 * MINUTE)
      expect(report(board).problems).toMatchObject([{ text: 'x' }])
    }))

  test('is bounded, whatever is told', () =>
    onBoard((board) => {
      for (let i = 0; i < 2_010; i++) board.tell(told({ isolate: `i${i}`, location: `L${i % 7}` }))
      for (let i = 0; i < 15; i++) {
        const problems = Array.from({ length: 40 }, (_, at) => problem(`${i}-${at}-${'p'.repeat(5000)}`))
        board.tell(told({ problems }))
      }
      const { locations, problems } = report(board)
      expect(locations.reduce((sum, { isolates }) => sum + isolates, 0)).toBe(2_000)
      expect(problems).toHaveLength(200)
      expect(Math.max(...problems.map(({ text }) => text.length))).toBe(300)
    }))

  test('takes nothing that no isolate would say, and no time of the future', () =>
    onBoard((board) => {
      for (const nonsense of [
        null,
        'text',
        [],
        {},
        told({ isolate: '' }),
        told({ location: '<script>' }),
        told({ location: 'x'.repeat(65) }),
        told({ revision: 1.5 }),
        told({ since: -1 }),
        { ...told(), problems: 'none' },
        { ...told(), revision: '5' },
        JSON.parse('{"__proto__": {"isolate": "a"}}'),
      ])
        board.tell(nonsense)
      expect(report(board)).toEqual({ now: START, locations: [], problems: [] })
      const bad = [null, {}, problem('x', { count: -1 }), problem('y', { last: Number.NaN })] as never
      board.tell(
        told({ since: START + 1e9, problems: [...bad, problem('z', { first: START + 1e9, last: START + 2e9 })] }),
      )
      expect(report(board)).toMatchObject({
        locations: [{ since: START }],
        problems: [{ text: 'z', first: START, last: START }],
      })
    }))

  test('answers a request once, while it is remembered', () =>
    onBoard((board, at) => {
      expect(board.report('one', START + MINUTE)).not.toBe(null)
      expect(board.report('one', START + MINUTE)).toBe(null)
      at(MINUTE + 1)
      expect(board.report('one', START + 2 * MINUTE)).not.toBe(null)
      for (let i = 0; i < 1_100; i++) board.report(`many-${i}`, START + 10 * MINUTE)
      expect(board.report('another', START + 10 * MINUTE)).toBe(null)
    }))
})
