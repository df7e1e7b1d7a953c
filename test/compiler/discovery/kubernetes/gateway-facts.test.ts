import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { deriveGateways } from '../../../../src/compiler/discovery/kubernetes/gateway/derive.ts'
import type { GatewayOptions } from '../../../../src/compiler/discovery/kubernetes/gateway/options.ts'
import { mismatches } from '../../expectation.ts'
import { facts as conformance } from '../facts.ts'
import { gatewayOptions } from './gateway-options.ts'
import { worldOf } from './manifests.ts'

interface ConformanceCase {
  readonly name: string
  readonly objects: string
  readonly entryPoints: Readonly<Record<string, string>>
  readonly provider?: Partial<GatewayOptions>
  readonly expect: Readonly<Record<string, Readonly<Record<string, object>>>>
  readonly noRouters?: true
}

/**
 * What Traefik 3.7.15 made of these manifests, read from an API server (1.36.3, Gateway API 1.5.1) that took them, as its
 * API shows it. It does not show servers transports, and which answers stand for services that are not there.
 */
interface Fact {
  readonly name: string
  readonly manifests: string
  readonly options: Partial<GatewayOptions>
  readonly expect: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, object>>>>>>
}

const folder = path.join(import.meta.dirname, '../../../facts/kubernetes-gateway')
const read = (name: string) => readFileSync(path.join(folder, name), 'utf8')
const facts = JSON.parse(read('facts.json')) as readonly Fact[]
const ENTRY_POINTS = { gw: ':18000', gws: ':18443', gwt: ':18090' }

describe('the Gateway API as Traefik 3.7.15 reads it', () => {
  test.each(facts)('$name', ({ manifests, options, expect: wanted }) => {
    const { config } = deriveGateways(worldOf(read(manifests)), gatewayOptions(options, ENTRY_POINTS))
    const derived = config as Record<string, Record<string, Record<string, object>> | undefined>
    for (const [section, maps] of Object.entries(wanted)) {
      for (const [map, elements] of Object.entries(maps)) {
        const { 'deny-unknown-host': denied, ...others } = elements
        const { 'deny-unknown-host': ours, ...own } = derived[section]?.[map] ?? {}
        // Ours does it elsewhere, and earlier: gateway-tls.test.ts.
        expect(ours === undefined, map).toBe(denied === undefined)
        expect(mismatches(others, own)).toEqual([])
        expect(Object.keys(own).sort(), `${section}.${map}`).toEqual(Object.keys(others).sort())
      }
    }
  })
})

describe('facts about Traefik', () => {
  test.each(conformance<ConformanceCase>('gateway'))(
    '$name',
    ({ objects, entryPoints, provider = {}, expect: wanted, noRouters }) => {
      const { config } = deriveGateways(worldOf(objects), gatewayOptions(provider, entryPoints))
      expect(mismatches(wanted, config)).toEqual([])
      if (noRouters === true) expect(Object.keys(config.http?.routers ?? {})).toEqual([])
      const { routers } = wanted.http ?? {}
      if (routers !== undefined)
        expect(Object.keys(config.http?.routers ?? {}).sort()).toEqual(Object.keys(routers).sort())
    },
  )
})
