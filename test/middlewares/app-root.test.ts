import { expect, test } from 'vitest'
import { appRootElement } from '../../src/middlewares/app-root/app-root.schema.ts'
import { prepareErrorOf } from '../support/middleware.ts'
import { nginxCases } from '../support/nginx-cases.ts'

test.each(nginxCases.filter(({ name }) => name.startsWith('appRoot: ')))('$name', async ({ run, expected }) => {
  expect(await run()).toMatchObject(expected)
})

test.each([
  [prepareErrorOf(appRootElement, { path: 'x' }), 'path should start with /'],
  [prepareErrorOf(appRootElement, {}), 'path cannot be empty'],
  [prepareErrorOf(appRootElement, { path: '/\n' }), 'path holds a control character'],
])('%s', (message, wanted) => {
  expect(message).toMatch(wanted)
})
