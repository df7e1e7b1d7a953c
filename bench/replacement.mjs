// Failed requests while the servers of a service are replaced one by one under load: Signalbox, and Traefik beside it with
// the same servers in the same run. Needs dockerd and busybox, as `.ci/servers` installs them, and root.
// Example: node bench/replacement.mjs --reference /path/to/traefik    Options: --rounds 5 --kind docker,swarm
import { spawn } from 'node:child_process'
import path from 'node:path'
import { parseArgs } from 'node:util'
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
import { freePort } from '../test/support/node-proxy.ts'

const { values } = parseArgs({
  options: {
    reference: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    kind: { type: 'string', default: 'docker,swarm' },
  },
})

const programs = {
  signalbox: [process.execPath, path.join(import.meta.dirname, '../dist/cli.js')],
  ...(values.reference === undefined ? {} : { traefik: [values.reference, '--global.sendAnonymousUsage=false'] }),
}
const rounds = Number(values.rounds)

for (const kind of values.kind.split(',')) {
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
    const { sent, failed } = await load.stop()
    console.log(`${kind}: ${name}: ${failed.length} of ${sent} requests failed in ${rounds} replacements of 3 servers`)
    for (const [what, times] of summary(failed)) console.log(`  ${times} x ${what}`)
  }
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
