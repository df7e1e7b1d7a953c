import { expect, test } from 'vitest'
import { recurring } from '../../src/telemetry/recurring.ts'

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
