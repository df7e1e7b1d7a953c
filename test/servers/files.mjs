// Random routing files in YAML and TOML, some of them slightly wrong, read by Signalbox and by Traefik: both must refuse the
// same ones and show the same of the others, but for test/servers/known-files.json. The last line is `N files, N differences`.
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { differences, elementsOf } from './differential/compare.mjs'
import { fileText } from './differential/files/documents.mjs'
import { WatchingPair } from './differential/files/watched.mjs'
import { programOptions } from './differential/program-options.mjs'
import { Random } from './differential/random.mjs'
import { KnownDifferences } from './differential/requests/known.mjs'
import { documentOptions } from './differential/tree.mjs'

const USAGE = `Example: node test/servers/files.mjs --worlds 300 --seed 1 --reference /path/to/traefik

  --worlds N        how many files are written
  --seed N          which ones
  --reference FILE  the program of Traefik
  --only N          just that file, with what both proxies write`

const values = programOptions(USAGE, { worlds: '200', seed: '1' })

/** Looks, 40 ms apart, after which a difference is one. */
const SETTLE_ROUNDS = 25

const known = new KnownDifferences(path.join(import.meta.dirname, 'known-files.json'))
const pairs = { yaml: new WatchingPair(values.reference, 'yaml'), toml: new WatchingPair(values.reference, 'toml') }
const used = new Set()
const outcomes = { taken: 0, refused: 0 }
const worlds = Number(values.worlds)
let unknown = 0
try {
  await Promise.all(Object.values(pairs).map((pair) => pair.start()))
  for (let at = 0; at < worlds; at++) {
    if (values.only !== undefined && at !== Number(values.only)) continue
    const random = new Random(Number(values.seed) * 1_000_003 + at)
    const format = random.pick(['yaml', 'yaml', 'toml'])
    const text = fileText(random, format, Number(values.seed) * 7919 + at, used, `marker${at}`)
    const pair = pairs[format]
    const found = (await differencesOf(pair, text, `marker${at}`)).filter((one) => !isKnown(one, text, pair))
    if (found.length > 0) unknown++
    if (found.length > 0 || values.only !== undefined) report(at, format, text, found, pair)
    if ((at + 1) % 100 === 0) console.log(`${at + 1} of ${worlds} files`)
  }
} finally {
  for (const pair of Object.values(pairs)) pair.stop()
}
known.print()
const missing = worlds >= documentOptions.length ? documentOptions.filter(({ name }) => !used.has(name)) : []
for (const { name } of missing) console.log(`FAILED: occurred in no file: ${name}`)
console.log(`${outcomes.taken} taken, ${outcomes.refused} refused`)
console.log(`${worlds} files, ${unknown} differences`)
process.exitCode = unknown + missing.length === 0 ? 0 : 1

async function differencesOf(pair, text, marker) {
  const [theirs, own] = await pair.replace(text, marker)
  if (theirs !== own) return [{ path: 'outcome', reference: theirs, ours: own }]
  outcomes[theirs]++
  if (theirs !== 'taken') return []
  for (let round = 0; ; round++) {
    const both = await Promise.all([pair.reference, pair.ours].map(({ running }) => running.rawData()))
    const [reference, ours] = both.map((data) => elementsOf(data, 'file'))
    const found = differences(reference, ours)
    if (found.length === 0 || round > SETTLE_ROUNDS) return found
    await sleep(40)
  }
}

function isKnown(difference, text, pair) {
  const [theirs, ours] = [pair.reference, pair.ours].map((proxy) => () => pair.said(proxy))
  return known.has(difference, { text, theirs, ours })
}

function report(at, format, text, found, pair) {
  console.log(`file ${at} (${format}):\n${text}`)
  for (const difference of found.slice(0, 8)) {
    console.log(`  ${difference.path}`)
    console.log(`    Traefik:   ${JSON.stringify(difference.reference)}`)
    console.log(`    Signalbox: ${JSON.stringify(difference.ours)}`)
  }
  const about = /watcher callback|Configuration received|provider=file/
  for (const proxy of [pair.reference, pair.ours]) {
    const lines = pair
      .said(proxy)
      .split('\n')
      .filter((line) => about.test(line))
    for (const line of lines.slice(0, 4)) console.log(`  says: ${line.slice(0, 500)}`)
  }
}
