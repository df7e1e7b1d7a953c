import { readFileSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'
import { createApi } from '../../src/api/api.ts'
import { internalServices } from '../../src/api/internal-services.ts'
import { createPing } from '../../src/api/ping.ts'
import { HealthTable } from '../../src/health/table.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { allKinds } from '../../src/runtime/all-kinds.ts'
import { link } from '../../src/runtime/linker.ts'
import { apiOptions, missing } from '../support/api.ts'
import { requestOf, TestContext } from '../support/middleware.ts'
import { planOf } from '../support/plan.ts'
import { fakePorts } from '../support/ports.ts'

// The cases use a middleware that comes with a later release.
vi.mock('../../src/middlewares/registry.ts', async (original) => {
  const { middlewareKinds } = await original<typeof import('../../src/middlewares/registry.ts')>()
  return { middlewareKinds: { compress: { build: () => (next: unknown) => next }, ...middlewareKinds } }
})

interface Case {
  readonly name: string
  readonly request: { readonly method: string; readonly path: string }
  readonly expect: {
    readonly status: number
    readonly headers?: Readonly<Record<string, unknown>>
    readonly json?: Record<string, unknown>
    readonly text?: string
    readonly names?: readonly string[]
  }
}

const data = JSON.parse(readFileSync('../shared/conformance/data/api.json', 'utf8')) as {
  dynamic: object
  cases: Case[]
}

/** Elements of protocols that come with a later release. */
const later = new Set(['tcp-router', 'tcp-service', 'tcp-middleware', 'udp-router', 'udp-services'])

/** As far as it depends on what this release has: `compress` and TLS routers are as if they were there. */
function complete(plan: Plan): Plan {
  const zip = plan.middlewares['zip@file']!
  const secure = plan.routers['secure@file']!
  return {
    ...plan,
    middlewares: { ...plan.middlewares, 'zip@file': { ...zip, kind: 'compress', errors: [] } },
    routers: { ...plan.routers, 'secure@file': { ...secure, errors: [] } },
  }
}

const ports = fakePorts()
const entryPoint = {
  address: ':80',
  transport: { lifeCycle: { graceTimeOut: '10s' }, respondingTimeouts: { readTimeout: '1m0s', idleTimeout: '3m0s' } },
  http2: { maxConcurrentStreams: 250 },
  udp: { timeout: '3s' },
}
const snapshot = link(complete(planOf(data.dynamic)), {
  kinds: allKinds,
  ports,
  health: new HealthTable(),
  internal: new Map(),
  observe: null,
})
const services = internalServices({
  api: createApi(() => snapshot, {
    ...apiOptions,
    entryPoints: { web: entryPoint, traefik: entryPoint, dns: entryPoint },
  }),
  dashboard: true,
  ping: createPing(() => false, 503),
})

/** The routers that `api.insecure` and `ping` make. */
async function ask(method: string, target: string) {
  const name = target.startsWith('/ping') ? 'ping' : target.startsWith('/api') ? 'api' : 'dashboard'
  const path = name === 'dashboard' ? target.replace(/^\/dashboard\/?/, '/') : target
  const response = await services.get(`${name}@internal`)!(requestOf({ method, target: path }), new TestContext())
  const { content } = response
  const text =
    typeof content === 'string' || content === null
      ? (content ?? '')
      : new TextDecoder().decode(await content.bytes(1e6))
  return { status: response.status, headers: response.headers, text }
}

describe('cases of the conformance data', () => {
  test.each(data.cases.filter(({ name }) => !later.has(name)))('$name', async ({ request, expect: wanted }) => {
    const { status, headers, text } = await ask(request.method, request.path)
    expect(status).toBe(wanted.status)
    for (const [name, value] of Object.entries(wanted.headers ?? {}))
      expect(missing(value, headers.get(name))).toEqual([])
    if (wanted.text !== undefined) expect(text).toBe(wanted.text)
    if (wanted.names !== undefined)
      expect((JSON.parse(text) as { name: string }[]).map(({ name }) => name)).toEqual(wanted.names)
    if (wanted.json !== undefined) {
      const http = Object.fromEntries(
        Object.entries(wanted.json).filter(
          ([key]) => !/^(?:tcp|udp)/.test(key) || request.path.includes('entrypoints'),
        ),
      )
      expect(missing(http, JSON.parse(text))).toEqual([])
    }
  })

  test.each(data.cases.filter(({ name }) => later.has(name)))('$name: nothing there yet', async ({ request }) => {
    const { status, text } = await ask(request.method, request.path)
    expect([status, text]).toEqual(
      request.path.includes('?') ? [200, '[]\n'] : [404, expect.stringContaining('not found')],
    )
  })
})
