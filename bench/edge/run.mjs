// CPU of workerd for a request through Signalbox (100 routers, 5 middlewares) beside a worker that only returns
// `fetch()`: same load, in turn, in one run. Linux only (/proc).
//
//     node bench/edge/run.mjs [--rounds 7] [--requests 4000]
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

const contenders = []
/** @type {readonly [name: string, vars: Record<string, string>, modules?: Record<string, string>][]} */
const workers = [
  ['bare', {}, { 'bare.js': bare(address) }],
  ['signalbox', { SIGNALBOX_PUBLIC_KEYS: key.publicKey }],
]
for (const [name, vars, modules] of workers) {
  const known = await childrenOf(process.pid)
  const worker = await startLocalWorker({
    host: '127.0.0.1',
    port: 0,
    shared: false,
    vars,
    ...(modules === undefined ? {} : { modules }),
  })
  const [pid] = (await childrenOf(process.pid)).filter((child) => !known.includes(child))
  contenders.push({ name, worker, pid, micros: [] })
  if (name === 'signalbox') await publish(worker.kv, await benchPlan(address), key, Date.now())
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
  const [bareRun, ours] = contenders.map(({ micros }) => micros)
  for (const { name, micros } of contenders)
    console.log(`${name.padEnd(10)} ${median(micros).toFixed(0)} µs of CPU a request`)
  console.log(`ratio      ${median(ours.map((value, at) => value / bareRun[at])).toFixed(2)} (aim: 1.25)`)
} finally {
  for (const { worker } of contenders) await worker.stop()
  origin.kill()
}
