// Random routing configurations and random requests through Signalbox on Node and through its worker in workerd: what servers
// see and what clients get must be equal but for test/edge/known-requests.json. The worlds and requests are those of
// test/servers/requests.mjs, which compares Node with Traefik. The last line is `N requests in N worlds, N differences`.
import { mkdtempSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { programOptions } from '../servers/differential/program-options.mjs'
import { Random } from '../servers/differential/random.mjs'
import { ask, askByTls, request } from '../servers/differential/requests/asking.mjs'
import { Comparison } from '../servers/differential/requests/comparison.mjs'
import { exchange } from '../servers/differential/requests/exchange.mjs'
import { OURS, startProxies } from '../servers/differential/requests/pair.mjs'
import { entryPointFlags, routing } from '../servers/differential/requests/routing.mjs'
import { startServers } from '../servers/differential/requests/servers.mjs'
import { joined } from './requests/joined.mjs'
import { named, portable, startWorker } from './requests/worlds.mjs'

const USAGE = `Example: node test/edge/requests.mjs --worlds 100 --seed 1

  --worlds N    how many configurations are made
  --requests N  how many requests each of them is asked
  --seed N      which ones
  --only N      just that world, with its configuration`

const values = programOptions(USAGE, { worlds: '30', requests: '40', seed: '1' }, { needsReference: false })

const seed = Number(values.seed)
const known = path.join(import.meta.dirname, 'known-requests.json')
const comparison = new Comparison(known, ['Node', 'Worker'])
const folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-worlds-'))
const servers = await startServers()

// Options of the second entry point are those of the whole run.
const own = entryPointFlags(new Random(seed)).map((flag) => `--entryPoints.trusting.${flag}`)
console.log(`entry point: ${own.join(' ')}`)
const ENTRY_POINTS = ['front', 'trusting', 'secure']
const flags = [
  '--entryPoints.trusting.forwardedHeaders.insecure=true',
  '--entryPoints.secure.http.tls=true',
  '--core.defaultRuleSyntax=v3',
  ...own,
]
const onEdge = [...flags, ...ENTRY_POINTS.map((name) => `--entryPoints.${name}.address=:0`)]

const [node, worker] = await Promise.all([startProxies([[OURS, []]], ENTRY_POINTS, flags), startWorker()])
const { ports } = node.proxies[0]

/** It tells that a configuration is in force. */
const marker = (at) => ({
  rule: `Path(\`/marker${at}\`)`,
  service: 's0',
  entryPoints: ['secure'],
  priority: 2 ** 40,
})

const worlds = Number(values.worlds)
try {
  for (let at = 0; at < worlds; at++) {
    if (values.only !== undefined && at !== Number(values.only)) continue
    // A world of its own, whatever the others are.
    const random = new Random(seed * 1_000_003 + at)
    const { http } = named(routing(random, servers.ports))
    const routers = { ...http.routers, [`marker${at}`]: marker(at) }
    // One entry point is all that answers http on Workers.
    const plain = random.pick(['front', 'front', 'trusting'])
    const schemes = [`--edge.entryPoints.http=${plain}`, '--edge.entryPoints.https=secure']
    const file = path.join(folder, 'dynamic.yml')
    const { configuration, plan } = await portable({ http: { ...http, routers } }, file, [...onEdge, ...schemes])
    await Promise.all([node.publish(configuration, 'routers', `marker${at}`), worker.publish(plan, `/marker${at}`)])
    servers.takeSeen()
    if (values.only !== undefined) console.log(JSON.stringify(configuration, null, 1))
    for (let i = 0; i < Number(values.requests); i++) {
      const isSecure = random.chance(0.25)
      const entryPoint = isSecure ? 'secure' : plain
      const text = request(random)
      const askNode = () => (isSecure ? askByTls : ask)(ports[entryPoint], text)
      const askWorker = () => ask(worker.ports[isSecure ? 'https' : 'http'], text)
      const onNode = joined((await exchange(askNode, servers)).seen)
      const onWorker = joined((await exchange(askWorker, servers)).seen)
      const whole = { ...configuration, entryPoint: entryPoint === 'trusting' ? own : [] }
      comparison.add(`world ${at}, request ${i} to ${entryPoint}`, { text, configuration: whole }, onNode, onWorker)
    }
    if ((at + 1) % 25 === 0) console.log(`${at + 1} of ${worlds} worlds`)
  }
} finally {
  node.stop()
  await worker.stop()
  servers.stop()
}
comparison.conclude(worlds)
process.exitCode = comparison.isEqual ? 0 : 1
