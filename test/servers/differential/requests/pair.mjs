import { mkdtempSync, renameSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../../support/free-port.ts'
import { RunningProxy } from '../proxies.mjs'

const CLI = path.join(import.meta.dirname, '../../../../dist/cli.js')

/** The command of Signalbox, as it is built. */
export const OURS = [process.execPath, CLI]

/** How long all of them may take to have a configuration in force. */
const PATIENCE_MS = 30_000

/** After so long the file is written again. */
const AGAIN_MS = 3000

/**
 * Traefik and Signalbox, with entry points of these names and one file of routing configuration for both.
 * @param {string} program of Traefik
 * @param {readonly string[]} entryPoints
 * @param {readonly string[]} flags of both
 * @param {{ reference: readonly string[], ours: readonly string[] }} own flags of each
 */
export async function startPair(program, entryPoints, flags, own = { reference: [], ours: [] }) {
  const commands = [
    [[program], own.reference],
    [OURS, own.ours],
  ]
  const { proxies, publish, stop } = await startProxies(commands, entryPoints, flags)
  const [reference, ours] = proxies
  return { reference, ours, publish, stop }
}

/**
 * Proxies with entry points of these names and one file of routing configuration for all.
 * @param {readonly (readonly [command: readonly string[], flags: readonly string[]])[]} commands
 * @param {readonly string[]} entryPoints
 * @param {readonly string[]} flags of all
 */
export async function startProxies(commands, entryPoints, flags) {
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'signalbox-pair-')), 'dynamic.yml')
  writeFileSync(file, 'http: {}\n')
  const proxies = await startEach(commands, entryPoints, [`--providers.file.filename=${file}`, ...flags])
  return {
    proxies,
    /** Writes a configuration, and waits until all show that router (`routers`, `tcpRouters`). */
    async publish(configuration, list, router) {
      const write = () => {
        writeFileSync(`${file}.new`, JSON.stringify(configuration))
        renameSync(`${file}.new`, file)
      }
      write()
      const end = Date.now() + PATIENCE_MS
      let again = Date.now() + AGAIN_MS
      for (const { running } of proxies) {
        while ((await running.rawData())[list]?.[`${router}@file`] === undefined) {
          // Traefik's API answers before its watcher of files does.
          if (Date.now() > again) {
            write()
            again += AGAIN_MS
          }
          if (Date.now() > end) throw new Error(`${router} does not come:\n${running.log().slice(-2000)}`)
          await sleep(20)
        }
      }
    },
    stop() {
      for (const { running } of proxies) running.stop()
    },
  }
}

/** As `startProxies`, with the providers that the flags ask for. @returns for each of them what runs, and its ports */
export async function startEach(commands, entryPoints, flags) {
  const start = async (command, more) => {
    const ports = {}
    for (const name of entryPoints) ports[name] = await freePort()
    const addresses = entryPoints.map((name) => `--entryPoints.${name}.address=127.0.0.1:${ports[name]}`)
    const running = new RunningProxy(command, [...addresses, ...flags, ...more])
    await running.start()
    return { running, ports }
  }
  return await Promise.all(commands.map(([command, more]) => start(command, more)))
}
