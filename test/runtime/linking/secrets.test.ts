import { expect, test } from 'vitest'
import { readDynamicText } from '../../../src/compiler/dynamic/read.ts'
import { loadInstall } from '../../../src/compiler/install/load.ts'
import { compile } from '../../../src/compiler/planning/compile.ts'
import type { SecretOf } from '../../../src/plan/secrets.ts'
import { Host } from '../../../src/runtime/host.ts'
import { loadAllKinds } from '../../../src/runtime/load-kinds.ts'
import { requestOf } from '../../support/middleware.ts'
import { fakePorts } from '../../support/ports.ts'
import { ClientContext } from '../../support/services.ts'

const kinds = await loadAllKinds()
const flags = ['--entryPoints.web.address=127.0.0.1:0']
const install = loadInstall({ args: flags, env: {}, exists: () => false, readFile: () => '' }).install!

/** A router with one middleware, of this provider. */
function serving(m: object, secretOf: SecretOf, provider = 'file') {
  const http = {
    routers: { r: { rule: 'PathPrefix(`/`)', service: 's', middlewares: ['m'], entryPoints: ['web'] } },
    services: { s: { loadBalancer: { servers: [{ url: 'http://app' }] } } },
    middlewares: { m },
  }
  const { value } = readDynamicText(JSON.stringify({ http }), 'json', null)
  const plan = compile(new Map([[provider, value!]]), { install, target: 'node', readFile: () => '' })
  const seen: (string | null)[] = []
  const ports = fakePorts((request) => {
    seen.push(request.headers.get('authorization') ?? null)
    return { status: 200 } as never
  })
  const host = new Host({ ports: { ...ports, secretOf } })
  const snapshot = host.apply(plan, { kinds, internal: new Map(), observer: null })
  return { plan, snapshot, seen, reasons: snapshot.report.middlewares.get(`m@${provider}`)!.errors }
}

const authorization = { headers: { customRequestHeaders: { Authorization: `Bearer \${secret:TOKEN}` } } }

test('a text is put in where the element is linked, and is nowhere in the plan', async () => {
  const { plan, snapshot, seen } = serving(authorization, (source, name) => `${source}-${name}-hunter2`)
  expect(JSON.stringify(plan)).not.toContain('hunter2')
  await Promise.resolve(snapshot.http.get('web')!.plain(requestOf(), new ClientContext())).catch(() => null)
  expect(seen).toEqual(['Bearer secret-TOKEN-hunter2'])
})

test.each([
  ['that is not there', () => null, `\${secret:TOKEN} is not there`],
  ['with a line break', () => 'a\nX-Admin: 1', `\${secret:TOKEN} is more than printable ASCII on one line`],
])('an element is disabled by a text %s', (_, secretOf, reason) => {
  expect(serving(authorization, secretOf).reasons).toEqual([reason])
})

test("others than the operator's files get nothing put in", async () => {
  const { snapshot, seen } = serving(authorization, () => 'hunter2', 'docker')
  await Promise.resolve(snapshot.http.get('web')!.plain(requestOf(), new ClientContext())).catch(() => null)
  expect(seen).toEqual([`Bearer \${secret:TOKEN}`])
})

test('what must be known when it is planned can be no secret', () => {
  const { reasons, plan } = serving({ ipAllowList: { sourceRange: [`\${secret:RANGE}`] } }, () => '10.0.0.0/8')
  expect(reasons).toEqual([expect.stringContaining(`\${secret:RANGE}`)])
  expect(plan.problems.map(({ severity }) => severity)).toEqual(['error'])
})
