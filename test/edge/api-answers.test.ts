import { describe, expect, test } from 'vitest'
import { edge } from './command.ts'
import { project, routing } from './project.ts'

describe('what the API answers', { timeout: 120_000 }, () => {
  test.each<[string, Record<string, string>, string, RegExp]>([
    [
      '401',
      { CLOUDFLARE_API_TOKEN: 'of-nobody' },
      'ns1',
      /answered 401: Invalid API Token \[1000\]\n.*mistyped, expired/,
    ],
    ['403', { CLOUDFLARE_API_TOKEN: 'token-that-reads' }, 'ns1', /answered 403: .*\n.*"Workers KV Storage: Edit"/],
    ['another account', { CLOUDFLARE_ACCOUNT_ID: 'other' }, 'ns1', /answered 403: .*\n.*the account other/],
    ['404', {}, 'ns2', /answered 404: namespace not found \[10013\]\n.*has no KV namespace ns2/],
    ['nobody', { CLOUDFLARE_API_BASE_URL: 'http://127.0.0.1:1' }, 'ns1', /can't be reached \(127\.0\.0\.1:1\): /],
  ])('%s', async (_what, env, namespace, message) => {
    const { write, folder, env: fine } = await project()
    write('routing.yml', routing('a'))
    const push = ['push', '--config', 'routing.yml', '--namespace-id', namespace]
    const { code, stderr } = await edge(push, { ...fine, ...env }, folder)
    expect(stderr).toMatch(message)
    expect(code).toBe(1)
    expect(stderr).not.toContain('token-')
  })

  test('429 is waited for, 5xx asked again', async () => {
    const { api, push, run, write } = await project()
    await push('a')
    write('routing.yml', routing('a', 'b'))
    for (const fault of [
      { status: 429, headers: { 'Retry-After': '1' }, times: 1 },
      { status: 503, times: 2 },
    ]) {
      api.failAt(3, fault)
      const { code, stderr } = await run('push', '--config', 'routing.yml')
      expect([code, stderr.match(/answered \d+: next try in/g)?.length]).toEqual([0, fault.times])
    }
    api.failAt(3, { status: 429, headers: { 'Retry-After': '280' } })
    expect((await run('push', '--config', 'routing.yml')).stderr).toMatch(/answered 429.*\n.*try again in 280 s/)
  })
})
