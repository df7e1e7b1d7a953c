import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { deriveKnative } from '../../../../src/compiler/discovery/kubernetes/knative/derive.ts'
import type { KnativeOptions } from '../../../../src/compiler/discovery/kubernetes/knative/options.ts'
import { ObjectWorld } from '../../../../src/compiler/discovery/kubernetes/world.ts'
import { mismatches } from '../../expectation.ts'
import { objectsOf } from './manifests.ts'

/**
 * What Traefik 3.7.15 made of these manifests, read from an API server (1.36.3) that has the definition of Knative 1.20,
 * as its debug log shows it; and what it wrote into their status. Recorded by `test/servers/record-facts.mjs`.
 */
interface Fact {
  readonly name: string
  readonly manifests: string
  readonly options: KnativeOptions
  readonly expect: Readonly<Record<string, Readonly<Record<string, object>>>>
  readonly statuses: Readonly<Record<string, object>>
}

const read = (name: string) => readFileSync(path.join(import.meta.dirname, '../../../facts/knative', name), 'utf8')

const facts = JSON.parse(read('facts.json')) as readonly Fact[]

/** What a provider reads with these options, at the generation that a new object has. */
function worldFor(manifests: string, { namespaces = [], labelSelector = '' }: KnativeOptions): ObjectWorld {
  const world = new ObjectWorld()
  const [key = '', value = ''] = labelSelector.split('=')
  for (const object of objectsOf(read(manifests))) {
    const { namespace = '', labels = {} } = object.metadata
    if (namespaces.length > 0 && !namespaces.includes(namespace)) continue
    if (object.kind === 'Ingress' && key !== '' && labels[key] !== value) continue
    world.set({ ...object, metadata: { ...object.metadata, generation: 1 } })
  }
  return world
}

describe('Ingresses of Knative as Traefik 3.7.15 reads them', () => {
  test.each(facts)('$name', ({ manifests, options, expect: wanted, statuses: status }) => {
    const { config, statuses } = deriveKnative(worldFor(manifests, options), options)
    expect(mismatches(wanted, config)).toEqual([])
    for (const map of ['routers', 'services', 'middlewares'] as const) {
      const ours = (config.http?.[map] ?? {}) as Readonly<Record<string, object>>
      expect(Object.keys(ours).sort(), map).toEqual(Object.keys(wanted.http?.[map] ?? {}).sort())
    }
    const written = Object.fromEntries(
      statuses.map((one) => [`${one.object.metadata.namespace}/${one.object.metadata.name}`, one.status]),
    )
    for (const [name, one] of Object.entries(status)) expect(written[name] ?? {}, name).toEqual(one)
  })

  test('headers of a share and certificates, which the log does not show', () => {
    const { config } = deriveKnative(worldFor('ingresses.yaml', {}), {})
    expect(config.http!.services!['one-hello-rule-1-path-1-wrr']).toEqual({
      weighted: {
        services: [
          { name: 'one-hello-rule-1-path-1-split-0', weight: 90, headers: { 'Knative-Serving-Revision': 'first' } },
          { name: 'one-hello-rule-1-path-1-split-1', weight: 10 },
        ],
      },
    })
    expect(config.tls).toEqual({ certificates: [{ certFile: 'CERTIFICATE', keyFile: 'KEY' }] })
  })
})
