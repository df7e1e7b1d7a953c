import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from '../requests/asking.mjs'

/** How long a tunnel and a request that is under way may take. */
const PATIENCE_MS = 3_000

/** A tunnel and a request that are under way while the configuration changes, until it is no longer there. */
export class Staying {
  #side
  #servers
  #tunnel
  #held
  #echoed = ''

  constructor(side, servers) {
    this.#side = side
    this.#servers = Object.values(servers)
  }

  async begin() {
    const { ports, name } = this.#side
    const head = `Host: a.test\r\nX-Side: ${name}\r\n`
    this.#tunnel = net.connect(ports.front, '127.0.0.1')
    this.#tunnel.on('error', () => undefined)
    this.#tunnel.on('data', (piece) => (this.#echoed += piece))
    this.#tunnel.write(`GET /stay HTTP/1.1\r\n${head}Connection: Upgrade\r\nUpgrade: echo\r\n\r\n`)
    await this.#until(() => this.#echoed.endsWith('\r\n\r\n'))
    this.#held = ask(ports.front, `GET /stay HTTP/1.1\r\n${head}Connection: close\r\nX-Do: hold\r\n\r\n`)
    await this.#until(() => this.#servers.some(({ seen }) => seen?.[name].length > 1))
    this.#echoed = ''
    return this
  }

  /** @returns what came through the tunnel, and what the request was answered with once servers had let it go */
  async end() {
    this.#tunnel.write('ping')
    await this.#until(() => this.#echoed.endsWith('ping'))
    this.#tunnel.destroy()
    const answer = await this.#held
    return { echoed: this.#echoed, held: answer && { status: answer.status, content: answer.content } }
  }

  async #until(holds) {
    for (const end = Date.now() + PATIENCE_MS; !holds() && Date.now() < end; ) await sleep(5)
  }
}
