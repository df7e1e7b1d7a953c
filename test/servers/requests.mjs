// Random routing configurations and random requests through Signalbox and through Traefik: what servers see and what clients
// get must be equal but for test/servers/known-requests.json. The last line is `N requests in N worlds, N differences`.
import path from 'node:path'
import { programOptions } from './differential/program-options.mjs'
import { Random } from './differential/random.mjs'
import { ask, askSecurely, request } from './differential/requests/asking.mjs'
import { Comparison } from './differential/requests/comparison.mjs'
import { exchange } from './differential/requests/exchange.mjs'
import { startPair } from './differential/requests/pair.mjs'
import { entryPointFlags, routing } from './differential/requests/routing.mjs'
import { startServers } from './differential/requests/servers.mjs'

const USAGE = `Example: node test/servers/requests.mjs --worlds 100 --seed 1 --reference /path/to/traefik

  --worlds N        how many configurations are made
  --requests N      how many requests each of them is asked
  --seed N          which ones
  --reference FILE  the program of Traefik
  --only N          just that world, with its configuration`

const values = programOptions(USAGE, { worlds: '30', requests: '40', seed: '1' })

const known = path.join(import.meta.dirname, 'known-requests.json')
const comparison = new Comparison(known, ['Traefik', 'Signalbox'])
const servers = await startServers()

// Options of the second entry point are those of the whole run.
const flags = entryPointFlags(new Random(Number(values.seed))).map((flag) => `--entryPoints.trusting.${flag}`)
console.log(`entry point: ${flags.join(' ')}`)

const { reference, ours, publish, stop } = await startPair(
  values.reference,
  ['front', 'trusting', 'secure'],
  [
    '--entryPoints.trusting.forwardedHeaders.insecure=true',
    '--entryPoints.secure.http.tls=true',
    '--core.defaultRuleSyntax=v3',
    ...flags,
  ],
)
/** It tells that a configuration is in force. */
const MARKER = { rule: 'Path(`/marker`)', service: 's0', entryPoints: ['front'], priority: 2 ** 40 }

const worlds = Number(values.worlds)
try {
  for (let at = 0; at < worlds; at++) {
    if (values.only !== undefined && at !== Number(values.only)) continue
    // A world of its own, whatever the others are.
    const random = new Random(Number(values.seed) * 1_000_003 + at)
    const configuration = routing(random, servers.ports)
    const { http } = configuration
    const routers = { ...http.routers, [`marker${at}`]: MARKER }
    await publish({ http: { ...http, routers } }, 'routers', `marker${at}`)
    if (values.only !== undefined) console.log(JSON.stringify(configuration, null, 1))
    for (let i = 0; i < Number(values.requests); i++) {
      const entryPoint = random.pick(['front', 'front', 'trusting', 'secure'])
      const text = request(random)
      const asked = entryPoint === 'secure' ? askSecurely : ask
      const { seen: theirs } = await exchange(() => asked(reference.ports[entryPoint], text), servers)
      const { seen: own } = await exchange(() => asked(ours.ports[entryPoint], text), servers)
      comparison.add(`world ${at}, request ${i} to ${entryPoint}`, { text, configuration }, theirs, own)
    }
    if ((at + 1) % 25 === 0) console.log(`${at + 1} of ${worlds} worlds`)
  }
} finally {
  stop()
  servers.stop()
}
comparison.conclude(worlds)
process.exitCode = comparison.isEqual ? 0 : 1
