import { expect, test } from 'vitest'
import { prepareSticky } from '../../src/services/shared/sticky.schema.ts'

/** Attributes as Go's net/http writes them. */
test.each([
  ['h.test', '/', '; Path=/; Domain=h.test'],
  ['.H.test', '/', '; Path=/; Domain=H.test'],
  ['a.b.', '/', '; Path=/; Domain=a.b.'],
  ['127.0.0.1', '', '; Domain=127.0.0.1'],
  ['.127.0.0.1', '', ''],
  ['1.2', '', ''],
  ['256.0.0.1', '', ''],
  ['x_y', '', ''],
  ['-a.b', '', ''],
  ['a-.b', '', ''],
  ['a..b', '', ''],
  ['é.test', '', ''],
  ['x:80', '', ''],
  [`${'x'.repeat(64)}.test`, '', ''],
  ['', '/a;bé c"', '; Path=/ab c"'],
])('domain %j, path %j: %j', (domain, path, attributes) => {
  expect(prepareSticky({ cookie: { domain, path } }, 's@file', ['http://a'])).toMatchObject({ attributes })
})
