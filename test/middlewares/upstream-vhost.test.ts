import { expect, test } from 'vitest'
import { upstreamVHostElement } from '../../src/middlewares/upstream-vhost/upstream-vhost.schema.ts'
import { prepareErrorOf } from '../support/middleware.ts'
import { nginxCases } from '../support/nginx-cases.ts'

test.each(nginxCases.filter(({ name }) => name.startsWith('upstreamVHost: ')))('$name', async ({ run, expected }) => {
  expect(await run()).toMatchObject(expected)
})

test.each([
  [prepareErrorOf(upstreamVHostElement, {}), 'vHost cannot be empty'],
  [prepareErrorOf(upstreamVHostElement, { vHost: 'a\nb' }), 'vHost holds a control character'],
])('%s', (message, wanted) => {
  expect(message).toMatch(wanted)
})
