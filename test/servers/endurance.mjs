// What a long life costs: memory over reconnects and events, requests of a quiet hour, and requests that are served while
// ten thousand containers are read and change. Engines are scripted ones on loopback. The last line is `N passed, N failed`.
import { spawn } from 'node:child_process'
import http from 'node:http'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { runtimeClock } from '../../adapters/web/clock.ts'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { ScriptedDocker } from './support/scripted-docker.ts'
import { startSource } from './support/source.ts'

const { values } = parseArgs({
  options: {
    part: { type: 'string', multiple: true, default: ['reconnects', 'events', 'quiet', 'traffic'] },
    minutes: { type: 'string', default: '10' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(
    'Example: node --expose-gc test/servers/endurance.mjs --part events\n\nParts: reconnects, events, quiet, traffic; by default all of them.\n--minutes N: how long nothing happens in `quiet`; 10 by default',
  )
  process.exit(0)
}
if (globalThis.gc === undefined) {
  console.error('node --expose-gc test/servers/endurance.mjs: memory is compared after a collection')
  process.exit(2)
}

/** Growth of the heap that is none: compiled code and caches of the runtime go on settling. */
const SETTLING_MB = 8
const RECONNECTS = 1_000
const EVENTS = 100_000
/** For an hour, with health checks every second. */
const MOST_REQUESTS = 400
const CONTAINERS = 10_000
const TRAFFIC_MS = 30_000
const WORST_MS = 100

const parts = { reconnects, events, quiet, traffic }
let passed = 0
let failed = 0
for (const name of values.part) {
  for (const [holds, what] of await parts[name]()) {
    console.log(`${holds ? 'ok' : 'FAILED'}: ${name}: ${what}`)
    if (holds) passed++
    else failed++
  }
}
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)

/** An engine whose stream of events ends again and again. The supervisor's minutes take half a second. */
async function reconnects() {
  const engine = await engineOf(20)
  const faster = 120
  const source = await startSource([`--providers.docker.endpoint=${engine.endpoint}`], {
    now: () => runtimeClock.now() * faster,
    date: runtimeClock.date,
    after: (ms, task) => runtimeClock.after(ms / faster, task),
  })
  const cutOnce = async () => {
    const before = engine.count('GET /events')
    engine.cut()
    await until(
      () => engine.count('GET /events') > before && source.report.status === 'live',
      (isBack) => isBack,
      30_000,
    )
  }
  for (let at = 0; at < RECONNECTS / 10; at++) await cutOnce()
  const before = heldMb()
  const handles = process.getActiveResourcesInfo().length
  for (let at = 0; at < RECONNECTS; at++) await cutOnce()
  const growth = heldMb() - before
  const more = process.getActiveResourcesInfo().length - handles
  await source.stop()
  engine.stop()
  return [
    [growth < SETTLING_MB, `${growth.toFixed(1)} MB more after ${RECONNECTS} reconnects`],
    [more < 10, `${more} more timers and sockets`],
  ]
}

async function events() {
  const engine = await engineOf(100)
  const source = await startSource([`--providers.docker.endpoint=${engine.endpoint}`])
  await source.until(({ http: found }) => Object.keys(found?.routers ?? {}).length === 100)
  let round = 0
  const change = async (count) => {
    for (let at = 0; at < count; at++) {
      const number = 1 + (at % 100)
      const id = engine.put(number, routed(`round${round++}`))
      engine.tell('start', id)
      // What is told faster than it can be read is kept by the stream.
      if (at % 100 === 99) await until(() => source.messages.length > 1, Boolean, 10_000)
      if (at % 100 === 99) source.messages.length = 1
    }
    await sleep(1_000)
  }
  await change(EVENTS / 20)
  const before = heldMb()
  await change(EVENTS)
  const growth = heldMb() - before
  await source.stop()
  engine.stop()
  return [[growth < SETTLING_MB, `${growth.toFixed(1)} MB more after ${EVENTS} events`]]
}

/** Containers with health checks, of which an engine tells three events a second each. */
async function quiet() {
  const engine = await engineOf(50)
  const source = await startSource([`--providers.docker.endpoint=${engine.endpoint}`])
  await source.until(({ http: found }) => Object.keys(found?.routers ?? {}).length === 50)
  const count = () => [...engine.asked.values()].reduce((sum, more) => sum + more, 0)
  const before = count()
  const derived = source.messages.length
  const changedAt = source.report.changedAt
  const minutes = Number(values.minutes)
  const end = Date.now() + minutes * 60_000
  while (Date.now() < end) {
    for (let number = 1; number <= 50; number++) {
      for (const action of ['exec_create: curl', 'exec_start: curl', 'exec_die'])
        engine.tell(action, engine.idOf(number))
    }
    await sleep(1_000)
  }
  const anHour = ((count() - before) * 60) / minutes
  const isQuiet = source.messages.length === derived && source.report.changedAt === changedAt
  const before2 = engine.count('GET /containers/ID/json')
  engine.tell('start', engine.put(7, routed('other')))
  await source.until(({ http: found }) =>
    Object.values(found?.routers ?? {}).some(({ rule }) => rule?.includes('other')),
  )
  const inspects = engine.count('GET /containers/ID/json') - before2
  await source.stop()
  engine.stop()
  return [
    [anHour <= MOST_REQUESTS, `${anHour} requests an hour`],
    [isQuiet, 'nothing was derived'],
    [inspects === 1, `${inspects} inspections of one changed container`],
  ]
}

/** A proxy that serves a route beside ten thousand containers, from before they are read. */
async function traffic() {
  const engine = await engineOf(CONTAINERS)
  const server = http.createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1')
  const [web, api] = [await freePort(), await freePort()]
  const child = spawn(
    process.execPath,
    [
      path.join(import.meta.dirname, '../../dist/cli.js'),
      `--entryPoints.web.address=127.0.0.1:${web}`,
      `--entryPoints.traefik.address=127.0.0.1:${api}`,
      '--api.insecure=true',
      '--providers.rest.insecure=true',
      '--providers.providersThrottleDuration=50ms',
      `--providers.docker.endpoint=${engine.endpoint}`,
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  )
  const agent = new http.Agent({ keepAlive: true })
  const ask = () =>
    new Promise((resolve) => {
      const began = performance.now()
      const end = (isGood) => resolve([isGood, performance.now() - began])
      http
        .get({ host: '127.0.0.1', port: web, agent, headers: { host: 'static.test' } }, (response) => {
          response.resume()
          response.on('end', () => end(response.statusCode === 200))
        })
        .on('error', () => end(false))
    })
  try {
    const put = () =>
      fetch(`http://127.0.0.1:${api}/api/providers/rest`, {
        method: 'PUT',
        body: JSON.stringify({
          http: {
            routers: { static: { rule: 'Host(`static.test`)', service: 'static', priority: 100_000 } },
            services: { static: { loadBalancer: { servers: [{ url: `http://127.0.0.1:${server.address().port}` }] } } },
          },
        }),
      }).catch(() => null)
    await until(put, (answer) => answer?.status === 200, 60_000)
    await until(ask, ([isGood]) => isGood, 60_000)
    const [count, bad, worst] = await serve(engine, ask)
    return [
      [bad === 0, `${bad} of ${count} requests failed`],
      [worst < WORST_MS, `the slowest took ${worst.toFixed(0)} ms`],
    ]
  } finally {
    child.kill('SIGKILL')
    agent.destroy()
    server.close()
    engine.stop()
  }
}

/** A request every 10 ms, and another container every 100 ms. */
async function serve(engine, ask) {
  let [count, bad, worst] = [0, 0, 0]
  const end = Date.now() + TRAFFIC_MS
  const changing = (async () => {
    for (let next = CONTAINERS + 1; Date.now() < end; next++) {
      engine.tell('start', engine.put(next, routed(`new${next}`)))
      await sleep(100)
    }
  })()
  const asked = []
  while (Date.now() < end) {
    asked.push(
      ask().then(([isGood, ms]) => {
        count++
        if (!isGood) bad++
        worst = Math.max(worst, ms)
      }),
    )
    await sleep(10)
  }
  await Promise.all([...asked, changing])
  return [count, bad, worst]
}

async function engineOf(count) {
  const engine = new ScriptedDocker()
  await engine.start()
  for (let number = 1; number <= count; number++) engine.put(number, routed(`h${number}`))
  return engine
}

function routed(host) {
  return { [`traefik.http.routers.${host}.rule`]: `Host(\`${host}.test\`)` }
}

function heldMb() {
  globalThis.gc()
  globalThis.gc()
  return process.memoryUsage().heapUsed / 2 ** 20
}
