import { spawn } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../support/free-port.ts'

/** A proxy with the API on a port of its own, and the provider that the flags ask for. */
export class RunningProxy {
  #child
  #log

  constructor(command, flags, env = {}) {
    this.command = command
    this.flags = flags
    this.env = env
  }

  async start() {
    this.port = await freePort()
    const folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-differential-'))
    this.#log = path.join(folder, 'log')
    const file = openSync(this.#log, 'w')
    const [program, ...args] = this.command
    const own = [
      `--entryPoints.web.address=127.0.0.1:${await freePort()}`,
      `--entryPoints.alt.address=127.0.0.1:${await freePort()}`,
      `--entryPoints.traefik.address=127.0.0.1:${this.port}`,
      '--api.insecure=true',
      '--global.checkNewVersion=false',
      '--global.sendAnonymousUsage=false',
      '--log.level=INFO',
      '--providers.providersThrottleDuration=10ms',
    ]
    this.#child = spawn(program, [...args, ...own, ...this.flags], {
      stdio: ['ignore', file, file],
      env: { ...process.env, ...this.env },
    })
    for (let tries = 0; ; tries++) {
      const answer = await this.rawData().catch(() => null)
      if (answer !== null) return
      if (tries > 200 || this.#child.exitCode !== null)
        throw new Error(`${program} does not start:\n${this.log().slice(-2000)}`)
      await sleep(50)
    }
  }

  async rawData() {
    const response = await fetch(`http://127.0.0.1:${this.port}/api/rawdata`)
    return await response.json()
  }

  log() {
    return readFileSync(this.#log, 'utf8')
  }

  stop() {
    this.#child?.kill('SIGKILL')
  }
}
