import { expect, test } from 'vitest'
import { readCookie } from '../../src/http/cookies.ts'
import { Fields } from '../../src/http/fields.ts'

/** As the reference binary (3.7.15) reads them. */
test.each([
  ['c=1', '1'],
  ['a=0; c=1', '1'],
  ['a=0;c=1 ;c=2', '1'],
  ['c="1"', '1'],
  ['c= 1', ' 1'],
  ['c =1', '1'],
  ['c; c=1', ''],
  ['c="; c=1', '1'],
  ['c=\\; c=1', '1'],
  ['C=1', null],
  ['', null],
  ['cc=0; xc=0; c.=0;\u00a0c\t=1', '1'],
  ['a=c; b=; c; c=1', ''],
  ['a=c=; c=1', '1'],
])('%j: %j', (line, value) => {
  expect(readCookie(new Fields(['Cookie', line]), 'c')).toBe(value)
})

test('the first line counts', () => {
  expect(readCookie(new Fields(['Cookie', 'x=1', 'cookie', 'c=2', 'Cookie', 'c=3']), 'c')).toBe('2')
})
