import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { planFile } from '../../adapters/cli/plan-file.ts'
import type { Plan } from '../../src/plan/plan.ts'

/** 100 routers by host and path, each behind the same five middlewares. */
export async function benchPlan(origin: string): Promise<Plan> {
  const middlewares = ['strip', 'prefix', 'fields', 'allow', 'more']
  const routers = Object.fromEntries(
    Array.from({ length: 100 }, (_, at) => [
      `r${at}`,
      { rule: `Host(\`app${at}.example.test\`) && PathPrefix(\`/app\`)`, service: 's', middlewares },
    ]),
  )
  const dynamic = {
    http: {
      routers,
      services: { s: { loadBalancer: { servers: [{ url: origin }] } } },
      middlewares: {
        strip: { stripPrefix: { prefixes: ['/app'] } },
        prefix: { addPrefix: { prefix: '/v1' } },
        fields: {
          headers: { customRequestHeaders: { 'X-Edge': 'yes' }, customResponseHeaders: { 'X-Frame-Options': 'DENY' } },
        },
        allow: { ipAllowList: { sourceRange: ['203.0.113.0/24'] } },
        more: { headers: { customRequestHeaders: { 'X-Team': 'blue' } } },
      },
    },
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'signalbox-'))
  try {
    const file = path.join(folder, 'dynamic.yml')
    writeFileSync(file, JSON.stringify(dynamic))
    const { plan, problems } = await planFile(file, { target: 'edge', install: null })
    if (plan === null) throw new Error(problems.map(({ message }) => message).join('; '))
    return plan
  } finally {
    rmSync(folder, { recursive: true })
  }
}
