import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { deriveIngresses } from '../../../../src/compiler/discovery/kubernetes/ingress/derive.ts'
import type { IngressOptions } from '../../../../src/compiler/discovery/kubernetes/ingress/options.ts'
import { mismatches } from '../../expectation.ts'
import { facts as conformance } from '../facts.ts'
import { worldOf } from './manifests.ts'

/**
 * What Traefik 3.7.15 made of these manifests, read from an API server (1.36.3) that took them, as its debug log shows
 * it; and what it wrote into their status.
 */
interface Fact {
  readonly name: string
  readonly manifests: string
  readonly options: IngressOptions
  readonly expect: Readonly<Record<string, Readonly<Record<string, object>>>>
  readonly statuses?: Readonly<Record<string, { readonly loadBalancer: object }>>
}

const read = (name: string) =>
  readFileSync(path.join(import.meta.dirname, '../../../facts/kubernetes-ingress', name), 'utf8')

const facts = JSON.parse(read('facts.json')) as readonly Fact[]

describe('Ingresses as Traefik 3.7.15 reads them', () => {
  test.each(facts)('$name', ({ manifests, options, expect: wanted, statuses: status }) => {
    const { config, statuses } = deriveIngresses(worldOf(read(manifests)), options)
    expect(mismatches(wanted, config)).toEqual([])
    for (const map of ['routers', 'services'] as const) {
      const names = Object.keys(config.http?.[map] ?? {}).sort()
      expect(names, map).toEqual(Object.keys(wanted.http?.[map] ?? {}).sort())
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

interface ConformanceCase {
  readonly name: string
  readonly objects: string
  readonly provider?: IngressOptions
  readonly expect: Readonly<Record<string, Readonly<Record<string, object>>>>
  readonly noRouters?: true
}

describe('facts about Traefik', () => {
  test.each(conformance<ConformanceCase>('ingress'))(
    '$name',
    ({ objects, provider = {}, expect: wanted, noRouters }) => {
      const { config } = deriveIngresses(worldOf(objects), provider)
      expect(mismatches(wanted, config)).toEqual([])
      if (noRouters === true) expect(Object.keys(config.http?.routers ?? {})).toEqual([])
      const { routers } = wanted.http ?? {}
      if (routers !== undefined)
        expect(Object.keys(config.http?.routers ?? {}).sort()).toEqual(Object.keys(routers).sort())
    },
  )
})
