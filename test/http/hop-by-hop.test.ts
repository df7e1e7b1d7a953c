import { expect, test } from 'vitest'
import { Fields } from '../../src/http/fields.ts'
import { dropHopByHop } from '../../src/http/hop-by-hop.ts'

test.each([
  [
    ['Trailer', 'x-t , X-U', 'Trailer', 'v'],
    ['Trailer', 'X-T, X-U, V'],
  ],
  [['Trailer', 'Transfer-Encoding, content-length, trailer'], []],
  [
    ['Trailer', 'X-T', 'Content-Length', '3'],
    ['Content-Length', '3'],
  ],
  [['Trailer', ' ,'], []],
  [['Transfer-Encoding', 'chunked', 'Keep-Alive', 'x', 'Connection', 'x-hop', 'X-Hop', '1'], []],
])('%j becomes %j', (lines, kept) => {
  const fields = new Fields([...lines])
  dropHopByHop(fields)
  expect(fields.lines).toEqual(kept)
})
