// Random install configurations, as files, flags and variables, some of them slightly wrong: Signalbox must start with what
// Traefik starts with, answer the same, and refuse what Traefik refuses, but for test/servers/known-install.json. The last
// line is `N configurations, N differences`.
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { differences } from './differential/compare.mjs'
import { drawInstall, installOptions } from './differential/install/draw.mjs'
import { written } from './differential/install/notations.mjs'
import { Started } from './differential/install/starting.mjs'
import { mistaken, mistyped } from './differential/mistakes.mjs'
import { programOptions } from './differential/program-options.mjs'
import { Random } from './differential/random.mjs'
import { KnownDifferences } from './differential/requests/known.mjs'

const USAGE = `Example: node test/servers/install.mjs --worlds 300 --seed 1 --reference /path/to/traefik

  --worlds N        how many configurations are drawn
  --seed N          which ones
  --reference FILE  the program of Traefik
  --only N          just that configuration, with what both proxies write`

const values = programOptions(USAGE, { worlds: '100', seed: '1' })

/** Looks, 100 ms apart, after which a difference is one. */
const SETTLE_ROUNDS = 30

const root = path.join(import.meta.dirname, '../..')
const known = new KnownDifferences(path.join(import.meta.dirname, 'known-install.json'))
const used = new Set()
const outcomes = { started: 0, refused: 0, occupied: 0 }
let unknown = 0
const worlds = Number(values.worlds)
for (let at = 0; at < worlds; at++) {
  if (values.only !== undefined && at !== Number(values.only)) continue
  const configuration = draw(at)
  const reference = new Started([values.reference], configuration)
  const ours = new Started([process.execPath, path.join(root, 'dist/cli.js')], configuration)
  try {
    await Promise.all([reference.start(), ours.start()])
    const found = (await settledDifferences(reference, ours)).filter(
      (difference) => !isKnown(difference, configuration, reference, ours),
    )
    if (found.length > 0) unknown++
    if (found.length > 0 || values.only !== undefined) report(at, configuration, found, reference, ours)
  } finally {
    reference.stop()
    ours.stop()
  }
  if ((at + 1) % 25 === 0) console.log(`${at + 1} of ${worlds} configurations`)
}
known.print()
const missing = worlds >= installOptions.length ? installOptions.filter(({ name }) => !used.has(name)) : []
for (const { name } of missing) console.log(`FAILED: occurred in no configuration: ${name}`)
console.log(`${outcomes.started} started, ${outcomes.refused} refused, ${outcomes.occupied} met an occupied port`)
console.log(`${worlds} configurations, ${unknown} differences`)
process.exitCode = unknown + missing.length === 0 ? 0 : 1

function draw(at) {
  // A configuration of its own, whatever the others are.
  const random = new Random(Number(values.seed) * 1_000_003 + at)
  const tree = drawInstall(random, Number(values.seed) * 7919 + at, used)
  let isTomlPossible = true
  if (random.chance(0.3)) {
    mistaken(random, tree)
    isTomlPossible = !JSON.stringify(tree).includes('null')
  }
  const result = written(random, tree, isTomlPossible)
  if (random.chance(0.1)) for (const file of result.files) file.text = mistyped(random, file.text)
  return result
}

async function settledDifferences(reference, ours) {
  const both = [reference, ours]
  if (both.some((proxy) => /address already in use|EADDRINUSE/.test(proxy.output()))) {
    outcomes.occupied++
    return []
  }
  if (both.some(({ status }) => status !== undefined)) {
    if (both.some(({ status }) => status === undefined)) {
      return differences({ exit: reference.status ?? 'started' }, { exit: ours.status ?? 'started' })
    }
    outcomes.refused++
    return differences(reference.status, ours.status, 'status').concat(otherReasons(reference.output(), ours.output()))
  }
  outcomes.started++
  for (let round = 0; ; round++) {
    const [theirs, own] = await Promise.all(both.map((proxy) => proxy.view()))
    const found = differences(theirs, own)
    if (found.length === 0 || round > SETTLE_ROUNDS) return found
    await sleep(100)
  }
}

/** What Traefik's reason for a refusal names, and ours does not. */
function otherReasons(theirs, own) {
  const plain = theirs.replaceAll('\\"', '"')
  const named = [
    /node: ([^\s",]+)/,
    /field (\w+) uses/,
    /parsing ("[^"║]*")/,
    /building entryPoint (\w+)/,
    /^yaml: line (\d+)/m,
  ]
  return named.flatMap((pattern) => {
    const name = pattern.exec(plain)?.[1]
    return name === undefined || own.includes(name) ? [] : [{ path: 'reason', reference: name, ours: null }]
  })
}

function isKnown(difference, configuration, reference, ours) {
  const [theirs, own] = [reference, ours].map((proxy) => () => proxy.output())
  return known.has(difference, { configuration, theirs, ours: own })
}

function report(at, { files, args, env }, found, reference, ours) {
  console.log(`configuration ${at}: ${args.join(' ')} ${JSON.stringify(env)}`)
  for (const { name, text } of files) console.log(`${name}:\n${text}`)
  for (const difference of found.slice(0, 6)) {
    console.log(`  ${difference.path}`)
    console.log(`    Traefik:   ${JSON.stringify(difference.reference)}`)
    console.log(`    Signalbox: ${JSON.stringify(difference.ours)}`)
  }
  console.log(`  Traefik writes:\n${excerpt(reference)}`)
  console.log(`  Signalbox writes:\n${excerpt(ours)}`)
}

function excerpt(proxy) {
  return proxy
    .output()
    .split('\n')
    .filter((line) => line !== '' && !/aliasHeadersStrategy is not|encoded characters in the request/.test(line))
    .slice(0, 12)
    .map((line) => `    ${line.slice(0, 400)}`)
    .join('\n')
}
