import { describe, expect, test } from 'vitest'
import { resolveReference } from '../../../src/engine/health/reference.ts'

/** Targets as the reference binary (3.7.15) asks for them. */
describe('the path of a check, from the server’s URL', () => {
  test.each([
    ['', '/', '/'],
    ['/health', '/base/x', '/health'],
    ['live?q=1', '/base/x', '/base/live?q=1'],
    ['', '/base/x?z=1', '/base/x?z=1'],
    ['?q', '/base/x?z=1', '/base/x?q'],
    ['../a b/é', '/base/x', '/a%20b/%C3%A9'],
    ['./', '/base/x', '/base/'],
    ['../../../up', '/base/x', '/up'],
    ['/a/./b/../c', '/', '/a/c'],
    ['/x#fragment', '/', '/x'],
    ['/a%2fb', '/', '/a%2fb'],
    ['http://b/', '/', null],
    ['//b/x', '/', null],
    ['/%zz', '/', null],
    ['/a\nb', '/', null],
  ])('%j from %s: %s', (reference, base, target) => {
    expect(resolveReference(reference, base)).toBe(target)
  })
})
