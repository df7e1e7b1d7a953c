import { expect, test } from 'vitest'
import { phraseOf as platforms } from '../../adapters/cloudflare/bridge/phrases.ts'
import { phraseOf } from '../../src/http/phrases.ts'

test("the platform's phrases, with our own in between, are Go's", () => {
  const statuses = Array.from({ length: 500 }, (_, at) => at + 150)
  expect(statuses.map((status) => [status, platforms(status)])).toEqual(
    statuses.map((status) => [status, phraseOf(status)]),
  )
})
