// Random routing configurations and random requests through Signalbox and through Traefik: what servers see and what clients
// get must be equal but for test/servers/known-requests.json. The last line is `N requests in N worlds, N differences`.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { differences } from './differential/compare.mjs'
import { Random } from './differential/random.mjs'
import { ask, askSecurely, request } from './differential/requests/asking.mjs'
import { startPair } from './differential/requests/pair.mjs'
import { entryPointFlags, routing } from './differential/requests/routing.mjs'
import { startServers } from './differential/requests/servers.mjs'

const USAGE = `Example: node test/servers/requests.mjs --worlds 100 --seed 1 --reference /path/to/traefik

  --worlds N        how many configurations are made
  --requests N      how many requests each of them is asked
  --seed N          which ones
  --reference FILE  the program of Traefik
  --only N          just that world, with its configuration`

const { values } = parseArgs({
  options: {
    worlds: { type: 'string', default: '30' },
    requests: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    reference: { type: 'string' },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help || values.reference === undefined) {
  console.log(USAGE)
  process.exit(values.help ? 0 : 2)
}

const known = JSON.parse(readFileSync(path.join(import.meta.dirname, 'known-requests.json'), 'utf8')).map((entry) => ({
  ...entry,
  pattern: new RegExp(entry.path),
  hits: 0,
}))
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

let count = 0
let unknown = 0
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
      const theirs = await exchange(reference, entryPoint, text)
      const own = await exchange(ours, entryPoint, text)
      count++
      evenOut(theirs.answer, own.answer)
      const found = differences(theirs, own).filter(
        (difference) => !isKnown(difference, { text, theirs, own, configuration }),
      )
      if (found.length === 0) continue
      unknown++
      console.log(`world ${at}, request ${i} to ${entryPoint}: ${JSON.stringify(text)}`)
      for (const difference of found) {
        console.log(`  ${difference.path}`)
        console.log(`    Traefik:   ${JSON.stringify(difference.reference)}`)
        console.log(`    Signalbox: ${JSON.stringify(difference.ours)}`)
      }
    }
    if ((at + 1) % 25 === 0) console.log(`${at + 1} of ${worlds} worlds`)
  }
} finally {
  stop()
  servers.stop()
}
for (const { path: place, why, hits } of known) console.log(`known: ${hits} × ${place}: ${why}`)
console.log(`${count} requests in ${worlds} worlds, ${unknown} differences`)
process.exitCode = unknown === 0 ? 0 : 1

/** Takes away what is not said of an answer but of its making. */
function evenOut(...answers) {
  // Whether its length is known when its head is written; HTTP/1.0 ends it with the connection.
  const framings = answers.map((answer) => answer?.fields['transfer-encoding']?.[0] ?? '')
  const isFramedAlike =
    framings[0] === framings[1] && answers.every((answer) => answer?.fields['content-length'] !== undefined)
  for (const answer of answers) {
    if (answer === null) continue
    const { fields } = answer
    if (!isFramedAlike) delete fields['transfer-encoding']
    if (!isFramedAlike) delete fields['content-length']
    // Traefik draws their order.
    if (fields['access-control-expose-headers'] !== undefined) {
      fields['access-control-expose-headers'] = fields['access-control-expose-headers'][0].split(', ').sort()
    }
  }
}

async function exchange({ ports }, entryPoint, text) {
  let [answer, seen] = [null, []]
  // Who answers and closes before all content has arrived may have its answer cut off by the system.
  for (let tries = 0; tries < 5 && (answer === null || answer.content.endsWith('<broken>')); tries++) {
    answer = await (entryPoint === 'secure' ? askSecurely : ask)(ports[entryPoint], text)
    seen = servers.takeSeen()
  }
  if (answer !== null) delete answer.fields.date
  for (const { fields } of seen) delete fields['x-forwarded-server']
  return { answer, seen: Object.fromEntries(seen.map((one, at) => [at, one])) }
}

function isKnown(difference, { text, configuration }) {
  const entry = known.find(
    (candidate) =>
      candidate.pattern.test(difference.path) &&
      (candidate.if === undefined || new RegExp(candidate.if).test(JSON.stringify(difference))) &&
      (candidate.request === undefined || new RegExp(candidate.request).test(text)) &&
      (candidate.configuration === undefined ||
        new RegExp(candidate.configuration).test(JSON.stringify(configuration))),
  )
  if (entry === undefined) return false
  entry.hits++
  return true
}
