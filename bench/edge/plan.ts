import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { planForEdge } from '../../adapters/cli/edge/plan-source.ts'
import type { Plan } from '../../src/plan/plan.ts'

/** What a plan of the bench has beside the rest. */
export interface BenchExtras {
  /** Of the install configuration. */
  readonly install?: object
  /** Behind the five. */
  readonly middlewares?: Readonly<Record<string, object>>
}

/** 100 routers by host and path, each behind the same five middlewares. */
export async function benchPlan(
  origin: string,
  { install, middlewares: others = {} }: BenchExtras = {},
): Promise<Plan> {
  const middlewares = ['strip', 'prefix', 'fields', 'allow', 'more', ...Object.keys(others)]
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
        ...others,
      },
    },
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'signalbox-'))
  try {
    const write = (name: string, content: object): string => {
      const file = path.join(folder, name)
      writeFileSync(file, JSON.stringify(content))
      return file
    }
    const under = planForEdge(install && write('traefik.yml', install))
    const { plan, problems } = await under(write('dynamic.yml', dynamic), 'edge')
    if (plan === null) throw new Error(problems.map(({ message }) => message).join('; '))
    return plan
  } finally {
    rmSync(folder, { recursive: true })
  }
}
