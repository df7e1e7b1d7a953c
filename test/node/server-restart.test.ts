import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { startProxy, type TestProxy } from '../support/node-proxy.ts'
import { until } from '../support/until.ts'

const CONNECTIONS = 8

let proxy: TestProxy
const servers: http.Server[] = []

afterEach(async () => {
  await proxy.stop()
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function startServer(port: number): Promise<{ port: number; kill(): Promise<void> }> {
  // Answers take a moment, so that requests are under way when the server dies.
  const server = http.createServer((_, response) => setTimeout(() => response.end('ok'), 2))
  servers.push(server)
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening))
  return {
    port: (server.address() as AddressInfo).port,
    kill: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}

test('a server that dies under load and comes back costs no more than the requests it had', async () => {
  const [a, b] = [await startServer(0), await startServer(0)]
  const url = ({ port }: { port: number }) => ({ url: `http://127.0.0.1:${port}` })
  proxy = await startProxy(
    JSON.stringify({
      http: {
        routers: { app: { rule: 'PathPrefix(`/`)', service: 'app', middlewares: ['again'] } },
        middlewares: { again: { retry: { attempts: 2 } } },
        services: {
          app: {
            loadBalancer: {
              servers: [url(a), url(b)],
              // The first failure takes a server out for a while: only what is on its way to it then can fail too.
              passiveHealthCheck: { maxFailedAttempts: 1, failureWindow: '500ms' },
            },
          },
        },
      },
    }),
  )
  const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const ask = () =>
    new Promise<number>((resolve, reject) => {
      http
        .get(proxy.url, { agent }, (response) => {
          response.resume()
          response.on('end', () => resolve(response.statusCode ?? 0))
        })
        .on('error', reject)
    })
  let requests = 0
  let running = true
  const failures: unknown[] = []
  const load = Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (running) {
        const answer = await ask().catch((error: unknown) => error)
        requests++
        if (answer !== 200) failures.push(answer)
      }
    }),
  )
  const more = async (count: number) => {
    const goal = requests + count
    await until(
      () => requests,
      (done) => done >= goal,
    )
  }

  for (let kills = 1; kills <= 5; kills++) {
    await more(100)
    await b.kill()
    await more(200)
    expect(failures.length).toBeLessThanOrEqual(kills * CONNECTIONS)
    const revived = await startServer(b.port)
    b.kill = revived.kill
  }
  await more(200)
  running = false
  await load
  agent.destroy()
  expect(failures.length).toBeLessThanOrEqual(5 * CONNECTIONS)
  expect(failures.every((failure) => failure === 502)).toBe(true)
}, 60_000)
