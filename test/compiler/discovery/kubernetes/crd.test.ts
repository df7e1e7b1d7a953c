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

test('of two routes with the same rule in one IngressRouteTCP the second one counts', () => {
  const manifests = `
{apiVersion: v1, kind: Service, metadata: {name: a, namespace: x}, spec: {type: ExternalName, externalName: a.test, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: b, namespace: x}, spec: {type: ExternalName, externalName: b.test, ports: [{port: 80}]}}
---
{apiVersion: traefik.io/v1alpha1, kind: IngressRouteTCP, metadata: {name: r, namespace: x}, spec: {routes: [
  {match: HostSNI(\`*\`), services: [{name: a, port: 80}]},
  {match: HostSNI(\`*\`), services: [{name: a, port: 80}, {name: b, port: 80}]}]}}`
  const { tcp } = deriveCrd(worldOf(manifests), { allowExternalNameServices: true }).config
  expect(Object.keys(tcp!.routers!)).toHaveLength(1)
  const { service } = Object.values(tcp!.routers!)[0]!
  expect(tcp!.services![service!]).toMatchObject({
    weighted: { services: [{ name: `${service}-a-80` }, { name: `${service}-b-80` }] },
  })
})
