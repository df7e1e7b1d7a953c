import { readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { importPublicKeys } from '../../src/plan/signed-line.ts'
import { openPlan, openPlanHead } from '../../src/plan/signed-plan.ts'
import { fakeApi } from './cloudflare-api.ts'
import { edge, keygen } from './command.ts'
import { temporaryFile, temporaryFolder } from './files.ts'

const dynamic = (path: string) =>
  JSON.stringify({
    http: {
      routers: { r: { rule: `Path(\`${path}\`)`, service: 's' } },
      services: { s: { loadBalancer: { passHostHeader: false, servers: [{ url: 'http://app.example.test' }] } } },
    },
  })

describe('edge push', () => {
  test('publishes a signed plan, keeps earlier ones, and brings one back', async () => {
    const api = await fakeApi()
    const key = await keygen()
    const { env } = api
    const where = ['--namespace-id', 'ns1', '--key', key.file]
    const reader = { keys: await importPublicKeys(key.publicKey), audience: '' }
    const published = async () => {
      const { head, requires, plan } = await (await openPlan(api.values.get('plan')!.value, reader)).publication()
      return { ...head, requires, plan }
    }

    const first = await edge(['push', '--config', temporaryFile('a.yml', dynamic('/first')), ...where], env)
    expect(first).toMatchObject({ code: 0, stderr: '' })
    expect(first.stdout).toMatch(/^Published revision \d+ to KV namespace ns1: 1 routers, 1 services, 0 middlewares\n$/)
    const one = await published()
    expect(Object.keys(one.plan.routers)).toEqual(['r@file'])
    const { head } = JSON.parse(api.values.get('plan')!.metadata)
    expect(await openPlanHead(head, reader)).toMatchObject({ revision: one.revision })
    expect(Buffer.from(api.values.get('plan-head')!.value).toString()).toBe(head)
    expect(api.values.get(`plan:${one.revision}`)?.ttl).toBe('2592000')

    // The key by the environment, the namespace by wrangler.toml.
    const folder = temporaryFolder()
    writeFileSync(path.join(folder, 'wrangler.toml'), '[[kv_namespaces]]\nbinding = "SIGNALBOX_KV"\nid = "ns1"\n')
    const withKey = { ...env, SIGNALBOX_SIGNING_KEY: readFileSync(key.file, 'utf8') }
    await edge(['push', '--config', temporaryFile('b.yml', dynamic('/second'))], withKey, folder)
    const two = await published()
    expect((await openPlan(api.values.get('plan-previous')!.value, reader)).head.revision).toBe(one.revision)
    expect(two.revision).toBeGreaterThan(one.revision)

    const back = await edge(['rollback', ...where], env)
    expect(back.stdout).toContain(`the plan of revision ${one.revision}`)
    const three = await published()
    expect(three.revision).toBeGreaterThan(two.revision)
    expect(three).toMatchObject({ rollbackOf: one.revision, plan: one.plan })

    const { stdout } = await edge(['history', '--namespace-id', 'ns1', '--json'], env)
    expect(JSON.parse(stdout).map(({ revision }: { revision: number }) => revision)).toEqual([
      three.revision,
      two.revision,
      one.revision,
    ])
  })

  test.each([
    ['a file that is refused', ['push', '--config', 'bad.yml'], 1, /bad\.yml is refused: nothing was published/],
    ['no file', ['push'], 2, /--config FILE is needed/],
    ['an option that there is not', ['push', '--nope'], 2, /--nope/],
    ['a command that there is not', ['nope'], 1, /usage: signalbox edge/],
  ])('%s', async (_what, args, code, message) => {
    const api = await fakeApi()
    const { file } = await keygen()
    const folder = temporaryFolder()
    writeFileSync(path.join(folder, 'bad.yml'), 'http: [')
    const where = args[0] === 'push' ? ['--namespace-id', 'ns1', '--key', file] : []
    const result = await edge([...args, ...where], api.env, folder)
    expect(result).toMatchObject({ code, stderr: expect.stringMatching(message) })
    expect(api.seen.filter((call) => call.startsWith('PUT'))).toEqual([])
  })

  test('no secret is in a message', async () => {
    const api = await fakeApi()
    const env = { ...api.env, CLOUDFLARE_API_TOKEN: 'wrong-token' }
    const config = temporaryFile('a.yml', dynamic('/'))
    const { file } = await keygen()
    const refused = await edge(['push', '--config', config, '--namespace-id', 'ns1', '--key', file], env)
    expect(refused.stderr).toContain("Cloudflare's API answered 401: Invalid API Token [1000]\nCLOUDFLARE_API_TOKEN is")
    expect(refused.stderr).not.toContain('wrong-token')
    const noKey = await edge(['push', '--config', config, '--namespace-id', 'ns1'], {
      ...env,
      SIGNALBOX_SIGNING_KEY: 'not-really-a-secret',
    })
    expect(noKey.stderr).toBe(
      'signalbox edge push: SIGNALBOX_SIGNING_KEY holds no private key (PKCS #8, as PEM or base64)\n',
    )
  })
})

test('edge keygen writes a file that only its owner reads, and never over another', async () => {
  const { file } = await keygen()
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const again = await edge(['keygen', '--out', file])
  expect(again.code).toBe(1)
})
