import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { NodeProxy } from '../../adapters/node/node-proxy.ts'
import { loadPlugins } from '../../adapters/node/plugins/load-plugins.ts'
import { loadInstall } from '../../src/compiler/install/load.ts'
import type { Logger, LogLevel } from '../../src/contracts/ports.ts'
import { closed } from './closed.ts'
import { freePort } from './free-port.ts'

export interface Logged {
  readonly level: LogLevel
  readonly message: string
}

export interface TestProxy {
  readonly url: string
  readonly port: number
  /** Folder of its files; the routing file is `routing.yml` in it. */
  readonly dir: string
  readonly logged: Logged[]
  /** Replaces the routing file by a rename. */
  write(text: string): void
  /** Writes into the routing file as it stands, in place. */
  overwrite(text: string): void
  stop(): Promise<void>
}

/**
 * A whole proxy in this process with the entry point `web` and a routing file.
 * @param folder where its plugins are; absent: the working directory
 */
export async function startProxy(routing: string, flags: readonly string[] = [], folder?: string): Promise<TestProxy> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'signalbox-test-'))
  const file = path.join(dir, 'routing.yml')
  writeFileSync(file, routing)
  const port = await freePort()
  const { install, problems } = loadInstall({
    args: [
      `--entryPoints.web.address=127.0.0.1:${port}`,
      `--providers.file.filename=${file}`,
      '--providers.providersThrottleDuration=1ms',
      ...flags,
    ],
    env: {},
    exists: () => false,
    readFile: () => '',
  })
  if (install === null) throw new Error(problems.map(({ message }) => message).join('\n'))
  const logged: Logged[] = []
  const log: Logger = { log: (level, message) => void logged.push({ level, message }) }
  const proxy = new NodeProxy({ install, log })
  const { plugins, providers } = await loadPlugins(install, folder)
  await proxy.start(plugins, providers)
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    dir,
    logged,
    write(text) {
      writeFileSync(`${file}.new`, text)
      renameSync(`${file}.new`, file)
    },
    overwrite: (text) => writeFileSync(file, text),
    async stop() {
      await proxy.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** A server on a free port of the loopback address. */
export async function startServer(listener: RequestListener): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(listener)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => closed(server),
  }
}
