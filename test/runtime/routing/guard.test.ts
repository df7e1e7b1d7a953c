import { expect, test } from 'vitest'
import { Fields } from '../../../src/http/fields.ts'
import type { Handler } from '../../../src/http/handler.ts'
import { ProxyRequest } from '../../../src/http/request.ts'
import { guard } from '../../../src/runtime/routing/guard.ts'
import { TestContext } from '../../support/middleware.ts'
import { fakePorts } from '../../support/ports.ts'

const request = () => new ProxyRequest('GET', 'http', 'h', '/', new Fields([]), null, null, 'HTTP/1.1')

test.each<[string, Handler]>([
  [
    'throws',
    () => {
      throw new Error('a bug')
    },
  ],
  ['rejects', () => Promise.reject(new Error('a bug'))],
])('a handler that %s is a 500, and one line a minute for each bug and router', async (_, next) => {
  const ports = fakePorts()
  const handle = guard(next, ports)
  const ask = async (router: string) => {
    const cx = new TestContext()
    cx.record.router = router
    return (await handle(request(), cx)).status
  }
  const lines = () => ports.logged.filter(({ message }) => message === 'Recovered from a failed handler').length
  expect([await ask('a'), await ask('a'), await ask('a')]).toEqual([500, 500, 500])
  expect(lines()).toBe(1)
  await ask('b')
  expect(lines()).toBe(2)
  ports.clock.advance(60_000)
  await ask('a')
  expect(lines()).toBe(3)
})
