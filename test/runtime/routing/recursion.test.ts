import { expect, test } from 'vitest'
import { Fields } from '../../../src/http/fields.ts'
import { ProxyResponse } from '../../../src/http/response.ts'
import { refusingReturns } from '../../../src/runtime/routing/refusing-returns.ts'
import { routed } from '../../../src/runtime/routing/routed.ts'
import { requestOf } from '../../support/middleware.ts'
import { planOf } from '../../support/plan.ts'
import { fakePorts } from '../../support/ports.ts'
import { ClientContext } from '../../support/services.ts'

const router = planOf({ http: { routers: { a: { rule: 'Path(`/`)', service: 's' } } } }).routers['a@file']!

const handle = (mark: string) =>
  routed(
    'a',
    { ...router, recursionMark: mark },
    true,
    (request) => new ProxyResponse(200, new Fields(['Seen', request.headers.get('X-Traefik-Router') ?? '']), null),
    fakePorts(),
    { middlewares: {}, services: {}, refusingReturns },
  )

test('a request that this router has sent on before is refused, one of another router is not', async () => {
  const send = async (mark: string, headers: readonly string[]) =>
    handle(mark)(requestOf({ headers }), new ClientContext())
  const first = await send('abc', [])
  expect([first.status, first.headers.get('Seen')]).toEqual([200, 'abc'])
  expect((await send('abc', ['X-Traefik-Router', 'abc'])).status).toBe(400)
  const other = await send('abc', ['X-Traefik-Router', 'def'])
  expect([other.status, other.headers.get('Seen')]).toEqual([200, 'abc'])
})
