import { describe, expect, test } from 'vitest'
import { type Body, BytesBody } from '../../src/http/body.ts'
import { Fields } from '../../src/http/fields.ts'
import { LENGTH_OF_HEAD, NO_CONTENT, prepareAnswer, UNTOLD_LENGTH } from '../../src/http/outgoing.ts'
import { ProxyResponse } from '../../src/http/response.ts'
import { PiecesBody } from '../support/pieces.ts'

const bytes = (): Body => new BytesBody(new Uint8Array(3))
const untold = (): Body => new PiecesBody(['abc'])

describe('prepareAnswer', () => {
  test.each<[number, string, () => Body | string | null, number, boolean]>([
    [200, 'GET', () => 'abc', 3, true],
    [200, 'GET', () => 'ä', 2, true],
    [200, 'GET', () => null, 0, false],
    [200, 'POST', bytes, 3, true],
    [200, 'GET', untold, UNTOLD_LENGTH, true],
    [500, 'HEAD', bytes, LENGTH_OF_HEAD, false],
    [200, 'HEAD', untold, LENGTH_OF_HEAD, false],
    [204, 'GET', bytes, NO_CONTENT, false],
    [204, 'HEAD', () => 'abc', NO_CONTENT, false],
    [205, 'GET', bytes, 0, false],
    [205, 'GET', () => 'abc', 0, false],
    [205, 'HEAD', untold, LENGTH_OF_HEAD, false],
    [304, 'GET', untold, NO_CONTENT, false],
    [304, 'HEAD', bytes, NO_CONTENT, false],
    [599, 'GET', bytes, 3, true],
  ])('%i to %s', (status, method, make, length, kept) => {
    const content = make()
    const response = new ProxyResponse(status, new Fields(), content)
    expect(prepareAnswer(response, method, 599)).toBe(length)
    expect([response.status, response.content]).toEqual([status, kept ? content : null])
    if (content !== null && typeof content !== 'string') expect(content.used).toBe(!kept)
  })

  test.each([0, 99, 100, 199, 600, 1000, Number.NaN])('%d is no status that can be sent: 500', (status) => {
    const content = bytes()
    const response = new ProxyResponse(status, new Fields(['X-A', '1']), content)
    response.reason = 'odd'
    expect(prepareAnswer(response, 'GET', 599)).toBe(0)
    expect([response.status, response.reason, response.headers.lines, response.content]).toEqual([500, '', [], null])
    expect(content.used).toBe(true)
  })

  test('the answer to HEAD tells the length of content of ours, unless it tells another', () => {
    const ours = new ProxyResponse(404, new Fields(), 'näh')
    prepareAnswer(ours, 'HEAD', 999)
    expect(ours.headers.lines).toEqual(['Content-Length', '4'])
    const told = new ProxyResponse(404, new Fields(['Content-Length', '9']), 'no')
    prepareAnswer(told, 'HEAD', 999)
    expect(told.headers.lines).toEqual(['Content-Length', '9'])
  })
})
