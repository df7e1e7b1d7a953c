// Random worlds of one provider, read by Signalbox and by Traefik from the same server: what their APIs show must be equal
// but for test/servers/known.json. The last line is `N worlds, N differences`.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { differences, elementsOf } from './differential/compare.mjs'
import { RunningProxy } from './differential/proxies.mjs'
import { Random } from './differential/random.mjs'

const USAGE = `Example: node test/servers/differential.mjs --provider docker --worlds 300 --seed 1 --reference /path/to/traefik

  --provider NAME   docker, swarm, etcd, redis, zooKeeper, consul, consulCatalog, nomad, ecs, http, rest,
                    kubernetesCRD, kubernetesIngress, kubernetesGateway, kubernetesIngressNGINX or knative
  --worlds N        how many worlds are made
  --seed N          which ones
  --reference FILE  the program of Traefik
  --verbose         every difference, also those that are known`

const { values } = parseArgs({
  options: {
    provider: { type: 'string' },
    worlds: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    reference: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help || values.provider === undefined || values.reference === undefined) {
  console.log(USAGE)
  process.exit(values.help ? 0 : 2)
}

const root = path.join(import.meta.dirname, '../..')
const known = JSON.parse(readFileSync(path.join(import.meta.dirname, 'known.json'), 'utf8'))
  .filter(({ providers }) => providers.includes(values.provider))
  .map((entry) => ({ ...entry, pattern: new RegExp(entry.path), hits: 0 }))
const { createWorlds } = await import(`./differential/worlds/${values.provider}.mjs`)

/** Looks, 40 ms apart, after which a difference is one: a busy Traefik applies what it has read a while later. */
const SETTLE_ROUNDS = 25
/** How long both may take to see a world, also where the machine is busy; and after which both have refused it. */
const PATIENCE_MS = 60_000
const REFUSAL_PATIENCE_MS = 6_000
/** After a bug of its own Traefik may wait for minutes before it looks again: it is started anew after so long. */
const RESTART_MS = 30_000

const count = Number(values.worlds)
const random = new Random(Number(values.seed))
const worlds = await createWorlds(random)
const reference = new RunningProxy([values.reference], worlds.flags(true), worlds.env)
const ours = new RunningProxy([process.execPath, path.join(root, 'dist/cli.js')], worlds.flags(false), worlds.env)
let unknown = 0
let restarts = 0
try {
  await Promise.all([reference.start(), ours.start()])
  for (let at = 0; at < count; at++) {
    const world = await worlds.make(at, [reference, ours])
    const found = await settledDifferences()
    let isNew = false
    for (const difference of found) {
      const entry = known.find(
        (candidate) =>
          candidate.pattern.test(difference.path) &&
          (candidate.if === undefined || new RegExp(candidate.if).test(JSON.stringify(difference))) &&
          // Only with another difference in the same world.
          (candidate.beside === undefined ||
            found.some((other) => new RegExp(candidate.beside).test(JSON.stringify(other)))),
      )
      if (entry !== undefined) entry.hits++
      else {
        unknown++
        isNew = true
      }
      if (entry === undefined || values.verbose) {
        console.log(`world ${at}: ${difference.path}${entry === undefined ? '' : ' (known)'}`)
        console.log(`  Traefik:   ${JSON.stringify(difference.reference)}`)
        console.log(`  Signalbox: ${JSON.stringify(difference.ours)}`)
      }
    }
    if (isNew) console.log(`  the world: ${JSON.stringify(world)}`)
    if ((at + 1) % 25 === 0) console.log(`${at + 1} of ${count} worlds`)
  }
} finally {
  reference.stop()
  ours.stop()
  await worlds.stop()
}
for (const { path: place, why, hits } of known) console.log(`known: ${hits} × ${place}: ${why}`)
const missing = count >= worlds.enough ? worlds.missing() : []
for (const name of missing) console.log(`FAILED: occurred in no world: ${name}`)
if (restarts > 0) console.log(`Traefik did not take a world until it was started anew: ${restarts} ×`)
console.log(`${count} worlds, ${unknown} differences`)
process.exitCode = unknown + missing.length === 0 ? 0 : 1

/** What differs once neither changes any more. */
async function settledDifferences() {
  const began = Date.now()
  let before = ''
  let equalFor = 0
  let isNew = false
  for (;;) {
    const both = await Promise.all([reference.rawData(), ours.rawData()])
    const [theirs, own] = both.map((data) => elementsOf(data, worlds.provider))
    const found = differences(theirs, own)
    const seen = [worlds.isSeen(theirs), worlds.isSeen(own)]
    const now = JSON.stringify(both)
    equalFor = now === before ? equalFor + 1 : 0
    before = now
    const isSettled = (found.length === 0 && equalFor > 0) || equalFor > (worlds.settleRounds ?? SETTLE_ROUNDS)
    if (seen[0] && seen[1] && isSettled) return found
    const passed = Date.now() - began
    // What both refuse leaves what was there before; of other sources a world must arrive.
    if (worlds.mayRefuse && !seen[0] && !seen[1] && passed > REFUSAL_PATIENCE_MS) return found
    if (!seen[0] && seen[1] && passed > RESTART_MS && !isNew) {
      isNew = true
      restarts++
      reference.stop()
      await reference.start()
      continue
    }
    if (passed > PATIENCE_MS) {
      const panics = !seen[0] && reference.log().slice(-10_000).includes('panic in operation')
      return [{ path: 'not seen', reference: panics ? 'panics' : seen[0], ours: seen[1] }]
    }
    await sleep(40)
  }
}
