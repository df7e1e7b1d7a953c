import { expect, test } from 'vitest'
import { readTree } from '../../../src/compiler/decode/read.ts'

test.each([
  ['9223372036854775808', '2:1: toml: line 2: a is out of range for int64'],
  ['-9223372036854775809', '2:1: toml: line 2: a is out of range for int64'],
  ['[1, 0x8000_0000_0000_0000]', '2:1: toml: line 2: 1 is out of range for int64'],
  ['1e400', '2:1: toml: line 2: a is out of range for float64'],
])('%s is refused', (source, told) => {
  const { value, problems } = readTree(`b = 1\na = ${source}\n`, 'toml', 'a.toml')
  expect(value).toBeNull()
  expect(problems.map(({ message, position }) => `${position?.line}:${position?.column}: ${message}`)).toEqual([told])
})

test.each([
  ['9223372036854775807', 9223372036854775807n],
  ['-9223372036854775808', -9223372036854775808n],
  ['1e300', 1e300],
  ['-inf', Number.NEGATIVE_INFINITY],
])('%s is taken', (source, wanted) => {
  expect(readTree(`a = ${source}\n`, 'toml', 'a.toml')).toMatchObject({ value: { a: wanted }, problems: [] })
})
