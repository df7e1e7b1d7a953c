import { expect, test } from 'vitest'
import { Fields } from '../../../src/http/fields.ts'
import type { TlsInfo } from '../../../src/http/request-context.ts'
import { CountedExchanges } from '../../support/metrics.ts'

const ordinary = 'code=200,entrypoint=web,method=GET,protocol=http'

test('an exchange counts at its entry point, its router and the server that it reached', () => {
  const exchanges = new CountedExchanges()
  exchanges.add({ end: { size: 12, requestSize: 3 } })
  exchanges.add({ end: { size: 30, requestSize: 4 } })
  expect(exchanges.values('traefik_entrypoint_requests_total')).toEqual({ [ordinary]: 2 })
  expect(exchanges.values('traefik_entrypoint_requests_bytes_total')).toEqual({ [ordinary]: 7 })
  expect(exchanges.values('traefik_entrypoint_responses_bytes_total')).toEqual({ [ordinary]: 42 })
  const router = 'code=200,method=GET,protocol=http,router=router@file,service=service@file'
  expect(exchanges.values('traefik_router_requests_total')).toEqual({ [router]: 2 })
  expect(exchanges.values('traefik_service_requests_total')).toEqual({
    'code=200,method=GET,protocol=http,service=service@file': 2,
  })
})

test.each([
  [50, [1, 0, 0, 0, 0]],
  [100, [1, 0, 0, 0, 0]],
  [101, [0, 1, 0, 0, 0]],
  [5000, [0, 0, 0, 1, 0]],
  [9000, [0, 0, 0, 0, 1]],
])('%d ms are in the bucket %j', (durationMs, counts) => {
  const exchanges = new CountedExchanges()
  exchanges.add({ durationMs })
  const { histogram, value } = exchanges.samples('traefik_entrypoint_request_duration_seconds')[ordinary]!
  expect([...Array.from(histogram!.counts)]).toEqual(counts)
  expect(histogram!.sum).toBeCloseTo(durationMs / 1000)
  expect(value).toBe(1)
})

test.each([
  [{ method: 'FOO' }, 'method=EXTENSION_METHOD,protocol=http'],
  [{ method: 'get' }, 'method=EXTENSION_METHOD,protocol=http'],
  [{ method: 'PATCH' }, 'method=PATCH,protocol=http'],
  [{ upgrade: 'WebSocket' }, 'method=GET,protocol=websocket'],
  [{ upgrade: 'h2c' }, 'method=GET,protocol=http'],
  [{ headers: ['Accept', 'text/html, Text/Event-Stream'] }, 'method=GET,protocol=sse'],
  [{ headers: ['Accept', 'text/event-stream;q=1'] }, 'method=GET,protocol=http'],
  [{ headers: ['Accept', 'text/html', 'Accept', 'text/event-stream'] }, 'method=GET,protocol=http'],
])('%j is classed as %s', (request, labels) => {
  const exchanges = new CountedExchanges()
  exchanges.add({ request })
  expect(Object.keys(exchanges.values('traefik_entrypoint_requests_total'))).toEqual([
    `code=200,entrypoint=web,${labels}`,
  ])
})

test.each([
  ['application/grpc', 'grpc', ['Grpc-Status', '5'], '5'],
  ['application/grpc+proto', 'grpc', ['Grpc-Status', '0'], '0'],
  ['application/grpc-web', 'grpc-web', [], '2'],
  ['application/grpc', 'grpc', ['Grpc-Status', '17'], '2'],
  ['application/grpc', 'grpc', ['Grpc-Status', 'x'], '2'],
])('the status of %s comes with its answer', (contentType, protocol, headers, code) => {
  const exchanges = new CountedExchanges()
  exchanges.add({ request: { headers: ['Content-Type', contentType] }, response: { headers } })
  expect(Object.keys(exchanges.values('traefik_service_requests_total'))).toEqual([
    `code=${code},method=GET,protocol=${protocol},service=service@file`,
  ])
})

