// Failed requests while the servers of a service are replaced one by one under load: Signalbox, and Traefik beside it with
// the same servers in the same run. Needs what `.ci/servers` installs, and root.
// Example: node bench/replacement.mjs --reference /path/to/traefik    Options: --rounds 5 --kind docker,swarm,kubernetes
import { spawn } from 'node:child_process'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { runInside } from '../test/servers/kubelet/network.ts'
import { Dockerd } from '../test/servers/support/dockerd.ts'
import { startLoad, untilServed } from '../test/servers/support/load.ts'
import {
  createService,
  HOST,
  replaceContainers,
  replaceTasks,
  startInside,
  startServers,
} from '../test/servers/support/replacement.ts'
import { freePort } from '../test/support/free-port.ts'

const { values } = parseArgs({
  options: {
    reference: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    kind: { type: 'string', default: 'docker,swarm,kubernetes' },
  },
})

const programs = {
  signalbox: [process.execPath, path.join(import.meta.dirname, '../dist/cli.js')],
  ...(values.reference === undefined ? {} : { traefik: [values.reference, '--global.sendAnonymousUsage=false'] }),
}
const rounds = Number(values.rounds)

for (const kind of values.kind.split(',')) {
  if (kind === 'kubernetes') await runKubernetes()
  else await runEngine(kind)
}

async function runKubernetes() {
  const script = path.join(import.meta.dirname, '../test/servers/kubelet/rolling-updates.mjs')
  const reference = values.reference === undefined ? [] : ['--reference', values.reference]
  const { code, output, errors } = await runInside(script, ['--rounds', values.rounds, ...reference])
  if (code !== 0) throw new Error(errors)
  const { results } = JSON.parse(output.trim().split('\n').at(-1))
  for (const [name, count] of Object.entries(results)) tell('kubernetes', name, count)
}

/** @param {string} kind */
async function runEngine(kind) {
  const engine = new Dockerd()
  await engine.start()
  try {
    await engine.prepare('172.31.248.0/24')
    if (kind === 'swarm') await engine.makeSwarm()
    await (kind === 'swarm' ? runSwarm(engine) : runDocker(engine))
  } finally {
    await engine.end()
  }
}

/** @param {Dockerd} engine */
async function runDocker(engine) {
  await startServers(engine, 3)
  const running = await Promise.all(
    Object.entries(programs).map(async ([name, [program, ...args]]) => {
      const port = await freePort()
      const flags = [`--entryPoints.web.address=127.0.0.1:${port}`, ...engine.flags]
      return { name, port, child: spawn(program, [...args, ...flags], { stdio: 'inherit' }) }
    }),
  )
  try {
    await measure('docker', running, () => replaceContainers(engine, 3, rounds))
  } finally {
    for (const { child } of running) child.kill('SIGKILL')
  }
}

/** @param {Dockerd} engine */
async function runSwarm(engine) {
  await createService(engine)
  const running = await Promise.all(
    Object.entries(programs).map(async ([name, command]) => {
      const port = await freePort()
      const flags = ['--entryPoints.web.address=:80', `--providers.swarm.endpoint=unix://${engine.socket}`]
      await startInside(engine, name, port, [...command, ...flags])
      return { name, port }
    }),
  )
  await measure('swarm', running, () => replaceTasks(engine, rounds))
}

/**
 * @param {string} kind
 * @param {readonly { name: string, port: number }[]} running
 * @param {() => Promise<void>} replace
 */
async function measure(kind, running, replace) {
  for (const { port } of running) await untilServed(port, HOST)
  const loads = running.map(({ name, port }) => ({ name, load: startLoad(port, HOST) }))
  await replace()
  for (const { name, load } of loads) {
    tell(kind, name, await load.stop())
  }
}

/**
 * @param {string} kind
 * @param {string} name
 * @param {import('../test/servers/support/load.ts').LoadCount} count
 */
function tell(kind, name, { sent, failed }) {
  console.log(`${kind}: ${name}: ${failed.length} of ${sent} requests failed in ${rounds} replacements of 3 servers`)
  for (const [what, times] of summary(failed)) console.log(`  ${times} x ${what}`)
}

/** @param {readonly string[]} failed */
function summary(failed) {
  const counts = new Map()
  for (const line of failed) {
    const what = line.replace(/^\d+ ms: /, '')
    counts.set(what, (counts.get(what) ?? 0) + 1)
  }
  return counts
}
