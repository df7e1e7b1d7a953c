import { expect, test } from 'vitest'
import { deriveIngresses } from '../../../../src/compiler/discovery/kubernetes/ingress/derive.ts'
import { compile } from '../../../../src/compiler/planning/compile.ts'
import { Observers } from '../../../../src/telemetry/observers.ts'
import { accessOptions } from '../../../support/access-log.ts'
import { installOf } from '../../../support/install.ts'
import { requestOf, responseOf, TestContext } from '../../../support/middleware.ts'
import { FakeClock } from '../../../support/ports.ts'
import { worldOf } from './manifests.ts'

const MANIFESTS = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: front}
spec:
  rules: [{host: a.test, http: {paths: [{path: /, backend: {service: {name: shop, port: {name: web}}}}]}}]
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: rest}, spec: {defaultBackend: {service: {name: shop, port: {number: 80}}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: shop}, spec: {ports: [{name: web, port: 80}]}}
---
{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: shop-1, labels: {kubernetes.io/service-name: shop}}, ports: [{name: web, port: 8080}], endpoints: [{addresses: [10.0.0.1]}]}
`

const plan = compile(new Map([['kubernetes', deriveIngresses(worldOf(MANIFESTS), {}).config]]), {
  install: installOf({ entryPoints: { web: { address: ':80' } } }),
  target: 'node',
  readFile(path) {
    throw new Error(`open ${path}: no such file or directory`)
  },
})

const router = plan.routers['default-front-a-test@kubernetes']!
const service = plan.services['default-shop-web@kubernetes']!

test('a plan has no fault, and the default router comes last', () => {
  expect(plan.problems).toEqual([])
  expect(plan.routers['default-router@kubernetes']).toMatchObject({ priority: '-2147483648', errors: [], warnings: [] })
})

test('routers and services say what they are made of', () => {
  expect(router.origin).toEqual({ namespace: 'default', name: 'front', kind: 'Ingress' })
  expect(service.origin).toEqual({ namespace: 'default', name: 'shop', port: 'web' })
})

test('whoever writes lines of exchanges hears of it, and nobody else', async () => {
  const ports = { clock: new FakeClock(), writeAccessLog: () => {}, random: () => 0 }
  const observer = (await new Observers(ports).of({ accessLog: accessOptions() }))!
  const { origin: _, ...nobodys } = router
  expect(observer.router('x@file', nobodys)).toBeNull()
  const cx = new TestContext()
  const handle = observer.router('x', router)!(observer.service('y', service)!(() => responseOf()))
  void handle(requestOf(), cx)
  expect(cx.record.routerOrigin).toBe(router.origin)
  expect(cx.record.serviceOrigin).toBe(service.origin)
})
