import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { deriveNginx } from '../../../../src/compiler/discovery/kubernetes/ingress-nginx/derive.ts'
import { mismatches } from '../../expectation.ts'
import { worldOf } from './manifests.ts'
import { nginxOptions } from './nginx-options.ts'

/**
 * What Traefik 3.7.15 made of these manifests, read from an API server (1.36.3) that took them, as its debug log shows
 * it; and what it wrote into their status. Recorded by `test/servers/record-facts.mjs`.
 */
interface Fact {
  readonly name: string
  readonly manifests: string
  readonly options: Parameters<typeof nginxOptions>[0]
  readonly expect: Readonly<Record<string, Readonly<Record<string, object>>>>
  readonly statuses?: Readonly<Record<string, { readonly loadBalancer: object }>>
}

const read = (name: string) =>
  readFileSync(path.join(import.meta.dirname, '../../../facts/kubernetes-ingress-nginx', name), 'utf8')

const facts = JSON.parse(read('facts.json')) as readonly Fact[]

describe('annotations of ingress-nginx as Traefik 3.7.15 reads them', () => {
  test.each(facts)('$name', ({ manifests, options, expect: wanted, statuses: status }) => {
    const { config, statuses } = deriveNginx(worldOf(read(manifests)), nginxOptions(options))
    expect(mismatches(wanted, config)).toEqual([])
    for (const [section, map] of [
      ...(['routers', 'services', 'middlewares', 'serversTransports'] as const).map((map) => ['http', map] as const),
      ...(['routers', 'services'] as const).map((map) => ['tcp', map] as const),
      ['tls', 'options'] as const,
    ]) {
      const ours = (config[section] ?? {}) as Readonly<Record<string, object>>
      expect(Object.keys(ours[map] ?? {}).sort(), map).toEqual(Object.keys(wanted[section]?.[map] ?? {}).sort())
    }
    if (status === undefined) return
    const written = new Map(
      statuses.map((one) => [`${one.object.metadata.namespace}/${one.object.metadata.name}`, one]),
    )
    for (const [name, { loadBalancer }] of Object.entries(status)) {
      expect(written.get(name)?.status.loadBalancer ?? {}, name).toEqual(loadBalancer)
    }
  })
})
