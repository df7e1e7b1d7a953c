import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ChunkedDecoder } from '../../../adapters/node/http1/chunked.ts'

function decode(pieces: Buffer[]) {
  const decoder = new ChunkedDecoder()
  let data = ''
  let used = 0
  const target = {
    chunkData: (buffer: Buffer, start: number, end: number) => (data += buffer.toString('latin1', start, end)),
  }
  for (const piece of pieces) {
    if (decoder.done || decoder.broken) break
    used += decoder.decode(piece, 0, piece.length, target)
  }
  return { data, used, done: decoder.done, broken: decoder.broken, trailers: decoder.trailers?.lines ?? null }
}

const octets = (text: string) => Buffer.from(text, 'latin1')

describe('chunked content', () => {
  test.each([
    ['0\r\n\r\n', '', null],
    ['3\r\nabc\r\n0\r\n\r\n', 'abc', null],
    ['00003\r\nabc\r\n000\r\n\r\n', 'abc', null],
    ['A\r\n0123456789\r\nb\r\n0123456789x\r\n0\r\n\r\n', '01234567890123456789x', null],
    ['3;a;b=c;d="e f"\r\nabc\r\n0;x\r\n\r\n', 'abc', null],
    ['1\r\na\r\n0\r\nX-A: 1\r\nx-b:\t2 \r\n\r\n', 'a', ['X-A', '1', 'x-b', '2']],
    ['2\r\n\r\n\r\n0\r\n\r\n', '\r\n', null],
  ])('%j', (text, data, trailers) => {
    expect(decode([octets(`${text}rest`)])).toEqual({ data, used: text.length, done: true, broken: false, trailers })
    // Whatever the pieces, the outcome is the same.
    expect(decode([...octets(text)].map((octet) => Buffer.of(octet)))).toEqual({
      data,
      used: text.length,
      done: true,
      broken: false,
      trailers,
    })
  })

  test.each([
    'zz\r\n',
    '\r\n',
    ';a\r\n',
    '0x1\r\na\r\n',
    '+1\r\na\r\n',
    '-1\r\n',
    ' 1\r\na\r\n',
    '1 \r\na\r\n',
    '1\t;a\r\na\r\n',
    '1\na\n',
    '1\r\na\n0\r\n',
    '1\r\nab\r\n',
    '1\ra\r\n',
    '1;a\nb\r\na\r\n',
    '1;a\x00\r\na\r\n',
    '1;a\rb\r\na\r\n',
    'fffffffffffffffff\r\n',
    '10000000000000001\r\n',
    '0000000000000000001\r\n',
    '0\r\nX\r\n\r\n',
    '0\r\nX : 1\r\n\r\n',
    '0\r\n X: 1\r\n\r\n',
    '0\r\nX: 1\nY: 2\r\n\r\n',
    '0\r\nX: 1\r\n\n',
    `1;${'a'.repeat(20000)}\r\n`,
    `0\r\nX: ${'a'.repeat(70000)}\r\n\r\n`,
    `0\r\n${'X: 1\r\n'.repeat(101)}\r\n`,
  ])('%j is refused', (text) => {
    expect(decode([octets(text)])).toMatchObject({ broken: true, done: false })
    expect(decode([...octets(text)].map((octet) => Buffer.of(octet)))).toMatchObject({ broken: true, done: false })
  })

  test('extensions are bounded over all chunks', () => {
    expect(decode([octets(`1;${'a'.repeat(1000)}\r\na\r\n`.repeat(20))])).toMatchObject({ broken: true })
  })

  test('any content in any chunks and any pieces comes out again', () => {
    const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 6 })
    fc.assert(
      fc.property(chunks, fc.array(fc.nat(20), { maxLength: 30 }), (parts, cuts) => {
        const text = `${parts.map((part) => `${part.length.toString(16)}\r\n${Buffer.from(part).toString('latin1')}\r\n`).join('')}0\r\n\r\n`
        const whole = octets(text)
        const pieces: Buffer[] = []
        let at = 0
        for (const cut of cuts) {
          pieces.push(whole.subarray(at, at + cut))
          at = Math.min(at + cut, whole.length)
        }
        pieces.push(whole.subarray(at))
        const out = decode(pieces)
        expect(out.done).toBe(true)
        expect(out.data).toBe(Buffer.concat(parts).toString('latin1'))
      }),
    )
  })
})
