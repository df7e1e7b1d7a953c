// Random requests through Signalbox and through Traefik, and what both tell of them: lines of the access log, counts of
// metrics, spans. They must be equal but for test/servers/known-telling.json. Requests that are not answered alike are the
// matter of test/servers/requests.mjs. The last line is `N requests in N worlds, N differences`.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { makeCertificate } from '../support/certificates.ts'
import { Collector } from '../support/otlp/collector.ts'
import { differences } from './differential/compare.mjs'
import { programOptions } from './differential/program-options.mjs'
import { Random } from './differential/random.mjs'
import { ask, askSecurely } from './differential/requests/asking.mjs'
import { evenOut, exchange } from './differential/requests/exchange.mjs'
import { KnownDifferences, printDifferences } from './differential/requests/known.mjs'
import { startPair } from './differential/requests/pair.mjs'
import { entryPointFlags, routing } from './differential/requests/routing.mjs'
import { startServers } from './differential/requests/servers.mjs'
import { scrape, since } from './differential/telling/counts.mjs'
import { install, observed } from './differential/telling/install.mjs'
import { AccessLines } from './differential/telling/lines.mjs'
import { abandon, abandonedRequest, namedRequest } from './differential/telling/requests.mjs'
import { arrived, takeTrees } from './differential/telling/spans.mjs'

const USAGE = `Example: node test/servers/telling.mjs --worlds 100 --seed 1 --reference /path/to/traefik

  --worlds N        how many configurations are made
  --requests N      how many requests each of them is asked
  --seed N          which ones
  --reference FILE  the program of Traefik
  --only N          just that world, with its configuration`

/** It parts the lines of one request from those of the next, and tells that a configuration is in force. */
const MARKER = {
  rule: 'Path(`/marker`)',
  service: 's0',
  entryPoints: ['front'],
  priority: 2 ** 40,
  observability: { accessLogs: true, metrics: true, tracing: true },
}

/** Of a client with a name that is written in all the ways that there are. */
const CREDENTIALS = makeCertificate({
  subject: [
    ['2.5.4.6', 'DE'],
    ['2.5.4.10', 'Shop, Inc.'],
    ['2.5.4.10', '#1 + "2" '],
    ['2.5.4.11', 'ü<\\>;'],
    ['0.9.2342.19200300.100.1.25', 'test'],
    ['1.2.840.113549.1.9.1', 'me@a.test'],
    ['2.5.4.5', '7'],
    ['2.5.4.3', 'me'],
  ],
})

/** Configurations for each install configuration. */
const WORLDS_OF_AN_INSTALL = 5

const values = programOptions(USAGE, { worlds: '30', requests: '30', seed: '1' })

// What is sent to collectors is soon there.
process.env.OTEL_BSP_SCHEDULE_DELAY = '50'
const known = new KnownDifferences(path.join(import.meta.dirname, 'known-telling.json'))
const servers = await startServers()
const seed = Number(values.seed)
const worlds = Number(values.worlds)
let count = 0
let unknown = 0
try {
  for (let first = 0; first < worlds; first += WORLDS_OF_AN_INSTALL) {
    const last = Math.min(worlds, first + WORLDS_OF_AN_INSTALL)
    const wanted = Array.from({ length: last - first }, (_, i) => first + i).filter(
      (at) => values.only === undefined || at === Number(values.only),
    )
    if (wanted.length > 0) await withPair(new Random(seed * 7_000_003 + first), wanted)
    if (last % 25 === 0) console.log(`${last} of ${worlds} worlds`)
  }
} finally {
  servers.stop()
}
known.print()
console.log(`${count} requests in ${worlds} worlds, ${unknown} differences`)
process.exit(unknown === 0 ? 0 : 1)

/** Both proxies with one random install configuration, and what they tell in some worlds. */
async function withPair(random, wanted) {
  const told = install(random)
  const flags = [...told.flags, ...entryPointFlags(random).map((flag) => `--entryPoints.trusting.${flag}`)]
  const sides = {}
  for (const name of ['reference', 'ours']) {
    const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'signalbox-telling-')), 'access.log')
    const collector = await new Collector().start()
    sides[name] = { file, collector, lines: new AccessLines(file, told.format) }
  }
  const own = ({ file, collector }) => [
    `--accessLog.filePath=${file}`,
    ...(told.isTraced ? [`--tracing.otlp.http.endpoint=http://127.0.0.1:${collector.port}`] : []),
  ]
  const pair = await startPair(
    values.reference,
    ['front', 'trusting', 'secure'],
    ['--entryPoints.trusting.forwardedHeaders.insecure=true', '--entryPoints.secure.http.tls=true', ...flags],
    { reference: own(sides.reference), ours: own(sides.ours) },
  )
  for (const name of ['reference', 'ours']) {
    Object.assign(sides[name], pair[name])
    sides[name].lines.ports = pair[name].ports
  }
  pair.unequal = new Set()
  try {
    for (const at of wanted) await inWorld(at, told, flags, pair, sides)
  } finally {
    pair.stop()
    for (const { file, collector } of Object.values(sides)) {
      await collector.close()
      rmSync(path.dirname(file), { recursive: true })
    }
  }
}

