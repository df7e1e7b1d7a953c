import { expect, test } from 'vitest'
import { cleanView } from '../../../src/middlewares/shared/path-edit.ts'

test.each([
  // A spelling that no longer fits the path is forgotten, as is one that is the usual one.
  [
    { path: '/x', rawPath: '/%2Fx' },
    { path: '/x', rawPath: '' },
  ],
  [
    { path: '/é', rawPath: '/é' },
    { path: '/é', rawPath: '' },
  ],
  [
    { path: '/p/x', rawPath: '/p%2Fx' },
    { path: '/p/x', rawPath: '/p%2Fx' },
  ],
  [
    { path: '', rawPath: '' },
    { path: '', rawPath: '' },
  ],
  [{ path: '/../x', rawPath: '' }, null],
  [{ path: '/a//x', rawPath: '' }, null],
  [{ path: '/../x', rawPath: '/%2e%2e/x' }, null],
])('%o is left as %o', (view, expected) => {
  expect(cleanView(view)).toEqual(expected)
})
