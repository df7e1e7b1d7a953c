import { describe, expect, test } from 'vitest'
import { HealthTable } from '../../../src/engine/health/table.ts'

/** Results as letters, states after each as letters: `P` passed or up, `F` failed or down. */
function statesAfter(table: HealthTable, results: string, fails: number, passes: number): string {
  return [...results]
    .map((result) => {
      table.set('k', result === 'P', result === 'P' ? passes : fails)
      return table.isUp('k') ? 'P' : 'F'
    })
    .join('')
}

describe('HealthTable', () => {
  test.each([
    ['FPFP', 1, 1, 'FPFP'],
    ['FFPFFFP', 3, 1, 'PPPPPFP'],
    ['FPPFPPP', 1, 3, 'FFFFFFP'],
    ['FFPFPPFFPP', 2, 2, 'PFFFFPPFFP'],
  ])('results %s with %i fails and %i passes: %s', (results, fails, passes, states) => {
    expect(statesAfter(new HealthTable(), results, fails, passes)).toBe(states)
  })

  test('a streak goes on in another table, as what was down does', () => {
    const table = new HealthTable()
    expect(statesAfter(table, 'FF', 3, 1)).toBe('PP')
    const next = new HealthTable()
    next.replace(table.down(), table.streaks())
    expect(statesAfter(next, 'F', 3, 1)).toBe('F')
    expect([next.down(), next.streaks()]).toEqual([['k'], {}])
    next.replace([])
    expect([next.isUp('k'), next.streaks()]).toEqual([true, {}])
  })

  test('only changes move the epoch, and streaks are none', () => {
    const table = new HealthTable()
    statesAfter(table, 'PFPF', 2, 1)
    expect(table.epoch).toBe(0)
    statesAfter(table, 'F', 2, 1)
    expect(table.epoch).toBe(1)
  })

  test('tells when a server went down or came back, where somebody noted it', () => {
    const table = new HealthTable()
    expect(table.changedAt('k')).toBeNull()
    table.set('k', false, 1, 10)
    table.set('k', false, 1, 20)
    expect(table.changedAt('k')).toBe(10)
    table.set('k', true, 1, 30)
    table.set('k', true, 1, 40)
    expect(table.changedAt('k')).toBe(30)
    table.replace(['k'], {}, 50)
    table.replace(['k'], {}, 60)
    expect(table.changedAt('k')).toBe(50)
    table.replace([])
    expect(table.changedAt('k')).toBeNull()
  })

  test('forgets whatever no check uses', () => {
    const table = new HealthTable()
    for (const key of ['a', 'b']) {
      table.set(key, false, 1, 10)
      table.set(key, true, 2, 20)
    }
    table.retain(new Set(['a']))
    expect([table.down(), table.streaks(), table.changedAt('a'), table.changedAt('b')]).toEqual([
      ['a'],
      { a: 1 },
      10,
      null,
    ])
    expect(table.passes('b')).toBe(0)
  })
})
