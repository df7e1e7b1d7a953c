import { mkdtempSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { RunningProxy } from '../proxies.mjs'

const CLI = path.join(import.meta.dirname, '../../../../dist/cli.js')

/** How long a proxy may take to say what it makes of a file. */
const PATIENCE_MS = 4_000
/** A line may still be about the file before. */
const QUIET_MS = 120

/** Lines of a log that tell what became of a file; of Signalbox those that name a place in it. */
const REFUSED = /Error occurred during watcher callback|ERR \S*dynamic\.(yml|toml):\d+/
const TAKEN = /Configuration received.*(providerName=\S*file|provider=file)/

/** Traefik and Signalbox, watching one file. */
export class WatchingPair {
  /** @param {string} program of Traefik @param {'yaml' | 'toml'} format */
  constructor(program, format) {
    this.folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-files-'))
    this.file = path.join(this.folder, format === 'toml' ? 'dynamic.toml' : 'dynamic.yml')
    writeFileSync(this.file, format === 'toml' ? '[http.routers]\n' : 'http: {routers: {}}\n')
    this.reference = this.#proxy([program], 'reference')
    this.ours = this.#proxy([process.execPath, CLI], 'ours')
  }

  #proxy(command, name) {
    const log = path.join(this.folder, `${name}.log`)
    const running = new RunningProxy(command, [
      `--providers.file.filename=${this.file}`,
      '--log.level=DEBUG',
      '--log.noColor=true',
      `--log.filePath=${log}`,
    ])
    return { running, log }
  }

  async start() {
    await Promise.all([this.reference.running.start(), this.ours.running.start()])
  }

  /** Replaces the file, and tells what both made of it: `taken` or `refused`. */
  async replace(text, marker) {
    for (const { log } of [this.reference, this.ours]) truncateSync(log)
    writeFileSync(`${this.file}.new`, text)
    renameSync(`${this.file}.new`, this.file)
    return await Promise.all([this.reference, this.ours].map((proxy) => this.#outcome(proxy, marker)))
  }

  async #outcome({ running, log }, marker) {
    const end = Date.now() + PATIENCE_MS
    for (;;) {
      if ((await running.rawData()).routers?.[`${marker}@file`] !== undefined) return 'taken'
      const before = readFileSync(log, 'utf8')
      if (REFUSED.test(before) || TAKEN.test(before)) {
        await sleep(QUIET_MS)
        if ((await running.rawData()).routers?.[`${marker}@file`] !== undefined) return 'taken'
        return REFUSED.test(readFileSync(log, 'utf8')) ? 'refused' : 'taken'
      }
      // What is wrong is said once: as long as it is the same nothing is.
      if (Date.now() > end) return 'refused'
      await sleep(15)
    }
  }

  /** What the log of one of them says of the last file. */
  said({ log }) {
    return readFileSync(log, 'utf8')
  }

  stop() {
    this.reference.running.stop()
    this.ours.running.stop()
  }
}
