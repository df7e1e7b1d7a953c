import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import tls from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { startProxy, startServer, type TestProxy } from '../support/node-proxy.ts'
import { until } from '../support/until.ts'

const RELOADS = 50

let proxy: TestProxy
let streamPort: number
let server: Awaited<ReturnType<typeof startServer>>
let echo: net.Server

beforeAll(async () => {
  server = await startServer((_, response) => response.end('ok'))
  echo = net.createServer((socket) => {
    socket.on('error', () => {
      // Ends with the test.
    })
    let isTunnel = false
    socket.on('data', (chunk) => {
      const asks = !isTunnel && chunk.toString('latin1').startsWith('GET ')
      isTunnel ||= asks
      socket.write(
        asks ? 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n' : chunk,
      )
    })
  })
  await new Promise<void>((listening) => echo.listen(0, '127.0.0.1', listening))
  streamPort = await freePort()
  proxy = await startProxy(routing(0), [`--entryPoints.stream.address=127.0.0.1:${streamPort}`])
})

afterAll(async () => {
  await proxy.stop()
  await server.close()
  echo.close()
})

function routing(revision: number): string {
  const { port } = echo.address() as net.AddressInfo
  const one = (url: string) => ({ loadBalancer: { servers: [{ url }] } })
  return JSON.stringify({
    http: {
      routers: {
        plain: { rule: 'Host(`app.test`)', service: 'app', entryPoints: ['web'] },
        secure: { rule: 'Host(`app.test`)', service: 'app', entryPoints: ['web'], tls: {} },
        socket: { rule: 'Path(`/socket`)', service: 'socket', entryPoints: ['web'] },
        revision: { rule: `Path(\`/revision/${revision}\`)`, service: 'app', entryPoints: ['web'] },
      },
      services: { app: one(server.url), socket: one(`http://127.0.0.1:${port}`) },
    },
    tcp: {
      routers: { echo: { rule: 'HostSNI(`*`)', service: 'echo', entryPoints: ['stream'] } },
      services: { echo: { loadBalancer: { servers: [{ address: `127.0.0.1:${port}` }] } } },
    },
  })
}

/** A connection that is opened once and asked again and again; it counts what it got. */
interface Kept {
  readonly name: string
  ask(): Promise<void>
  readonly opened: () => number
  close(): void
}

/** Sends a line and waits until it has come back. */
function echoing(name: string, socket: net.Socket, first: string | null): Kept {
  let received = ''
  let failure: Error | null = null
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
  })
  socket.on('error', (error) => {
    failure = error
  })
  socket.on('close', () => {
    failure ??= new Error('closed')
  })
  if (first !== null) socket.write(first)
  let count = 0
  return {
    name,
    opened: () => 1,
    close: () => socket.destroy(),
    async ask() {
      if (first !== null && count === 0) {
        await until(
          () => received,
          (text) => text.includes('101 Switching Protocols'),
        )
      }
      const line = `line ${count++}\n`
      socket.write(line)
      await until(
        () => failure?.message ?? received.endsWith(line),
        (state) => state !== false,
      )
      if (failure !== null) throw failure
    },
  }
}

function requesting(name: string, secure: boolean): Kept {
  let opened = 0
  const options = { keepAlive: true, maxSockets: 1 }
  const agent = secure
    ? new https.Agent({ ...options, rejectUnauthorized: false, servername: 'app.test' })
    : new http.Agent(options)
  const create = agent.createConnection.bind(agent)
  agent.createConnection = (...args) => {
    opened++
    return create(...args)
  }
  return {
    name,
    opened: () => opened,
    close: () => agent.destroy(),
    ask: () =>
      new Promise((resolve, reject) => {
        const { request } = secure ? https : http
        const call = request(
          { port: proxy.port, host: '127.0.0.1', agent, headers: { Host: 'app.test' } },
          (response) => {
            response.resume()
            response.on('end', () =>
              response.statusCode === 200 ? resolve() : reject(new Error(`status ${response.statusCode}`)),
            )
          },
        )
        call.on('error', reject)
        call.end()
      }),
  }
}

test(`${RELOADS} reloads under load cut no connection and fail no request`, async () => {
  const upgrade = 'GET /socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
  const kept = [
    requesting('keep-alive', false),
    requesting('keep-alive over TLS', true),
    echoing('WebSocket', net.connect(proxy.port, '127.0.0.1'), upgrade),
    echoing('TCP', net.connect(streamPort, '127.0.0.1'), null),
    echoing('TCP', net.connect(streamPort, '127.0.0.1'), null),
  ]
  let running = true
  const asked = new Map<Kept, number>()
  const load = Promise.all(
    kept.map(async (connection) => {
      while (running) {
        await connection.ask()
        asked.set(connection, (asked.get(connection) ?? 0) + 1)
      }
    }),
  )
  // A handshake that begins in the middle of a reload must succeed too.
  const shake = () =>
    new Promise<void>((resolve, reject) => {
      const socket = tls.connect({
        port: proxy.port,
        host: '127.0.0.1',
        servername: 'app.test',
        rejectUnauthorized: false,
      })
      socket.on('error', reject)
      socket.on('secureConnect', () => {
        socket.destroy()
        resolve()
      })
    })
  for (let revision = 1; revision <= RELOADS; revision++) {
    proxy.write(routing(revision))
    await shake()
    await until(
      () => fetch(`${proxy.url}/revision/${revision}`).then((answer) => answer.status),
      (status) => status === 200,
    )
  }
  running = false
  await load
  for (const connection of kept) {
    expect([connection.name, connection.opened()]).toEqual([connection.name, 1])
    expect(asked.get(connection)).toBeGreaterThan(RELOADS)
    connection.close()
  }
}, 60_000)
