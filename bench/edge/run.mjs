// CPU of workerd for a request through Signalbox (100 routers, 5 middlewares) beside a worker that only returns
// `fetch()`: as it is, with access lines, and with a rate limit in the Durable Object; same load, in turn, in one run. The
// bare worker runs twice: what differs between the two is the error of all ratios. Between a worker and its server
// Miniflare has a worker of its own, which is in all figures. Linux only (/proc).
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
  { name: 'signalbox', aim: 1.25, plan: await benchPlan(address) },
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
    const beside = aim === undefined ? '' : `, ratio ${ratio} (aim: ${aim.toFixed(2)})`
    print(`${name.padEnd(12)} ${median(micros).toFixed(0)} µs of CPU a request${beside}`)
  }
} finally {
  for (const { worker } of contenders) await worker.stop()
  origin.kill()
}
