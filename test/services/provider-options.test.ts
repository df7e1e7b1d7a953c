import { describe, expect, test } from 'vitest'
import type { Service } from '../../src/contracts/kinds.ts'
import { Fields } from '../../src/http/fields.ts'
import { ProxyResponse } from '../../src/http/response.ts'
import { balancedByHash } from '../../src/services/load-balancer/hash-by.ts'
import { loadBalancerElement } from '../../src/services/load-balancer/load-balancer.schema.ts'
import type { Member } from '../../src/services/shared/member.ts'
import { serviceGroup } from '../../src/services/shared/service-group.ts'
import { prepareSticky } from '../../src/services/shared/sticky.schema.ts'
import { createSticky } from '../../src/services/shared/sticky.ts'
import { weightedElement } from '../../src/services/weighted/weighted.schema.ts'
import { requestOf, TestContext, testScopes } from '../support/middleware.ts'

/** Options that only providers say. */

const member = (id: string, isUp = true): Member =>
  ({
    id,
    weight: 1,
    fenced: false,
    isUp: () => isUp,
    handle: () => new ProxyResponse(200, new Fields(['X-Server', id]), null),
  }) as Member

describe('a hash of what a request says', () => {
  const chosen = async (members: readonly Member[], target: string) => {
    const { handle, preview } = balancedByHash(members, '$arg_key', { hostname: 'here' })
    const request = requestOf({ target })
    const answer = await handle(request, new TestContext())
    expect(preview(request, new TestContext())).toBe(answer.headers.first('x-server'))
    return answer
  }

  test('leads the same to the same, and others elsewhere', async () => {
    const members = ['http://a', 'http://b', 'http://c'].map((id) => member(id))
    const servers = new Set<string>()
    for (let key = 0; key < 40; key++) {
      const first = (await chosen(members, `/x?key=${key}`)).headers.first('x-server')!
      expect((await chosen(members, `/y?other&key=${key}`)).headers.first('x-server')).toBe(first)
      servers.add(first)
    }
    expect(servers.size).toBe(3)
  })

  test('passes over who is down, and is 503 where all are', async () => {
    const answer = await chosen([member('http://a', false), member('http://b')], '/?key=1')
    expect(answer.headers.first('x-server')).toBe('http://b')
    const { handle } = balancedByHash([member('http://a', false)], 'x', { hostname: 'here' })
    expect((await handle(requestOf(), new TestContext())).status).toBe(503)
  })

  test('counts for its strategy alone', () => {
    const prepared = (strategy: string) =>
      loadBalancerElement.prepare(
        loadBalancerElement.schema.parse({ strategy, nginxUpstreamHashBy: '$request_uri' }),
        testScopes().prepare,
      )
    expect(prepared('hrw').hashBy).toBe('$request_uri')
    expect(prepared('wrr').hashBy).toBeUndefined()
  })
})

test('a share of requests has fields that others do not have', async () => {
  const { prepare, build } = testScopes()
  const services = [{ name: 'x', headers: { 'X-Revision': 'first', 'X-Given': 'ours' } }, { name: 'y' }]
  const plan = weightedElement.prepare(weightedElement.schema.parse({ services }), prepare)
  const seen: string[][] = []
  const child = (id: string): Service => ({
    name: id,
    unchecked: null,
    handle: ({ headers }) => {
      seen.push([id, headers.first('x-revision') ?? '', headers.first('x-given') ?? ''])
      return new ProxyResponse(200, new Fields(), null)
    },
    preview: () => '',
    isUp: () => true,
    servers: null,
  })
  const group = serviceGroup(plan, { strategy: 'wrr', label: 'WRR', sticky: null, child }, build)
  for (let i = 0; i < 4; i++) await group.handle(requestOf({ headers: ['X-Given', 'theirs'] }), new TestContext())
  expect(seen.sort()).toEqual([
    ...[
      ['x', 'first', 'ours'],
      ['x', 'first', 'ours'],
    ],
    ...[
      ['y', '', 'theirs'],
      ['y', '', 'theirs'],
    ],
  ])
})

test('a cookie that expires does so from the moment it is written', () => {
  const cookie = { name: 'c', path: '/', domain: 'a.test', expires: 60, maxAge: 5, httpOnly: true }
  const plan = prepareSticky({ cookie }, 's@file', ['http://a'])
  if (plan === null || 'header' in plan) throw new Error('no cookie')
  let now = new Date(0)
  const sticky = createSticky(plan, [member('http://a')], () => now)
  const written = (): string => {
    const response = new ProxyResponse(200, new Fields(), null)
    sticky.write(response, member('http://a'))
    return response.headers.first('set-cookie')!.replace(/^c=[0-9a-f]+/, 'c')
  }
  const rest = '; Max-Age=5; HttpOnly'
  expect(written()).toBe(`c; Path=/; Domain=a.test; Expires=Thu, 01 Jan 1970 00:01:00 GMT${rest}`)
  now = new Date(60_000)
  expect(written()).toBe(`c; Path=/; Domain=a.test; Expires=Thu, 01 Jan 1970 00:02:00 GMT${rest}`)
})
