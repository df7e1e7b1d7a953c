import net from 'node:net'
import v8 from 'node:v8'
import vm from 'node:vm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startProxy, type TestProxy } from '../support/node-proxy.ts'
import { until } from '../support/until.ts'

const EXCHANGES = 10_000
const PARALLEL = 50
/** Bytes that ten thousand exchanges may leave behind: caches that fill once, no more. */
const HEAP_ALLOWANCE = 20 * 1024 * 1024

v8.setFlagsFromString('--expose-gc')
const collect = vm.runInNewContext('gc') as () => void

let proxy: TestProxy
let server: net.Server
const serverSockets = new Set<net.Socket>()

/** A server that behaves as the path of the request says. */
function serve(socket: net.Socket): void {
  serverSockets.add(socket)
  socket.on('close', () => serverSockets.delete(socket))
  socket.on('error', () => {
    // The other side is meant to break off.
  })
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
    const end = received.indexOf('\r\n\r\n')
    if (end === -1) return
    const stage = /^\S+ \/(\w+)/.exec(received)?.[1]
    const wantsBody = received.includes('Content-Length: 5')
    if (wantsBody && received.length < end + 9 && stage !== 'early') return
    received = ''
    if (stage === 'reset') socket.resetAndDestroy()
    else if (stage === 'half') socket.write('HTTP/1.1 200 OK\r\nContent-Le', () => socket.destroy())
    else if (stage === 'short') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', () => socket.destroy())
    else if (stage === 'upgrade') {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello')
    } else if (stage === 'hang') {
      // The client has to give up.
    } else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  })
}

const stages = ['ok', 'reset', 'half', 'short', 'upgrade', 'hang'] as const
/** When the client leaves: after so much of the request, or at the first bytes of the answer, or when it is complete. */
const departures = ['in the head', 'after the head', 'at the answer', 'at the end'] as const

function exchange(stage: (typeof stages)[number], departure: (typeof departures)[number]): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect(proxy.port, '127.0.0.1')
    socket.on('error', () => {
      // Answered by 'close'.
    })
    socket.on('close', () => resolve())
    const upgrade = stage === 'upgrade' ? 'Connection: Upgrade\r\nUpgrade: websocket\r\n' : 'Content-Length: 5\r\n'
    const head = `${stage === 'upgrade' ? 'GET' : 'PUT'} /${stage} HTTP/1.1\r\nHost: app.test\r\n${upgrade}\r\n`
    if (departure === 'in the head') return void socket.write(head.slice(0, 30), () => socket.destroy())
    socket.write(stage === 'upgrade' ? head : `${head}12345`)
    if (departure === 'after the head') return void setImmediate(() => socket.destroy())
    const leave = () => (departure === 'at the answer' ? socket.destroy() : socket.end())
    socket.once('data', leave)
    if (stage === 'hang') setTimeout(() => socket.destroy(), 5)
    if (stage === 'upgrade') setTimeout(() => socket.destroy(), 200).unref()
  })
}

/** Exchanges of every kind in every order, several at once; the sequence is the same in each run. */
async function run(count: number): Promise<void> {
  let next = 0
  let seed = 42
  const random = (n: number) => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff
    return seed % n
  }
  const worker = async () => {
    while (next++ < count) await exchange(stages[random(stages.length)]!, departures[random(departures.length)]!)
  }
  await Promise.all(Array.from({ length: PARALLEL }, worker))
}

const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length

function heap(): number {
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

beforeAll(async () => {
  server = net.createServer(serve)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as net.AddressInfo
  proxy = await startProxy(
    JSON.stringify({
      http: {
        routers: { app: { rule: 'PathPrefix(`/`)', service: 'app', middlewares: ['few'] } },
        middlewares: { few: { inFlightReq: { amount: PARALLEL } } },
        services: { app: { loadBalancer: { servers: [{ url: `http://127.0.0.1:${port}` }] } } },
      },
    }),
  )
})

afterAll(async () => {
  await proxy.stop()
  for (const socket of serverSockets) socket.destroy()
  server.close()
})

test(`${EXCHANGES} exchanges broken off at every stage leave nothing behind`, async () => {
  await run(500)
  await until(
    () => [...serverSockets].length,
    (open) => open <= PARALLEL,
  )
  const before = { heap: heap(), sockets: sockets() }
  await run(EXCHANGES)
  // What is left are idle connections to the server, no more than before.
  await until(sockets, (open) => open <= before.sockets + PARALLEL)
  expect(heap() - before.heap).toBeLessThan(HEAP_ALLOWANCE)
  // The limiter counts requests under way: had one been forgotten, one of these would be refused.
  const answers = await Promise.all(
    Array.from({ length: PARALLEL }, () =>
      fetch(`${proxy.url}/ok`, { headers: { Host: 'app.test' } }).then((a) => a.status),
    ),
  )
  expect(answers.filter((status) => status !== 200)).toEqual([])
}, 180_000)
