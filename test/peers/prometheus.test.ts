import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { parseExposition } from '../support/prometheus-text.ts'
import { until } from '../support/until.ts'
import { type Backend, startBackend } from './backend.ts'
import { PeerRig } from './rig.ts'

const rig = new PeerRig()
let backend: Backend
let site: string
let metrics: string
let prometheus: string

beforeAll(async () => {
  backend = await startBackend()
  const port = await freePort()
  const own = await freePort()
  const proxy = await rig.proxy(
    {
      http: {
        routers: {
          shop: { entryPoints: ['web'], rule: 'PathPrefix(`/`)', service: 'shop' },
          'odd "name"\\': { entryPoints: ['web'], rule: 'Host(`odd.test`)', service: 'shop' },
        },
        services: {
          shop: { loadBalancer: { servers: [{ url: backend.url }], healthCheck: { path: '/', interval: '100ms' } } },
        },
      },
    },
    [
      `--entryPoints.traefik.address=127.0.0.1:${port}`,
      '--metrics.prometheus.addRoutersLabels=true',
      '--metrics.prometheus.headerLabels.agent=User-Agent',
    ],
  )
  site = proxy.url
  metrics = `http://127.0.0.1:${port}/metrics`
  const scrape = [
    'global: {scrape_interval: 200ms, scrape_timeout: 200ms}',
    `scrape_configs: [{job_name: edge, static_configs: [{targets: ['127.0.0.1:${port}']}]}]`,
  ]
  const config = rig.file('prometheus.yml', scrape.join('\n'))
  prometheus = `http://127.0.0.1:${own}`
  rig.start('prometheus', [
    `--config.file=${config}`,
    `--storage.tsdb.path=${rig.folder('data')}`,
    `--web.listen-address=127.0.0.1:${own}`,
  ])
})

afterAll(async () => {
  await rig.close()
  backend.close()
})

const query = async (expression: string): Promise<number | null> => {
  const url = `${prometheus}/api/v1/query?query=${encodeURIComponent(expression)}`
  const answer = await fetch(url).catch(() => null)
  if (answer === null || !answer.ok) return null
  const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } }
  return data.result[0] === undefined ? null : Number(data.result[0].value[1])
}

test('promtool finds nothing wrong with the text', async () => {
  await (await fetch(site, { headers: { 'user-agent': 'a "quoted"\\agent' } })).text()
  await (await fetch(site, { method: 'POST', body: 'abc' })).text()
  const scrape = async () => (await fetch(metrics)).text()
  const text = await until(scrape, (scraped) => scraped.includes('traefik_service_server_up{'))
  const { status, text: said, errors } = await rig.run('promtool', ['check', 'metrics'], { input: text })
  // Names of Traefik's that promtool would have called otherwise are theirs, and stay.
  const lines = `${said}${errors}`.split('\n').filter((line) => line !== '')
  expect(
    lines.filter((line) => !/^traefik_config_last_reload_success|^traefik_tls_certs_not_after/.test(line)),
  ).toEqual([])
  expect([0, 3]).toContain(status)
  expect(Object.keys(parseExposition(text)).length).toBeGreaterThan(30)
})

test('a Prometheus server reads it, in its own notation, and queries give the right sums', async () => {
  const before = (await until(
    () => query('sum(traefik_entrypoint_requests_total)'),
    (value) => value !== null,
    60_000,
  ))!
  for (let i = 0; i < 25; i++) await (await fetch(`${site}/file`)).text()
  await until(
    () => query('sum(traefik_entrypoint_requests_total)'),
    (value) => value === before + 25,
    30_000,
  )
  await until(
    () => query('sum(traefik_router_requests_total{router="shop@file"})'),
    (value) => value === before + 25,
  )
  await until(
    () => query('sum(traefik_service_requests_total{service="shop@file",code="200"})'),
    (value) => value !== null,
  )
  await until(
    () => query('traefik_service_server_up{service="shop@file"}'),
    (value) => value === 1,
  )
  const slow = 'histogram_quantile(0.99, sum by (le) (traefik_service_request_duration_seconds_bucket))'
  expect(await query(slow)).toBeLessThanOrEqual(5)
  expect(await query('up{job="edge"}')).toBe(1)
})

test.each([
  ['application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5', 'application/openmetrics-text'],
  ['text/plain;version=0.0.4', 'text/plain'],
  ['text/plain;q=0.9, application/openmetrics-text;q=0.5', 'text/plain'],
  ['*/*', 'text/plain'],
])('%s gets %s', async (accept, type) => {
  const answer = await fetch(metrics, { headers: { accept } })
  expect(answer.headers.get('content-type')).toMatch(new RegExp(`^${type};`))
  const text = await answer.text()
  expect(text.endsWith('# EOF\n')).toBe(type.startsWith('application'))
})

const example = (name: string) => path.join(import.meta.dirname, '../../examples', name)

test('the examples are good configurations and rules', async () => {
  await rig.output('promtool', ['check', 'config', example('observability/prometheus.yml')])
  await rig.output('promtool', ['check', 'rules', example('observability/alerts.yml')])
})

test('every query of the Grafana dashboard is one', async () => {
  const dashboard = JSON.parse(await readFile(example('grafana/signalbox.json'), 'utf8')) as {
    panels: { title: string; targets: { expr: string }[] }[]
  }
  const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
  expect(queries.length).toBeGreaterThan(20)
  for (const expression of queries) {
    const filled = expression.replaceAll('$__rate_interval', '1m').replace(/\$\w+/g, '.*')
    const answer = await fetch(`${prometheus}/api/v1/query?query=${encodeURIComponent(filled)}`)
    expect(`${expression}: ${answer.status}`).toBe(`${expression}: 200`)
  }
})
