import http from 'node:http'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { startServer } from '../support/node-proxy.ts'
import { until } from '../support/until.ts'
import { PeerRig } from './rig.ts'

const PROCESSES = 4
const CLIENTS_EACH = 4
const RATE = 200
const BURST = 20
const SECONDS = 20

const rig = new PeerRig()
afterAll(() => rig.close())

/** The status of one request over a connection that is kept. */
const ask = (port: number, agent: http.Agent): Promise<number> =>
  new Promise((resolve, reject) => {
    const request = http.get({ port, host: '127.0.0.1', agent, headers: { host: 'app.test' } }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    })
    request.on('error', reject)
  })

test(`${PROCESSES} processes let one Redis’ rate through, within 1 % over ${SECONDS} s`, {
  timeout: 120_000,
}, async () => {
  const arrivals: number[] = []
  const server = await startServer((_request, response) => {
    arrivals.push(performance.now())
    response.end('ok')
  })
  const redis = await freePort()
  rig.start('redis-server', ['--bind', '127.0.0.1', '--port', `${redis}`, '--dir', rig.dir, '--save', ''])
  const sourceCriterion = { requestHost: true }
  const routing = rig.file(
    'routing.json',
    JSON.stringify({
      http: {
        routers: { r: { rule: 'PathPrefix(`/`)', service: 's', middlewares: ['limit'] } },
        middlewares: {
          limit: {
            rateLimit: { average: RATE, burst: BURST, sourceCriterion, redis: { endpoints: [`127.0.0.1:${redis}`] } },
          },
        },
        services: { s: { loadBalancer: { servers: [{ url: server.url }] } } },
      },
    }),
  )
  const cli = path.resolve(import.meta.dirname, '../../dist/cli.js')
  const ports = await Promise.all(Array.from({ length: PROCESSES }, freePort))
  for (const port of ports) {
    rig.start(process.execPath, [
      cli,
      `--entryPoints.web.address=127.0.0.1:${port}`,
      `--providers.file.filename=${routing}`,
    ])
  }
  const agent = new http.Agent({ keepAlive: true, maxSockets: CLIENTS_EACH })
  // Each has its connection to Redis before the count begins.
  for (const port of ports)
    await until(
      () => ask(port, agent).catch(() => 0),
      (status) => [200, 429].includes(status),
      30_000,
    )
  await pause(1000 * (BURST / RATE + 1))

  arrivals.length = 0
  let refused = 0
  const end = performance.now() + SECONDS * 1000
  const client = async (port: number) => {
    while (performance.now() < end) {
      const status = await ask(port, agent)
      if (status === 200) continue
      expect(status).toBe(429)
      refused++
      await pause(5)
    }
  }
  await Promise.all(ports.flatMap((port) => Array.from({ length: CLIENTS_EACH }, () => client(port))))
  agent.destroy()
  await server.close()

  const seconds = (arrivals.at(-1)! - arrivals[0]!) / 1000
  const expected = RATE * seconds + BURST
  console.log(
    `${arrivals.length} admitted in ${seconds.toFixed(2)} s, ${expected.toFixed(0)} expected, ${refused} refused`,
  )
  expect(refused).toBeGreaterThan(RATE)
  expect(Math.abs(arrivals.length - expected) / expected).toBeLessThan(0.01)
})
