import { describe, expect, test } from 'vitest'
import { nobody } from '../support/counting-server.ts'
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
  ])('%s', async (_what, env, namespace, message) => {
    const { write, folder, env: fine } = await project()
    write('routing.yml', routing('a'))
    const push = ['push', '--config', 'routing.yml', '--namespace-id', namespace]
    const { code, stderr } = await edge(push, { ...fine, ...env }, folder)
    expect(stderr).toMatch(message)
    expect(code).toBe(1)
    expect(stderr).not.toContain('token-')
  })

  test('nobody', async () => {
    const { write, folder, env } = await project()
    write('routing.yml', routing('a'))
    const push = ['push', '--config', 'routing.yml', '--namespace-id', 'ns1']
    const url = await nobody()
    const { code, stderr } = await edge(push, { ...env, CLOUDFLARE_API_BASE_URL: url }, folder)
    expect([code, stderr]).toEqual([
      1,
      `signalbox edge push: Cloudflare's API can't be reached (${new URL(url).host}): connect ECONNREFUSED ${new URL(url).host}\n`,
    ])
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
