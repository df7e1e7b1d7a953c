import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCommand } from '../support/command.ts'
import { freePort } from '../support/free-port.ts'
import { DEMO, Dockerd } from './support/dockerd.ts'
import { untilServed } from './support/load.ts'

const root = path.join(import.meta.dirname, '../..')
const run = promisify(execFile)

describe('docs/providers/docker.md', { timeout: 60_000 }, () => {
  const engine = new Dockerd()
  const folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-docs-'))
  const page = readFileSync(path.join(root, 'docs/providers/docker.md'), 'utf8')
  const blocks = [...page.matchAll(/```(?:sh|console)\n([\s\S]*?)```/g)].map(([, text]) => text!.trim())
  const environment = () => ({ ...engine.environment, PATH: `${folder}/bin:${process.env.PATH}` })
  const shell = async (script: string): Promise<string> =>
    (await run('sh', ['-c', script], { cwd: folder, env: environment() })).stdout

  beforeAll(async () => {
    await engine.start()
    await engine.prepare('172.31.249.0/24')
    await engine.docker('tag', DEMO, 'nginx')
    mkdirSync(path.join(folder, 'bin'))
    const program = path.join(folder, 'bin/signalbox')
    writeFileSync(program, `#!/bin/sh\nexec ${process.execPath} ${root}/dist/cli.js "$@"\n`)
    chmodSync(program, 0o755)
  }, 60_000)
  afterAll(() => engine.end(), 60_000)

  test('a container with two labels is served with one command; a typo is found from the error alone', async () => {
    const [start, serve, ask] = blocks
    const port = await freePort()
    // Docker's default network is off here.
    await shell(start!.replace('docker run', 'docker run --network web'))
    const flags = serve!.replace(':8000', `127.0.0.1:${port}`).split(' ').slice(1)
    const proxy = startCommand(flags, { env: { DOCKER_HOST: `unix://${engine.socket}` } })
    try {
      await untilServed(port, 'shop.localhost')
      expect(await shell(ask!.replace('8000', String(port)))).toBe('served\n')
    } finally {
      proxy.child.kill('SIGTERM')
      await proxy.ended
    }

    await engine.runContainer('typo', {
      'traefik.enable': 'true',
      'traefik.http.services.typo.loadbalancer.server.prot': '80',
    })
    writeFileSync(
      path.join(folder, 'traefik.yml'),
      `providers: {docker: {endpoint: "unix://${engine.socket}", exposedByDefault: false}}\n`,
    )
    const [command, ...said] = blocks.find((text) => text.startsWith('$ signalbox providers'))!.split('\n')
    const output = await shell(`${command!.slice(2)} || true`)
    expect(output.replace(engine.socket, '/var/run/docker.sock').trim().split('\n')).toEqual(said)
  })

  test('check of a Compose file with a typo', async () => {
    const [command, ...said] = blocks.find((text) => text.startsWith('$ signalbox check'))!.split('\n')
    writeFileSync(
      path.join(folder, 'docker-compose.yml'),
      `services:\n  shop:\n    image: nginx\n    labels:\n      - traefik.http.services.shop.loadbalancer.server.prot=80`,
    )
    expect((await shell(`${command!.slice(2)} 2>&1 || true`)).trim().split('\n')).toEqual(said)
  })
})
