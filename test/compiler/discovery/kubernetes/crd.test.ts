import { describe, expect, test } from 'vitest'
import { deriveCrd } from '../../../../src/compiler/discovery/kubernetes/crd/derive.ts'
import { mismatches } from '../../expectation.ts'
import { facts } from '../facts.ts'
import { worldOf } from './manifests.ts'

interface Fact {
  readonly name: string
  readonly objects: string
  readonly provider?: object
  readonly expect: Record<string, Record<string, Record<string, unknown>>> & { readonly noRouters?: boolean }
}

describe('custom resources of the conformance data', () => {
  test.each(facts<Fact>('crd'))('$name', ({ objects, provider, expect: { noRouters, ...wanted } }) => {
    const { config } = deriveCrd(worldOf(objects), { ...provider })
    expect(mismatches(wanted, config)).toEqual([])
    const derived = config as Record<string, Record<string, object> | undefined>
    for (const [section, maps] of Object.entries(wanted)) {
      for (const map of ['routers', 'middlewares']) {
        if (maps[map] === undefined) continue
        expect(Object.keys(derived[section]?.[map] ?? {}).sort()).toEqual(Object.keys(maps[map]).sort())
      }
    }
    if (noRouters === true) {
      for (const section of ['http', 'tcp', 'udp']) expect(Object.keys(derived[section]?.routers ?? {})).toEqual([])
    }
  })
})

test('names of which the certificate of a server must have one', () => {
  const transport = `{apiVersion: traefik.io/v1alpha1, kind: ServersTransport, metadata: {name: t}, spec: {peerCertSANs: [{type: URI, value: "spiffe://x"}]}}`
  const { config, problems } = deriveCrd(worldOf(transport), {})
  expect(problems).toEqual([])
  expect(config.http!.serversTransports!['default-t']).toMatchObject({
    peerCertSANs: [{ type: 'URI', value: 'spiffe://x' }],
  })
})
