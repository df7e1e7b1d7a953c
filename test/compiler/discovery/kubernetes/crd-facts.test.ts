import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { deriveCrd } from '../../../../src/compiler/discovery/kubernetes/crd/derive.ts'
import type { CrdOptions } from '../../../../src/compiler/discovery/kubernetes/crd/options.ts'
import { mismatches } from '../../expectation.ts'
import { worldOf } from './manifests.ts'

/**
 * What Traefik 3.7.15 made of these manifests, read from an API that served them, as its debug log shows it. It does not
 * show what comes from Secrets of transports and stores, and cipher suites only where they are not the default ones.
 */
interface Fact {
  readonly name: string
  readonly manifests: string
  readonly options: CrdOptions
  readonly expect: Readonly<Record<string, Readonly<Record<string, object>>>>
}

const read = (name: string) =>
  readFileSync(path.join(import.meta.dirname, '../../../facts/kubernetes-crd', name), 'utf8')

const facts = JSON.parse(read('facts.json')) as readonly Fact[]

const SHOWN = ['routers', 'services', 'middlewares', 'serversTransports', 'options']

describe('custom resources as Traefik 3.7.15 reads them', () => {
  test.each(facts)('$name', ({ manifests, options, expect: wanted }) => {
    const { config } = deriveCrd(worldOf(read(manifests)), options)
    expect(mismatches(wanted, config)).toEqual([])
    const derived = config as Record<string, Record<string, object> | undefined>
    for (const section of ['http', 'tcp', 'udp', 'tls']) {
      for (const map of SHOWN) {
        const names = Object.keys(derived[section]?.[map] ?? {}).sort()
        expect(names, `${section}.${map}`).toEqual(Object.keys(wanted[section]?.[map] ?? {}).sort())
      }
    }
  })
})
