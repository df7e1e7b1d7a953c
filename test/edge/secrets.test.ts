import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { publish } from '../../adapters/cli/edge/publish.ts'
import { generateSigningKey } from '../../adapters/cli/edge/signing-keys.ts'
import { planFile } from '../../adapters/cli/plan-file.ts'
import { temporaryFile } from './files.ts'
import { echo, planOf, worker } from './proxy.ts'

const key = await generateSigningKey()
const md5 = (text: string) => createHash('md5').update(text).digest('hex')
const sha1 = (text: string) => createHash('sha1').update(text).digest('base64')

const secrets: Readonly<Record<string, string>> = {
  BASIC: `{SHA}${sha1('sesame')}`,
  DIGEST: md5('ann:traefik:sesame'),
  BEARER: 'bearer-of-the-request-1f0a',
  ANSWER: 'field-of-the-answer-2e1b',
  PREFIX: 'prefix-3d2c',
  PATH_KEY: 'path-4c3d',
  TARGET: 'target-5b4e',
  ADDRESS: 'query-6a5f',
  SERVER_USER: 'user-7960',
  PROBE: 'probe-8871',
  BODY: 'body-9782',
  PAGE: 'page-a693',
}
const of = (name: string) => `\${secret:${name}}`

const configuration = (url: string) => {
  const rules: Readonly<Record<string, object>> = {
    basic: { basicAuth: { users: [`ann:${of('BASIC')}`] } },
    digest: { digestAuth: { users: [`ann:traefik:${of('DIGEST')}`] } },
    fields: {
      headers: {
        customRequestHeaders: { Authorization: `Bearer ${of('BEARER')}` },
        customResponseHeaders: { 'X-Key': of('ANSWER') },
      },
    },
    prefix: { addPrefix: { prefix: `/${of('PREFIX')}` } },
    path: { replacePath: { path: `/${of('PATH_KEY')}` } },
    away: { redirectRegex: { regex: '.*', replacement: `https://other.test/${of('TARGET')}` } },
    auth: { forwardAuth: { address: `${url}/auth?key=${of('ADDRESS')}` } },
    pages: { errors: { status: ['200'], service: 'plain', query: `/page?key=${of('PAGE')}` } },
    body: { respond: { status: 200, body: of('BODY') } },
  }
  const names = Object.keys(rules)
  const routers = names.map((name) => [
    name,
    { rule: `PathPrefix(\`/${name}\`)`, service: 'plain', middlewares: [name] },
  ])
  return {
    http: {
      routers: {
        ...Object.fromEntries(routers),
        user: { rule: 'PathPrefix(`/user`)', service: 'user' },
        missing: { rule: 'PathPrefix(`/missing`)', service: 'plain', middlewares: ['missing'] },
        api: { rule: 'PathPrefix(`/api`)', service: 'api@internal' },
      },
      middlewares: { ...rules, missing: { addPrefix: { prefix: `/${of('NOBODY_KNOWS')}` } } },
      services: {
        plain: { loadBalancer: { servers: [{ url }] } },
        user: {
          loadBalancer: {
            servers: [{ url: url.replace('//', `//${of('SERVER_USER')}@`) }],
            healthCheck: { path: '/', interval: '1h', headers: { 'X-Probe': of('PROBE') } },
          },
        },
      },
    },
  }
}

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
      return [JSON.stringify(metadata), value.toString('latin1'), ...inflated(value)].join('\n')
    }),
  )
  expect(stored.join('\n')).toContain('PathPrefix')
  for (const text of Object.values(secrets)) {
    for (const form of [text, btoa(text).replace(/=+$/, ''), text.slice(-12)]) {
      expect([JSON.stringify(plan), shown, ...stored].filter((all) => all.includes(form))).toEqual([])
    }
  }
})

/** What is in a value as gzip. */
function inflated(value: Buffer): string[] {
  const texts: string[] = []
  for (
    let at = value.indexOf('\x1f\x8b\x08', 0, 'latin1');
    at !== -1;
    at = value.indexOf('\x1f\x8b\x08', at + 1, 'latin1')
  )
    texts.push(gunzipSync(value.subarray(at)).toString('latin1'))
  return texts
}

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