/** Both tell of the same requests by one routing configuration. */
async function inWorld(at, { want, isTraced }, flags, pair, { reference, ours }) {
  const random = new Random(seed * 1_000_003 + at)
  const configuration = observed(random, routing(random, servers.ports))
  const { http } = configuration
  const routers = { ...http.routers, [`marker${at}`]: MARKER }
  await pair.publish({ ...configuration, http: { ...http, routers } }, 'routers', `marker${at}`)
  if (values.only !== undefined) console.log(flags.join(' '), JSON.stringify(configuration, null, 1))
  const facts = { configuration: { flags, ...configuration } }
  // What was counted of requests that were not answered alike, or was shown already, is left out.
  const [before, ownBefore] = [
    without(await scrape(reference), pair.unequal),
    without(await scrape(ours), pair.unequal),
  ]
  report(`world ${at}, series`, differences(names(before), names(ownBefore)), facts)

  // Lines of our own looks are behind us.
  for (const side of [reference, ours]) {
    await mark(side, want, `${at}-begin`)
    await side.lines.take(1)
  }
  const asked = []
  for (let i = 0; i < Number(values.requests); i++) {
    const entryPoint = random.pick(['front', 'front', 'trusting', 'secure'])
    if (entryPoint !== 'secure' && random.chance(0.02)) {
      const text = abandonedRequest(random, `${at}-${i}`)
      for (const { ports } of [reference, ours]) await abandon(ports[entryPoint], text)
      asked.push({ entryPoint, text, isAlike: true, isWhole: false })
      for (const side of [reference, ours]) await mark(side, want, `${at}-${i}-end`)
      continue
    }
    const text = namedRequest(random, `${at}-${i}`)
    const credentials = random.chance(0.5) ? CREDENTIALS : {}
    const asking = ({ ports }) =>
      entryPoint === 'secure' ? askSecurely(ports.secure, text, credentials) : ask(ports[entryPoint], text)
    const theirs = await exchange(() => asking(reference), servers)
    const own = await exchange(() => asking(ours), servers)
    evenOut(theirs.seen.answer, own.seen.answer)
    const isAlike = theirs.tries === own.tries && theirs.tries < 5 && isAnsweredAlike(theirs.seen, own.seen)
    asked.push({ entryPoint, text, isAlike, isWhole: true })
    for (const side of [reference, ours]) await mark(side, want, `${at}-${i}-end`)
  }
  count += asked.length

  const [theirLines, ownLines] = [await reference.lines.take(asked.length), await ours.lines.take(asked.length)]
  let trees = [{}, {}]
  if (isTraced && !flags.includes('--tracing.sampleRate=0')) {
    const last = `${at}-${asked.length - 1}-end`
    for (const { collector } of [reference, ours]) await arrived(collector, last)
    trees = [reference, ours].map(({ collector, ports }) => takeTrees(collector, ports))
  }
  for (const [i, { entryPoint, text, isAlike }] of asked.entries()) {
    if (!isAlike) continue
    const found = differences(
      { lines: { ...theirLines[i] }, spans: trees[0][`${at}-${i}`] ?? {} },
      { lines: { ...ownLines[i] }, spans: trees[1][`${at}-${i}`] ?? {} },
    )
    report(`world ${at}, request ${i} to ${entryPoint}: ${JSON.stringify(text)}`, found, { ...facts, text })
  }
  const [now, ownNow] = [await scrape(reference), await scrape(ours)]
  const found = differences(since(before, without(now, pair.unequal)), since(ownBefore, without(ownNow, pair.unequal)))
  // Of an answer that breaks off Traefik counts nothing.
  if (asked.every(({ isAlike, isWhole }) => isAlike && isWhole)) report(`world ${at}, metrics`, found, facts)
  for (const { path } of differences(names(now), names(ownNow))) pair.unequal.add(path)
}

function without(counts, unequal) {
  return Object.fromEntries(Object.entries(counts).filter(([name]) => !unequal.has(name)))
}

function names(counts) {
  return Object.fromEntries(Object.keys(counts).map((name) => [name, true]))
}

/** Asks for what parts the lines of one request from those of the next. */
async function mark({ ports }, want, name) {
  const answer = await ask(
    ports.front,
    `GET /marker HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\nX-Want: ${want}\r\nX-Request: ${name}\r\n\r\n`,
  )
  servers.takeSeen()
  if (answer === null) throw new Error('no answer to a marker')
}

/** Whether both have had the same to tell of. */
function isAnsweredAlike(theirs, own) {
  return JSON.stringify(withoutTrace(theirs)) === JSON.stringify(withoutTrace(own))
}

function withoutTrace({ answer, seen }) {
  const fields = answer === null ? null : Object.entries(answer.fields).sort()
  const requests = Object.values(seen).map(({ fields: { traceparent: _, ...rest }, ...request }) => ({
    ...request,
    fields: Object.entries(rest).sort(),
  }))
  return { status: answer?.status, content: answer?.content, fields, requests }
}

function report(what, found, facts) {
  const unexpected = found.filter((difference) => !known.has(difference, facts))
  if (unexpected.length === 0) return
  unknown++
  printDifferences(what, unexpected)
}
