import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freePort } from '../../support/free-port.ts'
import { parseStatsd } from '../../support/metric-lines.ts'
import { startProxy, type TestProxy } from '../../support/node-proxy.ts'
import { parseExposition } from '../../support/prometheus-text.ts'
import { until } from '../../support/until.ts'

let server: Server
let url: string
let proxy: TestProxy | null = null

beforeEach(async () => {
  server = createServer((request, response) => {
    response.statusCode = request.url === '/broken' ? 503 : 200
    response.end('ok')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(async () => {
  await proxy?.stop()
  proxy = null
  server.close()
})

const routing = (routers: object, more: object = {}) =>
  JSON.stringify({ http: { routers, services: { shop: { loadBalancer: { servers: [{ url }] } } }, ...more } })

const shop = { rule: 'PathPrefix(`/`)', service: 'shop' }

/** A proxy whose metrics are on an entry point of their own. */
async function started(text: string, flags: readonly string[] = []) {
  const port = await freePort()
  proxy = await startProxy(text, [
    `--entryPoints.traefik.address=127.0.0.1:${port}`,
    '--metrics.prometheus.addRoutersLabels=true',
    ...flags,
  ])
  const scrape = async () => parseExposition(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text())
  return { proxy, scrape }
}

/** The answer to some octets, as they come. */
async function raw(port: number, octets: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(octets)
  let text = ''
  for await (const chunk of socket) text += chunk
  return text
}

test('what is refused before routing is counted by reason', async () => {
  const { proxy, scrape } = await started(routing({ shop }))
  expect(await raw(proxy.port, 'GET / HTTP/1.1\r\nBad Header: x\r\n\r\n')).toMatch(/^HTTP\/1.1 400/)
  expect(await raw(proxy.port, `GET / HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(1_100_000)}\r\n\r\n`)).toMatch(/ 431 /)
  expect((await fetch(`${proxy.url}/${'x'.repeat(70_000)}`)).status).toBe(414)
  expect(await raw(proxy.port, 'GET /%00%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toMatch(/ 400 /)
  const { signalbox_requests_refused_total: refused, traefik_entrypoint_requests_total: counted } = await scrape()
  expect(refused).toEqual({
    '{entrypoint="web",reason="malformed"}': expect.any(Number),
    '{entrypoint="web",reason="head-too-large"}': 1,
    '{entrypoint="web",reason="target-too-long"}': 1,
  })
  expect(counted).toBeUndefined()
})

test('connections are told apart by what they speak and whether something is under way', async () => {
  const { proxy, scrape } = await started(routing({ shop }))
  const socket = connect(proxy.port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(socket, 'data')
  const silent = connect(proxy.port, '127.0.0.1')
  await once(silent, 'connect')
  const of = async () => (await scrape()).signalbox_connections!
  await until(of, (values) => values['{entrypoint="web",protocol="http1",state="idle"}'] === 1)
  await until(of, (values) => values['{entrypoint="web",protocol="other",state="active"}'] === 1)
  socket.destroy()
  silent.destroy()
  await until(of, (values) => Object.entries(values).every(([labels, n]) => !labels.includes('"web"') || n === 0))
})

test('a retry that its budget stops, and a server that failed too often', async () => {
  const { proxy, scrape } = await started(
    JSON.stringify({
      http: {
        routers: {
          shop: { ...shop, middlewares: ['again'] },
          watched: { rule: 'Host(`watched.test`)', service: 'watched' },
        },
        middlewares: { again: { retry: { attempts: 3, status: ['503'], budget: { percent: 0, minPerSecond: 0 } } } },
        services: {
          shop: { loadBalancer: { servers: [{ url }] } },
          watched: {
            loadBalancer: { servers: [{ url }], passiveHealthCheck: { maxFailedAttempts: 1, failureWindow: '5s' } },
          },
        },
      },
    }),
  )
  await (await fetch(`${proxy.url}/broken`)).text()
  await raw(proxy.port, 'GET /broken HTTP/1.1\r\nHost: watched.test\r\nConnection: close\r\n\r\n')
  const counts = await scrape()
  expect(counts.signalbox_retries_stopped_total).toEqual({ '{middleware="again@file"}': 1 })
  expect(counts.signalbox_servers_ejected_total).toEqual({ '{service="watched@file"}': 1 })
  const series = `{service="watched@file",url="${url}"}`
  expect(counts.traefik_service_server_up).toEqual({ [series]: 0 })
  await until(
    async () => (await scrape()).traefik_service_server_up?.[series],
    (value) => value === 1,
  )
  proxy.write(routing({ shop }))
  await until(scrape, ({ traefik_service_server_up: up = {} }) => !(series in up))
})

test('a router that is gone is read once more, and a reload counts', async () => {
  const { proxy, scrape } = await started(routing({ shop, old: { rule: 'Path(`/old/router`)', service: 'shop' } }))
  await (await fetch(`${proxy.url}/old/router`)).text()
  const series = '{code="200",method="GET",protocol="http",router="old@file",service="shop@file"}'
  expect((await scrape()).traefik_router_requests_total![series]).toBe(1)
  const { '': before = 0 } = (await scrape()).traefik_config_reloads_total!
  proxy.write(routing({ shop }))
  await until(
    async () => (await scrape()).traefik_router_requests_total?.[series],
    (value) => value === undefined,
  )
  expect((await scrape()).traefik_config_reloads_total![''] ?? 0).toBeGreaterThan(before)
})

test('StatsD hears of it, and of what is left at the stop', async () => {
  const udp = createSocket('udp4')
  const lines: string[] = []
  udp.on('message', (message) => lines.push(...message.toString().trimEnd().split('\n')))
  udp.bind(0, '127.0.0.1')
  await once(udp, 'listening')
  const { proxy } = await started(routing({ shop }), [
    `--metrics.statsD.address=127.0.0.1:${udp.address().port}`,
    '--metrics.statsD.pushInterval=100ms',
    '--metrics.statsD.prefix=edge',
  ])
  const sum = () =>
    lines
      .map((line) => parseStatsd(line, false))
      .filter(({ name }) => name === 'edge.entrypoint.request.total')
      .reduce((total, { value }) => total + value, 0)
  for (let i = 0; i < 5; i++) await (await fetch(proxy.url)).text()
  await until(sum, (total) => total === 5)
  await (await fetch(proxy.url)).text()
  await proxy.stop()
  await until(sum, (total) => total === 6)
  udp.close()
})

test('InfluxDB is written to, with its token, and loses nothing when it is away for a while', async () => {
  const bodies: string[] = []
  let isAway = false
  const influx = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url!, 'http://x')
      const known =
        pathname === '/api/v2/write' && searchParams.get('org') === 'o' && searchParams.get('bucket') === 'b'
      response.statusCode = !known || request.headers.authorization !== 'Token secret-token' ? 404 : isAway ? 503 : 204
      if (response.statusCode === 204) bodies.push(body)
      response.end()
    })
  })
  influx.listen(0, '127.0.0.1')
  await once(influx, 'listening')
  const address = `http://127.0.0.1:${(influx.address() as AddressInfo).port}`
  const { proxy } = await started(routing({ shop }), [
    `--metrics.influxDB2.address=${address}`,
    '--metrics.influxDB2.token=secret-token',
    '--metrics.influxDB2.org=o',
    '--metrics.influxDB2.bucket=b',
    '--metrics.influxDB2.pushInterval=100ms',
    '--metrics.influxDB2.additionalLabels.site=here',
  ])
  await (await fetch(proxy.url)).text()
  const all = () => bodies.join('')
  await until(all, (text) => /^traefik\.entrypoint\.requests\.total,.*site=here.* count=1 /m.test(text))
  isAway = true
  await until(
    () => proxy.logged,
    (logged) => logged.some(({ message }) => message.startsWith("Metrics can't be sent")),
  )
  isAway = false
  await until(
    () => proxy.logged,
    (logged) => logged.some(({ message }) => message === 'Metrics are taken again'),
  )
  expect(JSON.stringify(proxy.logged)).not.toContain('secret-token')
  influx.close()
})

test('what cannot be sent to is told, and the proxy serves', async () => {
  const { proxy } = await started(routing({ shop }), ['--metrics.influxDB2=true', '--metrics.statsD.address=nowhere'])
  const errors = proxy.logged.filter(({ level }) => level === 'error').map(({ message }) => message)
  expect(errors).toEqual([
    'No metrics go to StatsD: "nowhere" is no address: host:port is',
    'No metrics go to InfluxDB: token, org or bucket property is missing',
  ])
  expect((await fetch(proxy.url)).status).toBe(200)
})

test('problems are counted whoever found them, without an API too', async () => {
  const { proxy, scrape } = await started(routing({ shop, lost: { rule: 'Path(`/lost`)', service: 'missing' } }))
  const counted = async () => (await scrape()).signalbox_config_problems
  await until(counted, (found) => found?.['{severity="error"}'] === 1)
  proxy.write('http: {routers: [')
  await until(counted, (found) => found?.['{severity="error"}'] === 2)
  proxy.write(routing({ shop }))
  await until(counted, (found) => found?.['{severity="error"}'] === 0)
})
