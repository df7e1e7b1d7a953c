import { expect, test } from 'vitest'
import { deriveCrd } from '../../../../src/compiler/discovery/kubernetes/crd/derive.ts'
import { compile } from '../../../../src/compiler/planning/compile.ts'
import { installOf } from '../../../support/install.ts'
import { worldOf } from './manifests.ts'

const MANIFESTS = `
{apiVersion: traefik.io/v1alpha1, kind: IngressRoute, metadata: {name: parent}, spec: {entryPoints: [web], routes: [{match: Host(\`a\`)}]}}
---
{apiVersion: traefik.io/v1alpha1, kind: IngressRoute, metadata: {name: child}, spec: {parentRefs: [{name: parent}], routes: [{match: Path(\`/x\`), services: [{name: shop, port: 80}]}]}}
---
{apiVersion: traefik.io/v1alpha1, kind: IngressRoute, metadata: {name: loud}, spec: {parentRefs: [{name: parent}], routes: [{match: Path(\`/y\`), observability: {accessLogs: false}, services: [{name: shop, port: 80}]}]}}
---
{apiVersion: traefik.io/v1alpha1, kind: IngressRoute, metadata: {name: silent}, spec: {parentRefs: [{name: parent}], routes: [{match: Path(\`/z\`), observability: {}, services: [{name: shop, port: 80}]}]}}
---
{apiVersion: traefik.io/v1alpha1, kind: TraefikService, metadata: {name: several}, spec: {weighted: {services: [{name: shop, port: 80}]}, mirroring: {name: shop, port: 80, healthCheck: {interval: often}}}}
---
{apiVersion: traefik.io/v1alpha1, kind: TraefikService, metadata: {name: broken}, spec: {mirroring: {name: shop, port: 80, healthCheck: {interval: often}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: shop}, spec: {ports: [{port: 80}]}}
---
{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: shop-1, labels: {kubernetes.io/service-name: shop}}, ports: [{port: 8080}], endpoints: [{addresses: [10.0.0.1], conditions: {ready: true}}]}
`

const plan = compile(new Map([['kubernetescrd', deriveCrd(worldOf(MANIFESTS), { safeNaming: true }).config]]), {
  install: installOf({ entryPoints: { web: { address: ':80' } } }),
  target: 'node',
  readFile(path) {
    throw new Error(`open ${path}: no such file or directory`)
  },
})

const ingress = (name: string) => ({ metadata: { ingress: { namespace: 'default', name, kind: 'IngressRoute' } } })

test('routers show whose they are, beside what is recorded', () => {
  const router = plan.routers['default_parent_0@kubernetescrd']!
  expect(router.definition.observability).toEqual({
    accessLogs: true,
    metrics: true,
    tracing: true,
    traceVerbosity: 'minimal',
    ...ingress('parent'),
  })
})

test('services show whose they are, and have one type', () => {
  const service = plan.services['default_child_0_lb@kubernetescrd']!
  expect(service).toMatchObject({ kind: 'loadBalancer', errors: [] })
  expect(service.definition.observability).toEqual({
    metadata: { kubernetes: { namespace: 'default', name: 'shop', port: '80' } },
  })
})

test('children may say whose they are, and not what is recorded', () => {
  const { 'default_child_0@kubernetescrd': child, 'default_loud_0@kubernetescrd': loud } = plan.routers
  const { 'default_silent_0@kubernetescrd': silent } = plan.routers
  expect(child!.errors).toEqual([])
  expect(child!.parents).toEqual(['default_parent_0@kubernetescrd'])
  expect(child!.definition.observability).toEqual(ingress('child'))
  for (const { errors } of [loud!, silent!]) {
    expect(errors).toEqual(['non-root router cannot have Observability configuration'])
  }
})

test('what is wrong in a kind of service that does not count does not matter', () => {
  expect(plan.services['default_several@kubernetescrd']?.kind).toBe('weighted')
  expect(plan.services['default_broken@kubernetescrd']).toBeUndefined()
})
