// CPU of workerd for a request through Signalbox (100 routers, 5 middlewares) beside a worker that only returns
// `fetch()`: as it is, with access lines, and with a rate limit in the Durable Object; same load, in turn, in one run. The
// bare worker runs twice: what differs between the two is the error of all ratios. Between them and ours are two that
// are written by hand for this plan: what the nine fields cost that servers get, and a line when all has gone. Between
// a worker and its server Miniflare has a worker of its own, which is in all figures. Linux only (/proc).
//
//     node bench/edge/run.mjs [--rounds 7] [--requests 6000]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startLocalWorker } from '../../adapters/cli/edge/miniflare.ts'
import { publish } from '../../adapters/cli/edge/publish.ts'
import { generateSigningKey } from '../../adapters/cli/edge/signing-keys.ts'
import { load } from './load.mjs'
import { benchPlan } from './plan.ts'
import { childrenOf, cpuMicros, median } from './workerd.mjs'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '7' }, requests: { type: 'string', default: '6000' } },
})
const requests = Number(values.requests)

/** Lines of workers come this way too, one for each request. */
const print = console.log
console.log = () => {}

const bare = (origin) => `
export default {
  fetch(request) {
    const { url, method, headers, body } = request
    return fetch('${origin}' + url.slice(url.indexOf('/', 8)), { method, headers, body, redirect: 'manual' })
  },
}`

/** What the plan says, written by hand for it alone: what a worker pays for its effects on messages. @param end a statement */
const byHand = (origin, end = 'return own') => `
const hosts = new Set(Array.from({ length: 100 }, (_, at) => 'app' + at + '.example.test'))
export default {
  async fetch(request, env, context) {
    const { url, method, headers, body } = request
    const target = url.slice(url.indexOf('/', 8))
    const host = headers.get('host')
    if (!hosts.has(host) || !target.startsWith('/app')) return new Response('404 page not found', { status: 404 })
    const client = headers.get('cf-connecting-ip')
    if (!client.startsWith('203.0.113.')) return new Response('Forbidden', { status: 403 })
    const sent = new Headers(headers)
    sent.set('X-Forwarded-For', client)
    sent.set('X-Forwarded-Host', host)
    sent.set('X-Forwarded-Port', '80')
    sent.set('X-Forwarded-Proto', 'http')
    sent.set('X-Forwarded-Server', 'bench')
    sent.set('X-Real-Ip', client)
    sent.set('X-Forwarded-Prefix', '/app')
    sent.set('X-Edge', 'yes')
    sent.set('X-Team', 'blue')
    const answer = await fetch('${origin}/v1' + target.slice(4), { method, headers: sent, body, redirect: 'manual' })
    const own = new Response(answer.body, answer)
    own.headers.set('X-Frame-Options', 'DENY')
    ${end}
  },
}`
/** Says when the last byte has gone. */
const LINE = `const start = Date.now()
    const { readable, writable } = new FixedLengthStream(Number(own.headers.get('content-length')))
    const line = () => console.log(JSON.stringify({ method, host, target, client, status: own.status, ms: Date.now() - start }))
    context.waitUntil(own.body.pipeTo(writable).then(line))
    return new Response(readable, own)`

const origin = spawn(process.execPath, [fileURLToPath(new URL('./origin.mjs', import.meta.url))], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const originPort = Number((await once(origin.stdout, 'data')).toString())
const address = `http://127.0.0.1:${originPort}`
const key = await generateSigningKey()
const limit = { rateLimit: { average: 1_000_000, burst: 1_000_000 } }

/**
 * @type {readonly {
 *   name: string, aim?: number, plan?: import('../../src/plan/plan.ts').Plan, modules?: Record<string, string>,
 *   shared?: boolean
 * }[]}
 */
const workers = [
  { name: 'bare', modules: { 'bare.js': bare(address) } },
  { name: 'bare again', aim: 1, modules: { 'bare.js': bare(address) } },
  { name: 'by hand', modules: { 'by-hand.js': byHand(address) } },
  { name: 'signalbox', aim: 1.25, plan: await benchPlan(address) },
  { name: 'line by hand', modules: { 'line.js': byHand(address, LINE) } },
  { name: 'access lines', aim: 1.45, plan: await benchPlan(address, { install: { accessLog: { format: 'json' } } }) },
  { name: 'rate limit', aim: 1.4, plan: await benchPlan(address, { middlewares: { limit } }), shared: true },
]
const contenders = []
for (const { plan, modules, shared = false, ...contender } of workers) {
  const known = await childrenOf(process.pid)
  const worker = await startLocalWorker({
    host: '127.0.0.1',
    port: 0,
    shared,
    vars: { SIGNALBOX_PUBLIC_KEYS: key.publicKey },
    ...(modules === undefined ? {} : { modules }),
  })
  const [pid] = (await childrenOf(process.pid)).filter((child) => !known.includes(child))
  contenders.push({ ...contender, worker, pid, micros: [] })
  if (plan !== undefined) await publish(worker.kv, plan, key, Date.now())
}

try {
  for (const { worker } of contenders) await load(Number(worker.url.port), requests)
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const { worker, pid, micros } of contenders) {
      const before = await cpuMicros(pid)
      await load(Number(worker.url.port), requests)
      micros.push(((await cpuMicros(pid)) - before) / requests)
    }
  }
  const [{ micros: bareMicros }] = contenders
  for (const { name, aim, micros } of contenders) {
    const ratio = median(micros.map((value, at) => value / bareMicros[at])).toFixed(2)
    const wanted = aim === undefined ? '' : ` (aim: ${aim.toFixed(2)})`
    print(`${name.padEnd(12)} ${median(micros).toFixed(0)} µs of CPU a request, ratio ${ratio}${wanted}`)
  }
} finally {
  for (const { worker } of contenders) await worker.stop()
  origin.kill()
}
