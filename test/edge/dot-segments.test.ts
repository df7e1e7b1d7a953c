import { expect, test } from 'vitest'
import { planForEdge } from '../../adapters/cli/edge/plan-source.ts'
import { publish } from '../../adapters/cli/edge/publish.ts'
import { generateSigningKey } from '../../adapters/cli/edge/signing-keys.ts'
import { temporaryFile } from './files.ts'
import { echo, raw, worker } from './proxy.ts'

test('rules see the path that `fetch` will send, also without sanitizePath', async () => {
  const { url } = await echo('a')
  const install = { entryPoints: { web: { address: ':80', http: { sanitizePath: false } } } }
  const http = {
    routers: {
      admin: { rule: 'PathPrefix(`/admin`)', service: 's', middlewares: ['closed'] },
      rest: { rule: 'PathPrefix(`/`)', service: 's' },
    },
    services: { s: { loadBalancer: { passHostHeader: false, servers: [{ url }] } } },
    middlewares: { closed: { ipAllowList: { sourceRange: ['192.0.2.1'] } } },
  }
  const planFile = planForEdge(temporaryFile('traefik.yml', JSON.stringify(install)))
  const { plan } = await planFile(temporaryFile('dynamic.yml', JSON.stringify({ http })), 'edge')
  const key = await generateSigningKey()
  const started = await worker({ SIGNALBOX_PUBLIC_KEYS: key.publicKey })
  await publish(started.kv, plan!, key, Date.now())
  const ask = (target: string) =>
    raw(started.url, `GET ${target} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n`, '"url":"')
  for (const target of ['/x/../admin', '/x/%2E%2e/admin', '/./admin', '/x/.%2e/y/../admin']) {
    expect([target, await ask(target)]).toEqual([target, expect.stringMatching(/^HTTP\/1.1 403 /)])
  }
  expect(await ask('/x//y/../z')).toMatch(/^HTTP\/1.1 200 /)
})
