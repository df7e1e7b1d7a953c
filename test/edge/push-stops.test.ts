import { describe, expect, test } from 'vitest'
import { generateSigningKey } from '../../adapters/cli/edge/signing-keys.ts'
import { importPublicKeys } from '../../src/plan/signed-line.ts'
import { openPlan } from '../../src/plan/signed-plan.ts'
import { edge } from './command.ts'
import { project, routing } from './project.ts'

describe('edge push stops, and nothing is written', { timeout: 120_000 }, () => {
  test.each<[string, unknown, string, RegExp]>([
    [
      'with errors',
      {
        http: {
          ...routing('a').http,
          routers: { ...routing('a').http.routers, b: { rule: 'Path(`/b`)', service: 'gone' } },
        },
      },
      '--allow-errors',
      /it has 1 error \(--allow-errors lets it pass\)/,
    ],
    [
      'with portability errors',
      JSON.stringify(routing('a', 'b')).replace('app.example.test', '10.0.0.1'),
      '--allow-errors',
      /it has 1 error/,
    ],
    ['without routers', 'http: {}', '--allow-empty', /it has no router.*\n.*2 of 2 live routers would vanish/],
    ['for most routers', routing('b', 'c'), '--allow-shrink', /1 of 2 live routers would vanish: a@file/],
  ])('%s', async (_what, content, flag, message) => {
    const { api, push, write, run, live, history } = await project()
    const first = await push('a', 'b')
    write('routing.yml', content)
    api.failAt(null)
    const stopped = await run('push', '--config', 'routing.yml')
    expect(stopped).toMatchObject({ code: 1, stderr: expect.stringMatching(message) })
    expect(stopped.stderr).toContain('nothing was published')
    const dry = await run('push', '--config', 'routing.yml', '--dry-run')
    expect(dry).toMatchObject({ code: 1, stdout: expect.stringMatching(message) })
    expect([api.writes, (await live()).revision]).toEqual([0, first])
    const others = flag === '--allow-empty' ? ['--allow-shrink'] : []
    const passed = await run('push', '--config', 'routing.yml', flag, ...others)
    expect(passed).toMatchObject({ code: 0, stderr: '' })
    expect((await history())[0]).toMatchObject({
      state: 'live',
      allowed: [flag, ...others].map((name) => name.slice(2)),
    })
  })

  test('for more than the account has, after a warning', async () => {
    const { push, write, run, said } = await project()
    await push('a')
    const routers = (count: number) => routing('a', ...Array.from({ length: count }, (_, at) => `r${at}`))
    write('routing.yml', routers(10))
    expect(await said('push', '--config', 'routing.yml', '--tier', 'free', '--dry-run')).toMatch(
      /^warning: the plan takes much of the CPU of the first request: about [56]\.\d of 10 ms \(\d\d %\)\n/,
    )
    write('routing.yml', routers(200))
    const stopped = await run('push', '--config', 'routing.yml', '--tier', 'free')
    expect(stopped).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/it takes too much: CPU of the first request: about \d+ of 10 ms \(1\d\d %\)\n$/),
    })
    expect(await said('push', '--config', 'routing.yml')).toContain('201 routers')
  })

  test('for an install configuration', async () => {
    const { api, write, run } = await project()
    write('traefik.yml', 'entryPoints: {web: {address: ":80"}}\nproviders: {file: {filename: dyn.yml}}\n')
    const { code, stderr } = await run('push', '--config', 'traefik.yml')
    expect(code).toBe(1)
    expect(stderr).toContain(
      'traefik.yml is an install configuration (entryPoints, providers): nothing was published. Did you mean `signalbox edge push --config dyn.yml --configFile traefik.yml`?',
    )
    expect(api.seen).toEqual([])
  })

  test('for keys that the Worker does not trust', async () => {
    const { api, key, env, folder, write } = await project()
    write('routing.yml', routing('a'))
    const other = await generateSigningKey()
    const wrangler = (keys: string) =>
      write('wrangler.jsonc', {
        vars: { SIGNALBOX_PUBLIC_KEYS: 'of nobody' },
        env: {
          staging: {
            kv_namespaces: [{ binding: 'SIGNALBOX_KV', id: 'ns1' }],
            vars: { SIGNALBOX_PUBLIC_KEYS: keys, SIGNALBOX_AUDIENCE: 'shop/staging' },
          },
        },
      })
    const push = () => edge(['push', '--config', 'routing.yml', '--env', 'staging'], env, folder)
    for (const [keys, message] of [
      ['', 'has no key in SIGNALBOX_PUBLIC_KEYS, so that the Worker would refuse every plan'],
      [
        other.publicKey,
        `the Worker would refuse a plan that is signed by ${key.publicKey}: wrangler.jsonc, environment`,
      ],
    ] as const) {
      wrangler(keys)
      expect(await push()).toMatchObject({ code: 1, stderr: expect.stringContaining(message) })
    }
    expect(api.seen).toEqual([])
    wrangler(`${other.publicKey}, ${key.publicKey}`)
    expect(await push()).toMatchObject({ code: 0, stderr: '' })
    const reader = { keys: await importPublicKeys(key.publicKey), audience: 'shop/staging' }
    expect((await openPlan(api.values.get('plan')!.value, reader)).head.audience).toBe('shop/staging')
    const elsewhere = [
      'push',
      '--config',
      'routing.yml',
      '--namespace-id',
      'ns1',
      '--audience',
      'shop/other',
      '--force',
    ]
    expect(await edge(elsewhere, env, folder)).toMatchObject({ code: 0, stderr: '' })
    expect((await openPlan(api.values.get('plan')!.value, { ...reader, audience: 'shop/other' })).head.rollbackOf).toBe(
      null,
    )
  })

  test('for a revision that is not the one it was made from', async () => {
    const { push, run, write, live } = await project()
    const first = await push('a')
    const second = await push('a', 'b')
    write('routing.yml', routing('a', 'b', 'c'))
    const from = (...more: string[]) => run('push', '--config', 'routing.yml', '--from', String(first), ...more)
    expect(await from()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`made from revision ${first}, but revision ${second} is live`),
    })
    expect((await live()).revision).toBe(second)
    expect((await from('--force')).code).toBe(0)
    expect((await live()).routers).toEqual(['a@file', 'b@file', 'c@file'])
  })

  test('for secrets that the Worker does not have', async () => {
    const { api, env, folder, key, write } = await project()
    const users = ['ann:$' + '{secret:ANN}', 'bob:$' + '{secret:BOB}', 'cid:$' + '{secret:IN_STORE}']
    const { http } = routing('a')
    const routers = { a: { ...http.routers.a, middlewares: ['users'] } }
    write('routing.yml', { http: { ...http, routers, middlewares: { users: { basicAuth: { users } } } } })
    const staging = {
      kv_namespaces: [{ binding: 'SIGNALBOX_KV', id: 'ns1' }],
      vars: { SIGNALBOX_PUBLIC_KEYS: key.publicKey },
      secrets_store_secrets: [{ binding: 'IN_STORE', store_id: 's', secret_name: 'n' }],
    }
    write('wrangler.jsonc', { name: 'shop', env: { staging } })
    const push = (...args: string[]) =>
      edge(['push', '--config', 'routing.yml', '--env', 'staging', ...args], env, folder)
    // A Worker that has not been deployed yet has no list.
    expect(await push()).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^whether the Worker has the secrets ANN, BOB, IN_STORE was not compared: .* 404/m),
    })
    api.deployed.add('shop-staging')
    api.secrets.set('shop-staging', ['BOB'])
    api.failAt(null)
    const stopped = await push()
    expect(stopped).toMatchObject({ code: 1, stdout: '' })
    expect(stopped.stderr).toContain(
      'the Worker has no secret for $' +
        '{secret:ANN}, which users@file would be disabled without: `npx wrangler secret put ANN --env staging` sets it',
    )
    expect(stopped.stderr).not.toMatch(/BOB|IN_STORE/)
    expect(api.writes).toBe(0)
    expect((await push('--dry-run')).stdout).toContain('no secret for')
    api.secrets.set('shop-staging', ['ANN', 'BOB'])
    expect(await push()).toMatchObject({ code: 0, stderr: '' })
  })
})