test('the status of gRPC may come in the trailers', () => {
  const trailers = new Fields(['grpc-status', '14'])
  const content = { length: null, used: true, trailers, cancel() {} }
  const exchanges = new CountedExchanges()
  exchanges.add({
    request: { headers: ['Content-Type', 'application/grpc'] },
    response: { content: content as never },
  })
  expect(Object.keys(exchanges.values('traefik_router_requests_total'))[0]).toMatch(/^code=14,/)
})

test('TLS connections count by version and cipher', () => {
  const tls = { version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256' } as TlsInfo
  const exchanges = new CountedExchanges()
  exchanges.add({ client: { tls } })
  exchanges.add({ client: { tls } })
  exchanges.add()
  expect(exchanges.values('traefik_service_requests_tls_total')).toEqual({
    'service=service@file,tls_cipher=TLS_AES_128_GCM_SHA256,tls_version=1.3': 2,
  })
})

test('requests are told apart by headers where that is wanted, and there alone', () => {
  const exchanges = new CountedExchanges({ headerLabels: { agent: 'User-Agent' } })
  exchanges.add({ request: { headers: ['User-Agent', 'a'] } })
  exchanges.add({ request: { headers: ['User-Agent', 'b'] } })
  exchanges.add()
  expect(exchanges.values('traefik_entrypoint_requests_total')).toEqual({
    [`agent=a,${ordinary}`]: 1,
    [`agent=b,${ordinary}`]: 1,
    [`agent=,${ordinary}`]: 1,
  })
  expect(exchanges.values('traefik_entrypoint_requests_total', false)).toEqual({ [ordinary]: 3 })
  expect(exchanges.values('traefik_entrypoint_responses_bytes_total')).toEqual({ [ordinary]: 15 })
})

test('clients that invent values share a series once there are ten thousand', () => {
  const exchanges = new CountedExchanges({ headerLabels: { agent: 'User-Agent' }, routers: false, services: false })
  for (let i = 0; i < 10_050; i++) exchanges.add({ request: { headers: ['User-Agent', `a${i}`] } })
  const values = exchanges.values('traefik_entrypoint_requests_total')
  expect(Object.keys(values)).toHaveLength(10_001)
  expect(values[`agent=others,${ordinary}`]).toBe(50)
  expect(exchanges.values('signalbox_metrics_header_series_overflows_total')).toEqual({ '': 50 })
})

test('a value of a client is cut', () => {
  const exchanges = new CountedExchanges({ headerLabels: { agent: 'User-Agent' } })
  exchanges.add({ request: { headers: ['User-Agent', 'x'.repeat(5000)] } })
  expect(Object.keys(exchanges.values('traefik_entrypoint_requests_total'))[0]!.length).toBeLessThan(250)
})

const unwanted = { accessLogs: true, metrics: false, tracing: true }

test('a router that wants no metrics counts nowhere', () => {
  const exchanges = new CountedExchanges()
  exchanges.add({ router: { observability: unwanted } })
  for (const level of ['entrypoint', 'router', 'service']) {
    expect(exchanges.values(`traefik_${level}_requests_total`)).toEqual({})
  }
})

test('internal services count where that is wanted', () => {
  const quiet = new CountedExchanges()
  quiet.add({ router: { service: 'api@internal' } })
  expect(quiet.values('traefik_entrypoint_requests_total')).toEqual({})
  expect(quiet.values('traefik_router_requests_total')).toEqual({})
  const all = new CountedExchanges({ addInternals: true })
  all.add({ router: { service: 'api@internal' } })
  expect(all.values('traefik_entrypoint_requests_total')).toEqual({ [ordinary]: 1 })
})

test('what no router takes counts as its entry point wants it', () => {
  const exchanges = new CountedExchanges()
  exchanges.add({ observed: unwanted, record: { metered: false } })
  expect(exchanges.values('traefik_entrypoint_requests_total')).toEqual({})
})

test('a parent router names what is below it as its service', () => {
  const exchanges = new CountedExchanges()
  exchanges.add({ router: { service: null } })
  expect(Object.keys(exchanges.values('traefik_router_requests_total'))[0]).toMatch(/service=router@file-muxer$/)
})

test('what a server sent counts for its service, what became of it for the router', () => {
  const exchanges = new CountedExchanges()
  exchanges.add({ record: { originSize: 3000 }, end: { size: 39 } })
  expect(Object.values(exchanges.values('traefik_service_responses_bytes_total'))).toEqual([3000])
  expect(Object.values(exchanges.values('traefik_router_responses_bytes_total'))).toEqual([39])
})

test('a service counts requests as it gets them', () => {
  const exchanges = new CountedExchanges()
  exchanges.add({
    request: { method: 'PUT', headers: ['Content-Type', 'application/grpc-web'] },
    sent: { method: 'GET', headers: ['Content-Type', 'application/grpc'] },
    response: { headers: ['Grpc-Status', '3'] },
  })
  expect(Object.keys(exchanges.values('traefik_service_requests_total'))).toEqual([
    'code=3,method=GET,protocol=grpc,service=service@file',
  ])
  expect(Object.keys(exchanges.values('traefik_entrypoint_requests_total'))).toEqual([
    'code=3,entrypoint=web,method=PUT,protocol=grpc-web',
  ])
})

test('a child counts as it has answered, whatever its parents make of that', () => {
  const router = { isChild: true }
  const exchanges = new CountedExchanges()
  exchanges.add({ router, response: { status: 404 }, end: { status: 200 } })
  expect(Object.keys(exchanges.values('traefik_router_requests_total'))).toEqual([
    'code=404,method=GET,protocol=http,router=router@file,service=service@file',
  ])
  expect(Object.keys(exchanges.values('traefik_entrypoint_requests_total'))).toEqual([
    'code=200,entrypoint=web,method=GET,protocol=http',
  ])
  const root = new CountedExchanges()
  root.add({ response: { status: 404 }, end: { status: 200 } })
  expect(Object.keys(root.values('traefik_router_requests_total'))[0]).toMatch(/^code=200,/)
})

test('content counts for each server that has got it', () => {
  const exchanges = new CountedExchanges()
  exchanges.add({ request: { content: 'hello' }, givenUp: [true, false, true], end: { requestSize: 5 } })
  expect(exchanges.values('traefik_service_requests_bytes_total')).toEqual({
    'code=200,method=GET,protocol=http,service=service@file': 15,
  })
  expect(Object.values(exchanges.values('traefik_entrypoint_requests_bytes_total'))).toEqual([5])
})

test('a retry counts for the service that gets it', () => {
  const exchanges = new CountedExchanges()
  exchanges.add({ record: { retries: 2 } })
  expect(exchanges.values('traefik_service_retries_total')).toEqual({ 'service=service@file': 1 })
})

test('what is gone is read once more, unless it came back', () => {
  const exchanges = new CountedExchanges()
  exchanges.add()
  const { registry } = exchanges
  registry.settle({ routers: {}, services: {} })
  registry.settle({ routers: { 'router@file': {} }, services: {} })
  expect(exchanges.values('traefik_service_requests_total')).not.toEqual({})
  registry.forget()
  expect(exchanges.values('traefik_service_requests_total')).toEqual({})
  // Its series name a service that is gone.
  expect(exchanges.values('traefik_router_requests_total')).toEqual({})
  expect(exchanges.values('traefik_entrypoint_requests_total')).not.toEqual({})
})

test('room of series that are gone is free again', () => {
  const exchanges = new CountedExchanges({ headerLabels: { agent: 'User-Agent' }, entryPoints: false, services: false })
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 6000; i++) exchanges.add({ request: { headers: ['User-Agent', `a${round}-${i}`] } })
    exchanges.registry.settle({ routers: {}, services: {} })
    exchanges.registry.forget()
  }
  expect(exchanges.values('signalbox_metrics_header_series_overflows_total')).toEqual({ '': 0 })
})

test('a router that has another service keeps no series of the one before', () => {
  const exchanges = new CountedExchanges()
  exchanges.add({ router: { service: 'old@file' } })
  exchanges.add({ router: { service: null } })
  exchanges.add()
  exchanges.registry.settle({ routers: { 'router@file': {} }, services: { 'service@file': {} } })
  exchanges.registry.forget()
  const services = Object.keys(exchanges.values('traefik_router_requests_total')).map(
    (labels) => labels.split('service=')[1],
  )
  expect(services.sort()).toEqual(['router@file-muxer', 'service@file'])
})
