import { expect, test } from 'vitest'
import { rewriteTargetElement } from '../../src/middlewares/rewrite-target/rewrite-target.schema.ts'
import { prepareErrorOf } from '../support/middleware.ts'
import { nginxCases } from '../support/nginx-cases.ts'

test.each(nginxCases.filter(({ name }) => name.startsWith('rewriteTarget: ')))('$name', async ({ run, expected }) => {
  expect(await run()).toMatchObject(expected)
})

test.each([
  [prepareErrorOf(rewriteTargetElement, {}), 'replacement cannot be empty'],
  [prepareErrorOf(rewriteTargetElement, { regex: '(', replacement: '/' }), /^compiling regular expression \(: /],
])('%s', (message, wanted) => {
  expect(message).toMatch(wanted)
})
