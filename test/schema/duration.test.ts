import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { durationMs, formatDuration, parseDuration } from '../../src/schema/duration.ts'

interface Case {
  readonly in: string
  readonly expect: { readonly ns: number; readonly text: string } | { readonly error: string }
}

const cases = JSON.parse(readFileSync('../shared/conformance/data/durations.json', 'utf8')) as Case[]

describe('durations of the conformance data', () => {
  test.each(cases)('$in', ({ in: text, expect: wanted }) => {
    if ('error' in wanted) expect(() => parseDuration(text)).toThrow()
    else {
      expect(Number(parseDuration(text))).toBe(wanted.ns)
      expect(formatDuration(parseDuration(text))).toBe(wanted.text)
    }
  })
})

test.each([
  ['-5s', '-5s'],
  ['-1', '-1s'],
  ['+3m', '3m0s'],
  ['.5s', '500ms'],
  ['1.s', '1s'],
  ['1h0.5s', '1h0m0.5s'],
  ['1µs', '1µs'],
  ['1μs', '1µs'],
  ['1.0000000001s', '1s'],
  ['0.33333333333333333333333m', '20s'],
  ['0.3333333333333333333h', '20m0s'],
  ['0.333333333333333h', '19m59.999999999s'],
])('%s is %s', (text, canonical) => {
  expect(formatDuration(parseDuration(text))).toBe(canonical)
})

test.each([
  ['', 'time: invalid duration ""'],
  ['-', 'time: invalid duration "-"'],
  ['ten', 'time: invalid duration "ten"'],
  ['.s', 'time: invalid duration ".s"'],
  ['1m30', 'time: missing unit in duration "1m30"'],
  ['2 seconds', 'time: unknown unit " seconds" in duration "2 seconds"'],
  ['1constructor', 'time: unknown unit "constructor" in duration "1constructor"'],
  ['9223372036854775807h', 'time: invalid duration "9223372036854775807h"'],
])('%s is refused', (text, message) => {
  expect(() => parseDuration(text)).toThrow(message)
})

test('milliseconds may have fractions', () => {
  expect(durationMs('1m30s')).toBe(90_000)
  expect(durationMs('250us')).toBe(0.25)
})
