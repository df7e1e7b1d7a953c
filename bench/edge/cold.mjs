// What the first request of an isolate costs beside a worker that answers by itself, and beside one that reads KV as a
// first request does: time, CPU and memory of workerd, with plans of so many routers, in turn. On this machine KV is a
// worker in the same process, and what it takes is in the figures. Linux only (/proc).
//
//     node bench/edge/cold.mjs [--routers 100,1000,10000] [--rounds 5]
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { startLocalWorker } from '../../adapters/cli/edge/miniflare.ts'
import { publish } from '../../adapters/cli/edge/publish.ts'
import { generateSigningKey } from '../../adapters/cli/edge/signing-keys.ts'
import { planFile } from '../../adapters/cli/plan-file.ts'
import { childrenOf, cpuMicros, median } from './workerd.mjs'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, routers: { type: 'string', default: '100,1000,10000' } },
})
const key = await generateSigningKey()
const empty = { 'empty.js': 'export default { fetch: () => new Response(null) }' }
/** Reads what every first request reads, and does nothing with it. */
const reading = {
  'reading.js': `export default {
  async fetch(_, { SIGNALBOX_KV: kv }) {
    await Promise.all([
      kv.get(['plan-head', 'revoked', 'flags', 'health'], { type: 'text', cacheTtl: 30 }),
      kv.get('plan', { type: 'arrayBuffer', cacheTtl: 30 }),
    ])
    return new Response(null)
  },
}`,
}
const folder = await mkdtemp(path.join(os.tmpdir(), 'signalbox-cold-'))

/** Routers with a host and a path each, a service each, and two middlewares between them. */
async function planOf(routers) {
  const names = Array.from({ length: routers }, (_, at) => `r${at}`)
  const dynamic = {
    http: {
      routers: Object.fromEntries(
        names.map((name) => [
          name,
          { rule: `Host(\`${name}.test\`) && PathPrefix(\`/a\`)`, service: name, middlewares: ['strip', 'own'] },
        ]),
      ),
      services: Object.fromEntries(
        names.map((name) => [
          name,
          { loadBalancer: { passHostHeader: false, servers: [{ url: `http://${name}.invalid` }] } },
        ]),
      ),
      middlewares: {
        strip: { stripPrefix: { prefixes: ['/a'] } },
        own: { headers: { customRequestHeaders: { 'X-A': 'b' } } },
      },
    },
  }
  const file = path.join(folder, `${routers}.json`)
  await writeFile(file, JSON.stringify(dynamic))
  const { plan } = await planFile(file, { target: 'edge', install: null })
  return plan
}

/** @param {{ plan: import('../../src/plan/plan.ts').Plan | null, modules?: Record<string, string> }} contender */
async function measure({ plan, modules }) {
  const known = await childrenOf(process.pid)
  const worker = await startLocalWorker({
    host: '127.0.0.1',
    port: 0,
    shared: false,
    vars: { SIGNALBOX_PUBLIC_KEYS: key.publicKey, SIGNALBOX_LOG_LEVEL: 'panic' },
    ...(modules === undefined ? {} : { modules }),
  })
  try {
    const [pid] = (await childrenOf(process.pid)).filter((child) => !known.includes(child))
    if (plan !== null) await publish(worker.kv, plan, key, Date.now())
    const [cpu, memory, began] = [await cpuMicros(pid), await megabytes(pid), performance.now()]
    // Nobody has this host: the answer is a 404 of the plan.
    const { status } = await fetch(worker.url)
    const ms = performance.now() - began
    if (status !== (modules === undefined ? 404 : 200)) throw new Error(`the first answer is ${status}`)
    return { ms, cpu: ((await cpuMicros(pid)) - cpu) / 1000, memory: (await megabytes(pid)) - memory }
  } finally {
    await worker.stop()
  }
}

const megabytes = async (pid) => Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))[1]) / 1024

try {
  /** @type {{ name: string, plan: import('../../src/plan/plan.ts').Plan | null, modules?: Record<string, string>, found: { ms: number, cpu: number, memory: number }[] }[]} */
  const contenders = [
    { name: 'empty worker', plan: null, modules: empty, found: [] },
    { name: 'reading KV', plan: await planOf(100), modules: reading, found: [] },
  ]
  for (const routers of values.routers.split(',').map(Number)) {
    contenders.push({ name: `${routers} routers`, plan: await planOf(routers), found: [] })
  }
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const contender of contenders) contender.found.push(await measure(contender))
  }
  for (const { name, found } of contenders) {
    const of = (what) => median(found.map((each) => each[what])).toFixed(1)
    console.log(`${name.padEnd(16)} ${of('ms')} ms, ${of('cpu')} ms of CPU, ${of('memory')} MB`)
  }
} finally {
  await rm(folder, { recursive: true })
}
