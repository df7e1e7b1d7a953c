import { describe, expect, test } from 'vitest'
import { fnv64 } from '../../../src/compiler/discovery/fnv.ts'
import type { DynamicConfig } from '../../../src/compiler/dynamic/dynamic.ts'
import { emptyInstall, installDefaults } from '../../../src/compiler/install/defaults.ts'
import { compile } from '../../../src/compiler/planning/compile.ts'
import { Host } from '../../../src/runtime/host.ts'
import { loadAllKinds } from '../../../src/runtime/load-kinds.ts'
import { apiOptions } from '../../support/api.ts'
import { fetchApi } from '../../support/fetch-api.ts'
import { fakePorts } from '../../support/ports.ts'

const kinds = await loadAllKinds()

const reason = 'HTTP router r defined multiple times with different configurations in container a, container b'

/** What the API says of a configuration. */
async function ask(config: DynamicConfig, path: string): Promise<Record<string, unknown>> {
  const install = installDefaults(emptyInstall())
  const plan = compile(new Map([['docker', config]]), { install, target: 'node', readFile: () => '' })
  const host = new Host({ ports: fakePorts() })
  host.apply(plan, { kinds, internal: new Map(), observer: null })
  const api = fetchApi(() => host.switch.current, apiOptions)
  return (await (await api(new Request(`http://api${path}`))).json()) as Record<string, unknown>
}

describe('elements that a provider took out', () => {
  const disabled = (section: 'http' | 'tcp' | 'udp', kind: 'routers' | 'services' | 'middlewares') =>
    ({ http: {}, disabled: [{ section, kind, name: 'r', reason, definition: { rule: 'Path(`/`)' } }] }) as DynamicConfig

  test.each([
    ['http', 'routers'],
    ['http', 'services'],
    ['http', 'middlewares'],
    ['tcp', 'routers'],
    ['tcp', 'services'],
    ['tcp', 'middlewares'],
    ['udp', 'routers'],
    ['udp', 'services'],
  ] as const)('are shown as disabled: %s %s', async (section, kind) => {
    const shown = await ask(disabled(section, kind), `/api/${section}/${kind}/r@docker`)
    expect(shown).toMatchObject({ name: 'r@docker', status: 'disabled', error: [reason], provider: 'docker' })
  })

  test('who names one is told why it is gone', async () => {
    const config = { ...disabled('http', 'services'), http: { routers: { a: { rule: 'Path(`/`)', service: 'r' } } } }
    expect(await ask(config, '/api/http/routers/a@docker')).toMatchObject({ status: 'disabled', error: [reason] })
  })
})

test('a router with the default rule marks its requests, by the hash that Traefik takes', () => {
  const install = installDefaults(emptyInstall())
  const config = { http: { routers: { shop: { rule: 'Host(`shop`)', service: 's', defaultRule: true } } } }
  const plan = compile(new Map([['docker', config]]), { install, target: 'node', readFile: () => '' })
  expect(plan.routers['shop@docker']?.recursionMark).toBe(fnv64('shop@docker').toString(16))
  expect(plan.routers['shop@docker']?.definition).not.toHaveProperty('defaultRule')
  // FNV-1 of the empty text is its offset, of `a` a known value.
  expect([fnv64('').toString(16), fnv64('a').toString(16)]).toEqual(['cbf29ce484222325', 'af63bd4c8601b7be'])
})
