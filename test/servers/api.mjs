// Random routing configurations with what can be wrong in them, and random requests for the API and the dashboard, through
// Signalbox and through Traefik: answers must be equal but for test/servers/known-api.json. The last line is `N requests in N
// worlds, N differences`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { cn, makeCertificate } from '../support/certificates.ts'
import { freePort } from '../support/free-port.ts'
import { apiRequest, told } from './differential/api/asking.mjs'
import { configuration, install } from './differential/api/configuration.mjs'
import { differences } from './differential/compare.mjs'
import { programOptions } from './differential/program-options.mjs'
import { Random } from './differential/random.mjs'
import { ask } from './differential/requests/asking.mjs'
import { KnownDifferences, printDifferences } from './differential/requests/known.mjs'
import { startPair } from './differential/requests/pair.mjs'

const USAGE = `Example: node test/servers/api.mjs --worlds 50 --seed 1 --reference /path/to/traefik

  --worlds N        how many configurations are made
  --requests N      how many requests each of them is asked
  --seed N          which ones
  --reference FILE  the program of Traefik
  --only N          just that world, with its configuration`

const values = programOptions(USAGE, { worlds: '30', requests: '60', seed: '1' })

/** Worlds that share an install configuration: a start takes longer than a world. */
const WORLDS_OF_AN_INSTALL = 10

/** Where the API is behind a router and its middlewares, for who sends `X-Api`. */
const THROUGH = { rule: 'Header(`X-Api`, `1`)', service: 'api@internal', entryPoints: ['front'], priority: 2 ** 39 }
/** It tells that a configuration is in force. */
const MARKER = { rule: 'Path(`/marker`)', service: 's0', entryPoints: ['front'], priority: 2 ** 40 }

const folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-api-'))
const { cert, key } = makeCertificate({ subject: cn('a.test'), dns: ['a.test', '*.b.test'] })
const certificate = { certFile: path.join(folder, 'crt'), keyFile: path.join(folder, 'key') }
writeFileSync(certificate.certFile, cert)
writeFileSync(certificate.keyFile, key)

const seed = Number(values.seed)
const worlds = Number(values.worlds)
const known = new KnownDifferences(path.join(import.meta.dirname, 'known-api.json'))
let count = 0
let unequal = 0
try {
  for (let first = 0; first < worlds; first += WORLDS_OF_AN_INSTALL) {
    const last = Math.min(worlds, first + WORLDS_OF_AN_INSTALL)
    const wanted = Array.from({ length: last - first }, (_, i) => first + i).filter(
      (at) => values.only === undefined || at === Number(values.only),
    )
    if (wanted.length > 0) await withPair(install(new Random(seed * 7_000_003 + first)), wanted)
  }
} finally {
  rmSync(folder, { recursive: true })
}
known.print()
console.log(`${count} requests in ${worlds} worlds, ${unequal} differences`)
process.exitCode = unequal === 0 ? 0 : 1

/** Both proxies with one install configuration, asked in some worlds. */
async function withPair(flags, wanted) {
  const datagrams = { reference: await freePort(), ours: await freePort() }
  const own = (name) => [`--entryPoints.datagrams.address=127.0.0.1:${datagrams[name]}/udp`]
  const pair = await startPair(values.reference, ['front', 'secure'], flags, {
    reference: own('reference'),
    ours: own('ours'),
  })
  for (const name of ['reference', 'ours']) pair[name].ports.datagrams = datagrams[name]
  try {
    for (const at of wanted) {
      await inWorld(at, flags, pair)
      if ((at + 1) % 25 === 0) console.log(`${at + 1} of ${worlds} worlds`)
    }
  } finally {
    pair.stop()
  }
}

/** The same requests by one routing configuration. */
async function inWorld(at, flags, { reference, ours, publish }) {
  const random = new Random(seed * 1_000_003 + at)
  const { http, ...rest } = configuration(random, certificate)
  const middlewares = random.chance(0.3) ? random.pick([['m0'], ['chain'], ['m1', 'm2']]) : []
  const routers = { ...http.routers, through: { ...THROUGH, middlewares }, [`marker${at}`]: MARKER }
  const world = { http: { ...http, routers }, ...rest }
  await publish(world, 'routers', `marker${at}`)
  if (values.only !== undefined) console.log(flags.join(' '), JSON.stringify(world, null, 1))
  const rawData = await reference.running.rawData()
  for (let i = 0; i < Number(values.requests); i++) {
    const text =
      i === 0 ? 'GET /api/rawdata HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n' : apiRequest(random, rawData)
    const isThrough = i > 0 && random.chance(0.15)
    const asked = isThrough ? text.replace('\r\n\r\n', '\r\nX-Api: 1\r\n\r\n') : text
    const answer = async ({ running, ports }) =>
      told(await ask(isThrough ? ports.front : running.port, asked), { ...ports, traefik: running.port })
    count++
    const found = differences(await answer(reference), await answer(ours)).filter(
      (one) => !known.has(one, { text: asked, configuration: { flags, world } }),
    )
    if (found.length === 0) continue
    unequal++
    printDifferences(`world ${at}, request ${i}: ${JSON.stringify(asked)}`, found)
  }
}
