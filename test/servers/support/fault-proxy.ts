import { readFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { closed } from '../../support/closed.ts'
import type { Pebble } from './pebble.ts'

export interface Fault {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Before an authority: answers in its place, or holds requests up, as a test says. */
export class FaultProxy {
  readonly asked: string[] = []
  readonly #server: Server
  /** What is answered to a request; null: what the authority says. */
  fault: (target: string) => Fault | null | Promise<null> = () => null

  private constructor(pebble: Pebble) {
    const file = (name: string) => readFileSync(path.join(pebble.folder, name))
    this.#server = createServer({ cert: file('cert.pem'), key: file('key.pem') }, async (asked, answer) => {
      const target = asked.url ?? ''
      this.asked.push(`${asked.method} ${target}`)
      const fault = await this.fault(target)
      if (fault !== null) {
        answer.writeHead(fault.status, fault.headers)
        answer.end(fault.body)
        return
      }
      const { method, headers } = asked
      const options = { port: pebble.port, host: '127.0.0.1', path: target, method, headers, rejectUnauthorized: false }
      const passed = request(options, (theirs) => {
        answer.writeHead(theirs.statusCode ?? 500, theirs.headers)
        theirs.pipe(answer)
      })
      passed.once('error', () => answer.destroy())
      asked.pipe(passed)
    })
  }

  static async start(pebble: Pebble): Promise<FaultProxy> {
    const proxy = new FaultProxy(pebble)
    await new Promise<void>((listening) => proxy.#server.listen(0, '127.0.0.1', listening))
    return proxy
  }

  get directory(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}/dir`
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return closed(this.#server)
  }
}
