// node bench/micro/lines.mjs [--rounds 9] [--sides nothing,lines] [TREE ...]: CPU of an exchange without a network, in microseconds: with nobody who listens, with
// metrics, with an access log in JSON, and with fields of messages in it; of this tree and of others beside it, in turn. Garbage and writing are in it, as each side is a process.
// For profiles: node --cpu-prof bench/micro/lines.mjs --side lines TREE; it ends by itself.
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay, setImmediate as immediate } from 'node:timers/promises'
import { parseArgs } from 'node:util'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '9' },
    sides: { type: 'string', default: 'nothing,metrics,lines,headers' },
    side: { type: 'string' },
  },
})
const own = path.join(import.meta.dirname, '../..')
/** Exchanges of a round, and of those that are under way at the same time. */
const EXCHANGES = 60_000
const TOGETHER = 32

async function compare(trees) {
  const sides = trees.flatMap((tree) => options.sides.split(',').map((side) => ({ tree, side, took: [] })))
  for (const side of sides) {
    side.child = fork(import.meta.filename, ['--side', side.side, side.tree])
    await told(side.child)
  }
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const { child, took } of sides.toSorted(() => Math.random() - 0.5)) {
      child.send('go')
      took.push(await told(child))
    }
  }
  for (const { tree, side, took, child } of sides) {
    const nothing = sides.find((other) => other.tree === tree && other.side === 'nothing').took
    const more = took.map((us, i) => us - nothing[i])
    console.log(`${tree} ${side}: ${median(took).toFixed(2)} us, ${median(more).toFixed(2)} more than nothing`)
    child.disconnect()
  }
}

const told = (child) => new Promise((resolve) => child.once('message', resolve))

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]

async function serve(side, tree) {
  const load = (file) => import(path.join(tree, file))
  const { Telemetry } = await load('adapters/node/telemetry/telemetry.ts')
  const { NodeContext } = await load('adapters/node/http/node-context.ts')
  const { runtimeClock: clock } = await load('adapters/web/clock.ts')
  const { Fields } = await load('src/http/fields.ts')
  const { ProxyRequest } = await load('src/http/request.ts')
  const { ProxyResponse } = await load('src/http/response.ts')
  const folder = mkdtempSync(path.join(tmpdir(), 'lines-'))
  process.once('exit', () => rmSync(folder, { recursive: true }))
  const log = path.join(folder, 'access.log')
  const hasLines = side === 'lines' || side === 'headers'
  const parts = {
    install: {
      ...(hasLines ? { accessLog: { format: 'json', filePath: log } } : {}),
      ...(side === 'metrics' ? { metrics: { prometheus: {} } } : {}),
    },
    log: { log: (_level, message) => console.error(message) },
    clock,
    running: {},
  }
  const telemetry = new Telemetry(parts)
  await telemetry.load()
  const observer = await telemetry.observer({
    accessLog: hasLines ? accessLogPlan(side === 'headers' ? 'keep' : 'drop') : null,
    ...(side === 'metrics' ? { metrics: METRICS } : {}),
  })

  const around = (middleware, handler) => middleware?.(handler) ?? handler
  const server = around(observer?.attempt('s@file', 'http://127.0.0.1:8080'), (_request, { record }) => {
    record.serverUrl = 'http://127.0.0.1:8080'
    record.originStart = clock.now()
    record.originStatus = 200
    const fields = new Fields([
      ...['Server', 'nginx'],
      ...['Content-Type', 'text/plain'],
      ...['Content-Length', '1024'],
    ])
    if (record.wantsOriginFields) record.originFields = fields.lines.slice()
    return new ProxyResponse(200, fields, null)
  })
  const router = around(
    observer?.router('r0@file', { service: 's@file', isChild: false, observability: ALL }),
    (request, cx) => {
      cx.record.service = 's@file'
      cx.record.loadBalancer = 's@file'
      return server(request, cx)
    },
  )
  const entryPoint = around(observer?.entryPoint('web', ALL), (request, cx) => {
    cx.record.router = 'r0@file'
    return router(request, cx)
  })

  const clients = Array.from({ length: TOGETHER }, (_, i) => ({ address: '127.0.0.1', port: 40_000 + i, tls: null }))
  const head =
    'GET /shop/items?id=12345 HTTP/1.1\r\nHost: shop.example.com:8000\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\n\r\n'
  const begin = (client) => {
    // Slices of a text of its own, as an engine has them.
    const text = Buffer.from(head).toString('latin1')
    const lines = ['User-Agent', text.slice(75, 102), 'Accept', text.slice(112, 115)]
    const request = new ProxyRequest(
      'GET',
      'http',
      text.slice(41, 62),
      text.slice(4, 24),
      new Fields(lines),
      null,
      null,
      'HTTP/1.1',
    )
    const cx = new NodeContext('web', client, clock.now())
    entryPoint(request, cx)
    return cx
  }
  const round = async () => {
    for (let i = 0; i < EXCHANGES; i += TOGETHER) {
      const under = clients.map(begin)
      for (const cx of under) cx.end({ status: 200, size: 1024, requestSize: 0, aborted: false })
      // What is written must keep up.
      await (i % 4096 === 0 ? delay(20) : immediate())
    }
  }

  for (let i = 0; i < 3; i++) await round()
  if (process.send === undefined) {
    for (let i = 0; i < 10; i++) await round()
    await telemetry.close()
    return
  }
  process.on('message', async () => {
    const before = process.cpuUsage()
    await round()
    const { user, system } = process.cpuUsage(before)
    if (hasLines) truncateSync(log)
    process.send((user + system) / EXCHANGES)
  })
  process.once('disconnect', () => process.exit())
  process.send('ready')
}

const ALL = { accessLogs: true, metrics: true, tracing: true }

const METRICS = {
  addInternals: false,
  entryPoints: true,
  routers: true,
  services: true,
  boundaries: [0.1, 0.3, 1.2, 5],
  headerLabels: {},
}

function accessLogPlan(headers) {
  return {
    format: 'json',
    addInternals: false,
    filters: { statusCodes: [], retryAttempts: false, minDurationMs: 0 },
    fields: {
      defaultMode: 'keep',
      names: {},
      headers: { defaultMode: headers, names: {} },
      queryParameters: { defaultMode: 'keep' },
    },
  }
}

if (options.side === undefined) await compare([own, ...positionals])
else await serve(options.side, positionals[0] ?? own)
