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
