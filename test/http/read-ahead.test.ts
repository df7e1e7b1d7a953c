import { describe, expect, test } from 'vitest'
import { readAhead } from '../../src/http/read-ahead.ts'
import { ContentBroken, replay } from '../../src/http/replay.ts'
import { requestOf } from '../support/middleware.ts'
import { PiecesBody, textOf } from '../support/pieces.ts'

describe('readAhead', () => {
  test('stops at what is wanted and lets the rest come later', async () => {
    const source = new PiecesBody(['ab', 'cd', 'ef', 'gh'])
    const ahead = await readAhead(source, 3)
    expect([ahead.size, ahead.complete, source.paused]).toEqual([4, false, true])
    expect(new TextDecoder().decode(ahead.start(3))).toBe('abc')
    expect(await textOf(ahead)).toBe('abcdefgh')
  })

  test('takes less where there is less', async () => {
    const ahead = await readAhead(new PiecesBody(['a', 'b']), 10)
    expect([ahead.size, ahead.complete]).toEqual([2, true])
    expect(new TextDecoder().decode(ahead.whole())).toBe('ab')
    expect(await textOf(ahead)).toBe('ab')
  })

  test('waits for content that comes later', async () => {
    const source = new PiecesBody([], 'open')
    const reading = readAhead(source, 1)
    expect(reading).toBeInstanceOf(Promise)
    source.push('a')
    const ahead = await reading
    const text = textOf(ahead)
    source.push('b')
    source.finish()
    expect(await text).toBe('ab')
  })

  test('content that breaks off does so for its reader', async () => {
    const ahead = await readAhead(new PiecesBody(['a'], 'broken'), 10)
    expect(ahead.broken).not.toBeNull()
    await expect(ahead.bytes(10)).rejects.toThrow('cut')
  })

  test('a sink that refuses pauses the source', async () => {
    const source = new PiecesBody(['a', 'b', 'c'])
    const ahead = await readAhead(source, 1)
    const got: string[] = []
    const flow = ahead.pipe({
      write: (chunk) => got.push(new TextDecoder().decode(chunk)) < 0,
      end: () => got.push('end'),
      fail() {},
    })
    expect(got).toEqual(['a'])
    flow.resume()
    expect(got).toEqual(['a', 'b'])
    flow.resume()
    flow.resume()
    expect(got).toEqual(['a', 'b', 'c', 'end'])
  })

  test('cancelling reaches the source', async () => {
    const source = new PiecesBody(['a'], 'open')
    const ahead = await readAhead(source, 1)
    ahead.cancel()
    expect(source.cancelled).toBe(true)
  })
})

describe('replay', () => {
  test('copies are apart and carry the content', async () => {
    const request = requestOf({
      method: 'PUT',
      target: '/a',
      headers: ['X-A', '1'],
      content: new PiecesBody(['da', 'ta']),
    })
    const copies = await replay(request, 4)
    const first = copies!()
    first.headers.set('X-A', '2')
    first.target = '/b'
    const second = copies!()
    expect([second.headers.get('x-a'), second.target, second.method]).toEqual(['1', '/a', 'PUT'])
    expect([await textOf(first.content), await textOf(second.content)]).toEqual(['data', 'data'])
    expect(second.content!.length).toBe(4)
  })

  test('without content there is no promise', () => {
    expect(replay(requestOf(), 0)).toBeTypeOf('function')
  })

  test.each([
    ['of unknown length', new PiecesBody(['ab', 'cd', 'ef'])],
    ['of known length', new PiecesBody(['ab', 'cd', 'ef'], 'complete', 6)],
  ])('content that is too large, %s, can still be sent', async (_name, content) => {
    const request = requestOf({ content })
    expect(await replay(request, 3)).toBeNull()
    expect(await textOf(request.content)).toBe('abcdef')
  })

  test('content that breaks off rejects', async () => {
    await expect(replay(requestOf({ content: new PiecesBody(['a'], 'broken') }), 10)).rejects.toBeInstanceOf(
      ContentBroken,
    )
  })
})
