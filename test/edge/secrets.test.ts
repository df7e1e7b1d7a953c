import { expect, test } from 'vitest'
import { publish } from '../../adapters/cli/edge/publish.ts'
import { generateSigningKey } from '../../adapters/cli/edge/signing-keys.ts'
import { planFile } from '../../adapters/cli/plan-file.ts'
import { temporaryFile } from './files.ts'
import { echo, planOf, worker } from './proxy.ts'
import { configuration, of, secrets, sha1, tellers, textsOf } from './secret-configuration.ts'

const key = await generateSigningKey()
test('texts of the Worker are put in by the worker, and are in nothing that is published or shown', async () => {
  const { url } = await echo('a')
  const named = url.replace('127.0.0.1', 'localhost')
  const started = await worker({
    SIGNALBOX_PUBLIC_KEYS: key.publicKey,
    SIGNALBOX_REFRESH_MS: '600000',
    SIGNALBOX_LOG_LEVEL: 'panic',
    ...secrets,
  })
  const plan = await planOf(configuration(named))
  await publish(started.kv, plan, key, Date.now())
  const ask = (path: string, headers: Record<string, string> = {}) =>
    fetch(new URL(path, started.url), { headers, redirect: 'manual' })
  const seenAt = async (path: string) =>
    (await (await ask(path)).json()) as { url: string; headers: Record<string, string> }

  const credentials = { authorization: `Basic ${btoa('ann:sesame')}` }
  expect((await ask('/basic')).status).toBe(401)
  expect((await ask('/basic', credentials)).status).toBe(200)
  expect((await ask('/digest')).headers.get('www-authenticate')).toContain('Digest')
  expect((await seenAt('/fields')).headers.authorization).toBe(`Bearer ${secrets.BEARER}`)
  expect((await ask('/fields')).headers.get('x-key')).toBe(secrets.ANSWER)
  expect((await seenAt('/prefix')).url).toBe(`/${secrets.PREFIX}/prefix`)
  expect((await seenAt('/path')).url).toBe(`/${secrets.PATH_KEY}`)
  expect((await ask('/away')).headers.get('location')).toBe(`https://other.test/${secrets.TARGET}`)
  expect((await ask('/auth')).status).toBe(200)
  expect((await seenAt('/pages')).url).toBe(`/page?key=${secrets.PAGE}`)
  expect(await (await ask('/body')).text()).toBe(secrets.BODY)
  expect((await ask('/user')).status).toBe(200)
  // Its element is disabled, and says which one is missing.
  expect((await ask('/missing')).status).toBe(404)

  const shown = await (await ask('/api/rawdata')).text()
  expect(shown).toContain(of('PREFIX'))
  expect(shown).toContain(`${of('NOBODY_KNOWS')} is not there`)
  const stored = await Promise.all(
    (await started.kv.list('')).map(async ({ name, metadata }) => {
      const value = Buffer.from((await started.kv.get(name)) ?? [])
      return [JSON.stringify(metadata), ...textsOf(value)].join('\n')
    }),
  )
  expect(stored.join('\n')).toContain('PathPrefix')
  expect(tellers([JSON.stringify(plan), shown, ...stored])).toEqual([])
})

test('check --target edge: credentials in the clear are warned of, and nothing of a machine can be meant', async () => {
  const file = temporaryFile(
    'dynamic.yml',
    JSON.stringify({
      http: {
        routers: { r: { rule: 'PathPrefix(`/`)', service: 's', middlewares: ['users', 'fields', 'machine', 'fine'] } },
        services: { s: { loadBalancer: { servers: [{ url: 'http://ann:pw@app.test' }] } } },
        middlewares: {
          users: { basicAuth: { users: [`ann:{SHA}${sha1('x')}`] } },
          fields: { headers: { customRequestHeaders: { Authorization: 'Bearer 123', 'X-Plain': 'text' } } },
          machine: { addPrefix: { prefix: `/\${env:HOME}` } },
          fine: { headers: { customRequestHeaders: { Authorization: `Bearer ${of('A')}` } } },
        },
      },
    }),
  )
  const { problems } = await planFile(file, { target: 'edge', install: null })
  const found = problems
    .filter(({ message }) => /in the clear|of a machine/.test(message))
    .map(({ severity, path }) => `${severity} ${path.slice(1).join('.')}`)
  expect(found.sort()).toEqual([
    'error middlewares.machine.addPrefix.prefix',
    'warning middlewares.fields.headers.customRequestHeaders.Authorization',
    'warning middlewares.users.basicAuth.users.0',
    'warning services.s.loadBalancer.servers.0.url',
  ])
})
