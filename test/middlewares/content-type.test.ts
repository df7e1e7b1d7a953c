import { describe, expect, test } from 'vitest'
import { contentTypeElement } from '../../src/middlewares/content-type/content-type.schema.ts'
import { contentType } from '../../src/middlewares/content-type/content-type.ts'
import { buildMiddleware, exchange } from '../support/middleware.ts'
import { PiecesBody, textOf } from '../support/pieces.ts'

describe('contentType', () => {
  const detect = buildMiddleware(contentTypeElement, contentType, {})
  test.each([
    ['a text', { content: 'Test' }, 'text/plain; charset=utf-8'],
    ['nothing', { content: '' }, null],
    ['an existing type', { content: 'Test', headers: ['Content-Type', 'a/b'] }, 'a/b'],
    ['an existing empty type', { content: 'Test', headers: ['Content-Type', ''] }, ''],
    ['encoded content', { content: 'Test', headers: ['Content-Encoding', 'br'] }, null],
    ['a stream', { content: new PiecesBody(['<html>', 'rest']) }, 'text/html; charset=utf-8'],
    ['an empty stream', { content: new PiecesBody([]) }, null],
    ['pieces of known length', { content: new PiecesBody(['<ht', 'ml>'], 'complete', 6) }, 'text/html; charset=utf-8'],
  ])('%s', async (_name, answer, type) => {
    const { response } = await exchange(detect, {}, answer)
    expect(response.headers.get('content-type')).toBe(type)
  })

  test('the content stays whole', async () => {
    const { response } = await exchange(detect, {}, { content: new PiecesBody(['<html>', 'rest']) })
    expect(await textOf(response.content)).toBe('<html>rest')
  })

  test('autoDetect: false does nothing', async () => {
    const off = buildMiddleware(contentTypeElement, contentType, { autoDetect: false })
    expect((await exchange(off, {}, { content: 'Test' })).response.headers.lines).toEqual([])
  })
})
