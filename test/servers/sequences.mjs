// Stories that random routing configurations tell through Signalbox and through Traefik: which server gets which request of
// several, what becomes of servers that fail and recover, what counts, and what changes of configurations leave. Both must
// come to the same but for test/servers/known-sequences.json. The last line is `N stories in N worlds, N differences`.
import path from 'node:path'
import { freePort } from '../support/free-port.ts'
import { programOptions } from './differential/program-options.mjs'
import { Random } from './differential/random.mjs'
import { KnownDifferences, printDifferences } from './differential/requests/known.mjs'
import { startPair } from './differential/requests/pair.mjs'
import { Following } from './differential/sequences/changes.mjs'
import { COUNTERS } from './differential/sequences/counters.mjs'
import { HEALTH } from './differential/sequences/health.mjs'
import { GrpcServer, StoryServer } from './differential/sequences/servers.mjs'
import { SPREADING } from './differential/sequences/spreading.mjs'
import { tell } from './differential/sequences/story.mjs'
import { tree } from './differential/sequences/trees.mjs'

const USAGE = `Example: node test/servers/sequences.mjs --worlds 20 --seed 1 --reference /path/to/traefik

  --worlds N        how many configurations are made, each of which tells several stories
  --stories N       how many
  --seed N          which ones
  --reference FILE  the program of Traefik
  --kind NAME       stories of that kind alone
  --only N          just that world, with its configuration`

const values = programOptions(USAGE, { worlds: '10', stories: '24', seed: '1', kind: '' })

/** What stories are about, each as often as the others. */
const KINDS = [SPREADING, HEALTH, COUNTERS, [tree]]
  .map((kinds) => kinds.filter(({ name }) => values.kind === '' || name === values.kind))
  .filter((kinds) => kinds.length > 0)

/** It tells that a configuration is in force. */
const MARKER = { rule: 'Path(`/marker`)', service: 'noop@internal', entryPoints: ['front'], priority: 2 ** 40 }

const known = new KnownDifferences(path.join(import.meta.dirname, 'known-sequences.json'))
const count = Number(values.stories)
const gone = { name: 'gone', url: `http://127.0.0.1:${await freePort()}`, checks: new Map(), reset() {} }
const stages = await Promise.all(Array.from({ length: count }, (_, at) => startStage(at)))
const pair = await startPair(
  values.reference,
  ['front', 'side'],
  ['front', 'side'].map((name) => `--entryPoints.${name}.forwardedHeaders.insecure=true`),
)
const sides = ['reference', 'ours'].map((name) => ({ name, ...pair[name] }))
const backstage = await startStage(count)
const followings = await Promise.all(
  ['directory', 'file', 'mount'].map((kind) => new Following(kind).start(values.reference, backstage)),
)
const worlds = Number(values.worlds)
let told = 0
let unknown = 0
try {
  for (let at = 0; at < worlds; at++) {
    if (values.only !== undefined && at !== Number(values.only)) continue
    await inWorld(at)
  }
} finally {
  pair.stop()
  for (const following of followings) following.stop()
  for (const stage of [...stages, backstage]) for (const server of Object.values(stage)) server.stop?.()
}
known.print()
console.log(`${told} stories in ${worlds} worlds, ${unknown} differences`)
process.exit(unknown === 0 ? 0 : 1)

/** The servers of one story. */
async function startStage(at) {
  const servers = {}
  for (const letter of 'abcd') {
    const name = `server${at}${letter}.`
    servers[name] = await new StoryServer(name).listen()
  }
  return { ...servers, gone, grpc: await new GrpcServer(`server${at}g.`).listen() }
}

/** The stories of one world go on side by side: they have nothing in common but the proxies. */
async function inWorld(at) {
  const random = new Random(Number(values.seed) * 1_000_003 + at)
  const stories = []
  for (let i = 0; i < count; i++) {
    // None is the beginning of another.
    const name = `w${at}s${i}z`
    const make = random.pick(random.pick(KINDS))
    stories.push({ name, kind: make.name, ...(await make(random, name, stages[i])) })
  }
  const http = { routers: { [`marker${at}`]: MARKER } }
  for (const story of stories) {
    for (const [section, elements] of Object.entries(story.http)) http[section] = { ...http[section], ...elements }
  }
  for (const stage of stages) for (const server of Object.values(stage)) server.reset()
  await pair.publish({ http }, 'routers', `marker${at}`)
  const following = followings[at % followings.length]
  const [changed, ...outcomes] = await Promise.all([
    following.tell(random, backstage),
    ...stories.map((story, i) => tell(story, stages[i], sides)),
  ])
  for (const [i, found] of outcomes.entries()) report(stories[i], found)
  report({ name: `w${at}`, kind: following.kind, http: {} }, changed)
}

/** Says what differs, and which steps it came of. */
function report({ name, kind, http: configuration, steps }, found) {
  told++
  if (values.only !== undefined) console.log(JSON.stringify({ name, kind, configuration, steps }, null, 1))
  const unexpected = found.filter((one) => !known.has(one, { kind, configuration, step: one.step }))
  if (unexpected.length === 0) return
  unknown++
  printDifferences(`${name} ${kind}: ${JSON.stringify(configuration)}`, unexpected)
  for (const step of new Set(unexpected.map((one) => JSON.stringify(one.step)))) console.log(`  ${step}`)
}
