import { describe, expect, test } from 'vitest'
import { deriveGateways } from '../../../../src/compiler/discovery/kubernetes/gateway/derive.ts'
import { compile } from '../../../../src/compiler/planning/compile.ts'
import { HealthTable } from '../../../../src/engine/health/table.ts'
import { Fields } from '../../../../src/http/fields.ts'
import { ProxyResponse } from '../../../../src/http/response.ts'
import { requirementsOf } from '../../../../src/plan/requirements-of.ts'
import { link } from '../../../../src/runtime/linking/linker.ts'
import { loadAllKinds } from '../../../../src/runtime/load-kinds.ts'
import { Operator } from '../../../../src/runtime/operator.ts'
import { installOf } from '../../../support/install.ts'
import { type RequestSketch, requestOf } from '../../../support/middleware.ts'
import { fakePorts } from '../../../support/ports.ts'
import { ClientContext } from '../../../support/services.ts'
import { gatewayOptions } from './gateway-options.ts'
import { worldOf } from './manifests.ts'

const kinds = await loadAllKinds()
const GROUP = 'gateway.networking.k8s.io'
const service = (name: string, address: string) => [
  `{apiVersion: v1, kind: Service, metadata: {name: ${name}}, spec: {ports: [{name: web, port: 80}]}}`,
  `{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: ${name}-1, labels: {kubernetes.io/service-name: ${name}}}, ports: [{name: web, port: 8080}], endpoints: [{addresses: [${address}], conditions: {ready: true}}]}`,
]
const BASE = [
  `{apiVersion: ${GROUP}/v1, kind: GatewayClass, metadata: {name: ours}, spec: {controllerName: traefik.io/gateway-controller}}`,
  `{apiVersion: ${GROUP}/v1, kind: Gateway, metadata: {name: edge}, spec: {gatewayClassName: ours, listeners: [{name: web, port: 80, protocol: HTTP}]}}`,
  ...service('one', '10.0.0.1'),
  ...service('two', '10.0.0.2'),
]

/** A proxy that serves one route. @param rules of it */
function proxyOf(rules: string, kind = 'HTTPRoute') {
  const route = `{apiVersion: ${GROUP}/v1, kind: ${kind}, metadata: {name: r}, spec: {parentRefs: [{name: edge}], hostnames: [a.test], rules: ${rules}}}`
  const { config } = deriveGateways(worldOf([...BASE, route].join('\n---\n')), gatewayOptions())
  const plan = compile(new Map([['kubernetesgateway', config]]), {
    install: installOf({ entryPoints: { web: { address: ':80' } } }),
    target: 'node',
    readFile(path) {
      throw new Error(`open ${path}: no such file or directory`)
    },
  })
  const asked: string[] = []
  const fakes = fakePorts((request, _, { host }) => {
    asked.push(`${host} ${request.target}`)
    return new ProxyResponse(200, new Fields(), null)
  })
  const operator = new Operator(fakes.clock)
  const snapshot = link(plan, {
    kinds,
    ports: fakes,
    health: new HealthTable(),
    operator,
    internal: new Map(),
    observer: null,
  })
  const handle = snapshot.http.get('web')!.plain
  return {
    plan,
    asked,
    clock: fakes.clock,
    async send(sketch: RequestSketch = {}) {
      const cx = new ClientContext()
      const response = await handle(requestOf({ host: 'a.test', ...sketch }), cx)
      cx.end({ status: response.status, size: 0, requestSize: 0, aborted: false })
      await Promise.all(cx.tasks)
      return response
    },
  }
}

describe('routes of the Gateway API in a plan', () => {
  test('have no fault, and go to their servers', async () => {
    const { plan, send, asked } = proxyOf('[{matches: [{path: {value: /x}}], backendRefs: [{name: one, port: 80}]}]')
    expect(plan.problems).toEqual([])
    expect((await send({ target: '/x/y' })).status).toBe(200)
    expect((await send({ target: '/xy' })).status).toBe(404)
    expect(asked).toEqual(['10.0.0.1 /x/y'])
  })

  test('filters change requests, and answer them', async () => {
    const { plan, send, asked } = proxyOf(
      '[{matches: [{path: {value: /x}}], filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /n}}}], backendRefs: [{name: one, port: 80}]}, {matches: [{path: {value: /go}}], filters: [{type: RequestRedirect, requestRedirect: {hostname: b.test, statusCode: 301}}]}]',
    )
    expect(plan.problems).toEqual([])
    await send({ target: '/x/y' })
    expect(asked).toEqual(['10.0.0.1 /n/y'])
    const redirection = await send({ target: '/go' })
    expect([redirection.status, redirection.headers.first('location')]).toEqual([301, 'http://b.test/go'])
  })

  test('a share that leads nowhere is answered by 500, and the rest by the others', async () => {
    const { plan, send } = proxyOf('[{backendRefs: [{name: one, port: 80}, {name: nope, port: 80}]}]')
    const statuses = []
    for (let i = 0; i < 4; i++) statuses.push((await send()).status)
    expect(statuses.sort()).toEqual([200, 200, 500, 500])
    expect(requirementsOf(plan).options).toContain('weighted.answer')
  })

  test('gRPC hears of it in its own words', async () => {
    const { send } = proxyOf('[{backendRefs: [{name: nope, port: 80}]}]', 'GRPCRoute')
    const { status, headers } = await send({ method: 'POST', target: '/a.B/C' })
    expect(status).toBe(200)
    expect(['content-type', 'grpc-status', 'grpc-message'].map((name) => headers.first(name))).toEqual([
      'application/grpc',
      '14',
      'Service Unavailable',
    ])
  })

  test('a rule without backends is answered by 500', async () => {
    expect((await proxyOf('[{}]').send()).status).toBe(500)
  })

  test('mirrors see their share of the requests', async () => {
    const mirror = (share: string) =>
      `{type: RequestMirror, requestMirror: {backendRef: {name: two, port: 80}${share}}}`
    const seen = async (share: string, requests: number) => {
      const { plan, send, asked } = proxyOf(`[{filters: [${mirror(share)}], backendRefs: [{name: one, port: 80}]}]`)
      expect(plan.problems).toEqual([])
      for (let i = 0; i < requests; i++) expect((await send()).status).toBe(200)
      expect(asked.filter((line) => line.startsWith('10.0.0.1'))).toHaveLength(requests)
      return asked.filter((line) => line.startsWith('10.0.0.2')).length
    }
    expect(await seen('', 3)).toBe(3)
    expect(await seen(', percent: 50', 4)).toBe(2)
    expect(await seen(', percent: 0', 4)).toBe(0)
    expect(await seen(', fraction: {numerator: 1, denominator: 400}', 401)).toBe(2)
  })

  test('times are kept', () => {
    const { plan } = proxyOf('[{timeouts: {request: 2s, backendRequest: 500ms}, backendRefs: [{name: one, port: 80}]}]')
    const [router] = Object.values(plan.routers).filter(({ provider }) => provider === 'kubernetesgateway')
    expect(router!.timeouts).toEqual({ responseHeaderMs: 500, totalMs: 2000 })
  })
})
