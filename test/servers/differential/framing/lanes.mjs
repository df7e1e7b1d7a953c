import { programOptions } from '../program-options.mjs'
import { Random } from '../random.mjs'
import { startPair } from '../requests/pair.mjs'

/** Exchanges side by side, each with an entry point and a server of its own. */
const LANES = 8

/** What a program of random messages is asked for; ends it where that is its usage. @param {string} program @param {string} what */
export function optionsOf(program, what) {
  const usage = `Example: node test/servers/${program}.mjs --worlds 1000 --seed 1 --reference /path/to/traefik

  --worlds N        how many ${what}
  --seed N          which ones
  --reference FILE  the program of Traefik
  --refusals        prints what only Signalbox refuses, too`
  const values = programOptions(usage, { worlds: '1000', seed: '1', refusals: false })
  return { ...values, worlds: Number(values.worlds), seed: Number(values.seed) }
}

/**
 * Runs all worlds through Traefik and Signalbox, and ends the program. A world is one exchange with each of them.
 * @param options what `optionsOf` gives
 * @param {string} what for the last line
 * @param startServer starts what stands behind both: `{url, stop}`
 * @param {(world: {random: Random, at: number, ports: {theirs: number, own: number}, server: any}) =>
 *   Promise<{sent: any, theirs: any, own: any, flaw: string | null, isRefused: boolean}>} run
 */
export async function runLanes({ worlds, seed, reference, refusals: showsRefusals }, what, startServer, run) {
  const names = Array.from({ length: LANES }, (_, lane) => `lane${lane}`)
  const pair = await startPair(reference, names, ['--providers.providersThrottleDuration=10ms'])
  const servers = await Promise.all(names.map(() => startServer()))
  const routers = Object.fromEntries(
    names.map((name) => [name, { rule: 'PathPrefix(`/`)', service: name, entryPoints: [name] }]),
  )
  const services = Object.fromEntries(
    names.map((name, lane) => [name, { loadBalancer: { servers: [{ url: servers[lane].url }] } }]),
  )
  let violations = 0
  let refusals = 0
  let next = 0
  try {
    await pair.publish({ http: { routers, services } }, 'routers', names.at(-1))
    await Promise.all(
      names.map(async (name, lane) => {
        const ports = { theirs: pair.reference.ports[name], own: pair.ours.ports[name] }
        for (let at = next++; at < worlds; at = next++) {
          const random = new Random(seed * 1_000_003 + at)
          const { sent, theirs, own, flaw, isRefused } = await run({ random, at, ports, server: servers[lane] })
          if (isRefused) refusals++
          if (flaw !== null) violations++
          if (flaw === null && !(isRefused && showsRefusals)) continue
          console.log(`${at}: ${flaw ?? 'refused by Signalbox alone'}: ${JSON.stringify(sent)}`)
          console.log(`    Traefik:   ${JSON.stringify(theirs)}\n    Signalbox: ${JSON.stringify(own)}`)
        }
      }),
    )
  } finally {
    pair.stop()
    for (const server of servers) server.stop()
  }
  console.log(`refused by Signalbox alone: ${refusals}`)
  console.log(`${worlds} ${what}, ${violations} violations`)
  process.exit(violations === 0 ? 0 : 1)
}
