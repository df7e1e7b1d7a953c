// Random configurations of what is below HTTP and beside it (TCP, TLS, servers over TLS, UDP, changes of protocol), and
// connections through Signalbox and through Traefik: what clients get and what servers see must be equal. The last line is
// `N connections in N worlds, N differences`.
import { mkdtempSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { differences } from './differential/compare.mjs'
import { programOptions } from './differential/program-options.mjs'
import { Random } from './differential/random.mjs'
import { KnownDifferences, printDifferences } from './differential/requests/known.mjs'
import { startPair } from './differential/requests/pair.mjs'
import { makeCertificates } from './differential/streams/certificates.mjs'
import { startOutgoing } from './differential/streams/outgoing.mjs'
import { startSharing } from './differential/streams/sharing.mjs'
import { startTcp } from './differential/streams/tcp.mjs'
import { startTls } from './differential/streams/tls.mjs'
import { startUdp } from './differential/streams/udp.mjs'
import { startUpgrades } from './differential/streams/upgrades.mjs'

const USAGE = `Example: node test/servers/streams.mjs --worlds 50 --seed 1 --reference /path/to/traefik

  --worlds N        how many configurations are made
  --seed N          which ones
  --only AREA       tcp, sharing, tls, outgoing, udp or upgrades
  --configurations  prints those of what differs, too
  --reference FILE  the program of Traefik`

const STARTS = {
  tcp: startTcp,
  sharing: startSharing,
  tls: startTls,
  outgoing: startOutgoing,
  udp: startUdp,
  upgrades: startUpgrades,
}
/** What two programs do at once may come in another order: what differs is tried again by itself. */
const TRIES = 3

const values = programOptions(USAGE, { worlds: '20', seed: '1', configurations: false })
const pki = makeCertificates(mkdtempSync(path.join(os.tmpdir(), 'signalbox-streams-')))
const names = values.only === undefined ? Object.keys(STARTS) : [values.only]
const areas = []
for (const name of names) areas.push({ name, ...(await STARTS[name](pki)) })
const all = (key) => areas.flatMap((area) => area[key] ?? [])
const known = new KnownDifferences(path.join(import.meta.dirname, 'known-streams.json'))
const pair = await startPair(values.reference, all('entryPoints'), all('flags'), {
  reference: areas.flatMap(({ own }) => own?.reference ?? []),
  ours: areas.flatMap(({ own }) => own?.ours ?? []),
})
const proxies = [pair.reference, pair.ours]
const worlds = Number(values.worlds)
let count = 0
let unequal = 0

const askBoth = (attempt) => Promise.all(proxies.map(({ ports }, at) => attempt.ask(ports, at)))

try {
  for (let at = 0; at < worlds; at++) {
    const drawn = areas.map(({ name, draw }) => ({
      name,
      ...draw(new Random(Number(values.seed) * 1_000_003 + at * 16 + Object.keys(STARTS).indexOf(name)), at),
    }))
    const marker = { rule: `Host(\`marker${at}.test\`)`, service: 'noop@internal', entryPoints: ['alt'] }
    const parts = [
      ...drawn.map(({ configuration }) => configuration),
      { http: { routers: { [`marker${at}`]: marker } } },
    ]
    await pair.publish(parts.reduce(merged), 'routers', `marker${at}`)
    await Promise.all(drawn.map(({ ready }) => ready?.(proxies)))
    const attempts = drawn.flatMap(({ name, attempts, configuration }) =>
      attempts.map((one) => ({ ...one, name, configuration })),
    )
    const found = await Promise.all(attempts.map(askBoth))
    count += attempts.length
    for (const [i, attempt] of attempts.entries()) await judge(at, attempt, found[i])
  }
} finally {
  pair.stop()
  for (const area of areas) area.stop()
}
known.print()
console.log(`${count} connections in ${worlds} worlds, ${unequal} differences`)
process.exit(unequal === 0 ? 0 : 1)

async function judge(at, attempt, first) {
  const { name, what, configuration } = attempt
  const isKnown = (one) => known.has(one, { area: name, text: JSON.stringify(what), configuration })
  let pairs = first
  for (let left = TRIES; ; left--) {
    const found = differences(...pairs).filter((one) => !isKnown(one))
    if (found.length === 0) return
    if (left === 1) {
      unequal++
      printDifferences(`world ${at}, ${name}: ${JSON.stringify(what)}`, found)
      if (values.configurations) console.log(`    ${JSON.stringify(pairs)}\n    ${JSON.stringify(configuration)}`)
      return
    }
    pairs = await askBoth(attempt)
  }
}

/** Two configurations as one. */
function merged(one, other) {
  if (Array.isArray(one) && Array.isArray(other)) return [...one, ...other]
  if (typeof one !== 'object' || typeof other !== 'object') return other
  const both = { ...one }
  for (const [key, value] of Object.entries(other)) both[key] = key in both ? merged(both[key], value) : value
  return both
}
