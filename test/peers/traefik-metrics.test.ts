import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { parseExposition, type Scraped } from '../support/prometheus-text.ts'
import { until } from '../support/until.ts'
import { Authority } from './certificates.ts'
import { PeerRig } from './rig.ts'

/** Traefik, where there is one (`.ci/reference`). */
const traefik = process.env.SIGNALBOX_REFERENCE ?? ''

const rig = new PeerRig()
let backend: Server
/** Addresses of both proxies: ours first. */
let sites: { readonly web: string; readonly secure: string; readonly metrics: string }[] = []

beforeAll(async () => {
  if (traefik === '') return
  backend = createServer((request, response) => {
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
    })
    request.on('end', () => {
      if (request.url === '/grpc') response.setHeader('grpc-status', '5')
      if (request.url === '/missing') response.statusCode = 404
      if (request.url === '/broken') response.statusCode = 503
      response.setHeader('content-type', 'text/plain')
      response.end('x'.repeat(3000 + size))
    })
  })
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`
  const authority = await Authority.make(rig)
  const certificate = await authority.issue('site.test')
  const router = (rule: string, more: object = {}) => ({ entryPoints: ['web'], rule, service: 'shop', ...more })
  const routing = {
    http: {
      routers: {
        shop: router('PathPrefix(`/`)'),
        secure: { entryPoints: ['secure'], rule: 'PathPrefix(`/`)', service: 'shop', tls: {} },
        dead: router('Path(`/dead/end`)', { service: 'dead' }),
        quiet: router('Path(`/quiet/please`)', { observability: { metrics: false } }),
        denied: router('Path(`/denied/here`)', { middlewares: ['denied'] }),
        away: router('Path(`/away/there`)', { middlewares: ['away'] }),
        parent: { entryPoints: ['web'], rule: 'PathPrefix(`/parent`)' },
        child: { rule: 'Path(`/parent/child`)', service: 'shop', parentRefs: ['parent'] },
        main: router('Path(`/mirrored/here`)', { service: 'mirrored' }),
        split: router('Path(`/split/in/two`)', { service: 'split' }),
        mine: router('Path(`/ping/pong`)', { service: 'ping@internal' }),
      },
      middlewares: {
        denied: { ipAllowList: { sourceRange: ['192.0.2.0/24'] } },
        away: { redirectRegex: { regex: '.*', replacement: 'http://other.test' } },
      },
      services: {
        shop: { loadBalancer: { servers: [{ url }], healthCheck: { path: '/', interval: '100ms' } } },
        copy: { loadBalancer: { servers: [{ url }] } },
        dead: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:9' }] } },
        mirrored: { mirroring: { service: 'shop', mirrors: [{ name: 'copy', percent: 100 }] } },
        split: { weighted: { services: [{ name: 'copy', weight: 1 }] } },
      },
    },
    tls: { certificates: [certificate] },
  }
  const file = rig.file('routing.yml', JSON.stringify(routing))
  const flagsOf = (web: number, secure: number, own: number) => [
    `--entryPoints.web.address=127.0.0.1:${web}`,
    `--entryPoints.secure.address=127.0.0.1:${secure}`,
    `--entryPoints.traefik.address=127.0.0.1:${own}`,
    '--metrics.prometheus.addRoutersLabels=true',
    '--metrics.prometheus.headerLabels.agent=X-Agent',
    '--metrics.prometheus.buckets=60',
    '--ping.manualRouting=true',
  ]
  const ports = await Promise.all([1, 2, 3, 4, 5].map(freePort))
  const [secure = 0, own = 0, theirWeb = 0, theirSecure = 0, theirOwn = 0] = ports
  const proxy = await rig.proxy(routing, flagsOf(0, secure, own).slice(1))
  rig.start(traefik, [...flagsOf(theirWeb, theirSecure, theirOwn), `--providers.file.filename=${file}`])
  sites = [
    { web: proxy.url, secure: `https://127.0.0.1:${secure}`, metrics: `http://127.0.0.1:${own}/metrics` },
    {
      web: `http://127.0.0.1:${theirWeb}`,
      secure: `https://127.0.0.1:${theirSecure}`,
      metrics: `http://127.0.0.1:${theirOwn}/metrics`,
    },
  ]
  for (const { metrics } of sites) {
    const isUp = async () =>
      (
        await fetch(metrics).then(
          (answer) => answer.text(),
          () => '',
        )
      ).includes('server_up')
    await until(isUp, (up) => up, 30_000)
  }
})

afterAll(async () => {
  await rig.close()
  backend?.close()
})

const curl = (args: readonly string[]) =>
  rig.output('curl', ['--silent', '--insecure', '--noproxy', '*', '--output', '/dev/null', ...args])

/** The same for both. */
async function requests({ web, secure }: (typeof sites)[number]): Promise<void> {
  const paths = [
    '/',
    '/a?b=c',
    '/missing',
    '/broken',
    '/dead/end',
    '/quiet/please',
    '/denied/here',
    '/away/there',
    '/parent/child',
    '/parent/x',
  ]
  for (const path of [...paths, '/mirrored/here', '/split/in/two', '/ping/pong', '/%2e%2e/x'])
    await curl([`${web}${path}`])
  await curl(['--data', 'abc', `${web}/`])
  await curl(['--data', 'abc', `${web}/mirrored/here`])
  await curl(['--head', `${web}/`])
  await curl(['--request', 'BREW', `${web}/missing`])
  await curl(['--header', 'X-Agent: a "b" \\', `${web}/`])
  await curl(['--header', 'Accept: text/event-stream', `${web}/`])
  await curl(['--header', 'Accept: text/html,text/event-stream;q=0.5', `${web}/`])
  await curl(['--header', 'Content-Type: application/grpc', '--data', 'x', `${web}/grpc`])
  await curl(['--header', 'Content-Type: application/grpc-web+proto', '--data', 'x', `${web}/`])
  await curl(['--header', 'Connection: Upgrade', '--header', 'Upgrade: websocket', `${web}/`])
  await curl(['--tls-max', '1.2', '--ciphers', 'ECDHE-RSA-AES128-GCM-SHA256', `${secure}/`])
  await curl(['--http2', `${secure}/`])
  await curl(['--http1.1', `${secure}/missing`])
}

const scrape = async (address: string): Promise<Scraped> => parseExposition(await (await fetch(address)).text())

/** What is Traefik's to count, without times. */
const comparable = (scraped: Scraped): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(scraped).filter(
      ([family]) => /^traefik_/.test(family) && !/_sum$|reload|open_connections/.test(family),
    ),
  )

test.skipIf(traefik === '')('the same requests count alike in Traefik and here', async () => {
  for (const site of sites) await requests(site)
  const [ours, theirs] = await Promise.all(sites.map(({ metrics }) => scrape(metrics)))
  expect(comparable(ours!)).toEqual(comparable(theirs!))
  expect(Object.keys(comparable(ours!)).length).toBeGreaterThan(15)
})
