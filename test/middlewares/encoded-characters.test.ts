import { describe, expect, test } from 'vitest'
import { encodedCharactersElement } from '../../src/middlewares/encoded-characters/encoded-characters.schema.ts'
import { encodedCharacters } from '../../src/middlewares/encoded-characters/encoded-characters.ts'
import { buildMiddleware, exchange } from '../support/middleware.ts'

describe('encodedCharacters', () => {
  test.each([
    [{}, '/a%2Fb', 400],
    [{}, '/a%2fb', 400],
    [{}, '/a%5Cb', 400],
    [{}, '/a%00b', 400],
    [{}, '/a;b', 200],
    [{}, '/a%20b?x=%2F', 200],
    [{ allowEncodedSlash: true }, '/a%2Fb', 200],
    [{ allowEncodedSlash: true }, '/a%2F%3Bb', 400],
  ])('%o %s: %d', async (options, target, status) => {
    const { response, seen } = await exchange(buildMiddleware(encodedCharactersElement, encodedCharacters, options), {
      target,
    })
    expect([response.status, seen !== null]).toEqual([status, status === 200])
    if (status === 400) expect([response.content, response.headers.lines]).toEqual([null, []])
  })
})
