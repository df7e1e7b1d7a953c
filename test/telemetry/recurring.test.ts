import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { recurring } from '../../src/telemetry/recurring.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const counted = () => {
  const made: string[] = []
  const of = recurring((text) => {
    made.push(text)
    return text.toUpperCase()
  })
  return { made, of }
}

test('is made once for texts that come again, the empty one too', () => {
  const { made, of } = counted()
  expect(['a', 'b', 'a', '', 'b', ''].map(of)).toEqual(['A', 'B', 'A', '', 'B', ''])
  expect(made).toEqual(['a', 'b', ''])
})

test('long texts are not remembered', () => {
  const { made, of } = counted()
  const long = 'x'.repeat(257)
  of(long)
  of(long)
  expect(made).toHaveLength(2)
})

test('a client that says something else each time takes no memory', () => {
  const { made, of } = counted()
  const texts = Array.from({ length: 1000 }, (_, i) => `host-${i}`)
  expect(texts.map(of)).toEqual(texts.map((text) => text.toUpperCase()))
  of('host-999')
  expect(made).toHaveLength(1000)
  of('host-0')
  expect(made).toHaveLength(1001)
})

test('of a text that was cut from a long one no more than itself is kept', () => {
  const of = recurring((text) => `${text}.`)
  const before = heapBytes()
  for (let i = 0; i < 100; i++) of(`host-number-${i} ${'x'.repeat(200_000)}`.slice(0, 15))
  expect(heapBytes() - before).toBeLessThan(2_000_000)
  expect(of('host-number-10 ')).toBe('host-number-10 .')
})

function heapBytes(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}
