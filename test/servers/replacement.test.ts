import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { startProxy } from '../support/node-proxy.ts'
import { Dockerd } from './support/dockerd.ts'
import { startLoad, untilServed } from './support/load.ts'
import {
  createService,
  HOST,
  replaceContainers,
  replaceTasks,
  startInside,
  startServers,
} from './support/replacement.ts'

const cli = path.join(import.meta.dirname, '../../dist/cli.js')
let engine: Dockerd

beforeEach(async () => {
  engine = new Dockerd()
  await engine.start()
  await engine.prepare('172.31.247.0/24')
}, 60_000)
afterEach(() => engine.end(), 60_000)

/** CI has no time for more. */
const ROUNDS = 2

describe('servers that are replaced one by one under load (five times in bench/replacement.mjs)', {
  timeout: 300_000,
}, () => {
  test('containers: no request fails', async () => {
    await startServers(engine, 3)
    const proxy = await startProxy('', engine.flags)
    await untilServed(proxy.port, HOST)
    const load = startLoad(proxy.port, HOST)
    try {
      await replaceContainers(engine, 3, ROUNDS)
      const { sent, failed } = await load.stop()
      expect(failed).toEqual([])
      expect(sent).toBeGreaterThan(1_000)
    } finally {
      await load.stop()
      await proxy.stop()
    }
  })

  test('tasks of a service in a swarm: no request fails', async () => {
    await engine.makeSwarm()
    await createService(engine)
    const port = await freePort()
    const flags = ['--entryPoints.web.address=:80', `--providers.swarm.endpoint=unix://${engine.socket}`]
    await startInside(engine, 'proxy', port, [process.execPath, cli, ...flags])
    await untilServed(port, HOST)
    const load = startLoad(port, HOST)
    await replaceTasks(engine, ROUNDS)
    const { sent, failed } = await load.stop()
    expect(failed).toEqual([])
    expect(sent).toBeGreaterThan(1_000)
  })
})
