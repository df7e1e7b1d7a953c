import { expect, test } from 'vitest'
import { nginxCases, nginxFieldCases } from '../support/nginx-cases.ts'

test.each(nginxCases)('$name', async ({ run, expected }) => {
  expect(await run()).toMatchObject(expected)
})

test.each(nginxFieldCases)('$name', async ({ run, in: sent = {}, out = {} }) => {
  const outcome = await run()
  for (const [name, value] of Object.entries(sent)) expect(outcome.in(name), name).toBe(value)
  for (const [name, value] of Object.entries(out)) expect(outcome.out(name), name).toBe(value)
})
