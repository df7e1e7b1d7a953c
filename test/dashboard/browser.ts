import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Page } from './page.ts'
import { Protocol } from './protocol.ts'

/** Chromium without a window, driven over the DevTools protocol. */
export class Browser {
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #protocol: Protocol

  private constructor(child: ChildProcess, folder: string, protocol: Protocol) {
    this.#child = child
    this.#folder = folder
    this.#protocol = protocol
  }

  static async start(): Promise<Browser> {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-chromium-'))
    const child = spawn(
      'chromium',
      [
        '--headless=new',
        '--no-sandbox',
        '--no-first-run',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--disable-background-networking',
        '--disable-component-update',
        '--force-color-profile=srgb',
        '--hide-scrollbars',
        '--remote-debugging-port=0',
        `--user-data-dir=${folder}`,
        'about:blank',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    const address = await addressOf(child)
    return new Browser(child, folder, await Protocol.connect(address))
  }

  /** A page of its own: nothing is kept from others. */
  async page(): Promise<Page> {
    const { browserContextId } = await this.#protocol.send('Target.createBrowserContext', {})
    const { targetId } = await this.#protocol.send('Target.createTarget', { url: 'about:blank', browserContextId })
    const { sessionId } = await this.#protocol.send('Target.attachToTarget', { targetId, flatten: true })
    const close = async () => {
      await this.#protocol.send('Target.disposeBrowserContext', { browserContextId })
    }
    return Page.attach(this.#protocol, sessionId as string, close)
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await ended
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Chromium says where it listens. */
async function addressOf(child: ChildProcess): Promise<string> {
  let said = ''
  child.stderr!.setEncoding('utf8')
  for await (const chunk of child.stderr!) {
    said += chunk
    const address = /DevTools listening on (ws:\/\/\S+)/.exec(said)?.[1]
    if (address === undefined) continue
    // What it says further is of no interest, but must be read.
    child.stderr!.resume()
    return address
  }
  throw new Error(`chromium has not started: ${said}`)
}
