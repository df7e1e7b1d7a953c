import net from 'node:net'

/**
 * A way to a server (host and port, or the path of a socket) that a test spoils. `mode` holds from then on; `cut()` ends
 * what is open.
 *
 * - `pass`: everything as it is
 * - `refuse`: nobody listens
 * - `close`: taken, and closed at once
 * - `stall`: taken, and silent; what is open becomes silent too
 * - `slow`: each piece comes 150 ms late
 * - `trickle`: in pieces of a few bytes
 * - `halve`: an answer ends after 200 bytes
 * - `garble`: what the server says is replaced
 * - `{ status, body, headers }`: every HTTP request is answered so
 */
export class Relay {
  #target
  #sockets = new Set()
  #server = null
  mode = 'pass'
  /** Connections that were taken, with their times. */
  connects = []

  constructor(target) {
    this.#target = target
  }

  async listen(port = 0) {
    this.#server = net.createServer((client) => this.#take(client))
    await new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, '127.0.0.1', resolve)
    })
    this.port = this.#server.address().port
  }

  async set(mode) {
    this.mode = mode
    if (mode === 'refuse') {
      await this.close()
      return
    }
    if (this.#server === null) await this.listen(this.port)
    if (mode === 'stall') for (const socket of this.#sockets) socket.pause()
  }

  /** To another server, for who connects from now on. */
  lead(target) {
    this.#target = target
  }

  cut() {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close() {
    const server = this.#server
    this.#server = null
    this.cut()
    if (server !== null) await new Promise((resolve) => server.close(resolve))
  }

  #take(client) {
    this.connects.push(Date.now())
    this.#keep(client)
    const { mode } = this
    if (mode === 'close') return client.destroy()
    if (mode === 'stall') return client.resume()
    if (typeof mode === 'object') return this.#answer(client, mode)
    const upstream = net.connect(this.#target)
    this.#keep(upstream)
    client.pipe(upstream)
    // In order, though some are held back.
    let turn = Promise.resolve()
    upstream.on('data', (chunk) => {
      const came = Date.now()
      turn = turn.then(() => this.#pass(chunk, client, upstream, came))
    })
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => setTimeout(() => client.destroy(), 200))
    return undefined
  }

  async #pass(chunk, client, upstream, came) {
    switch (this.mode) {
      case 'stall':
        return
      case 'slow':
        await wait(Math.max(0, came + 150 - Date.now()))
        client.write(chunk)
        return
      case 'trickle':
        upstream.pause()
        for (let at = 0; at < chunk.length; at += 7) {
          client.write(chunk.subarray(at, at + 7))
          if (at % 700 === 0) await wait(1)
        }
        upstream.resume()
        return
      case 'halve':
        client.end(chunk.subarray(0, 200))
        upstream.destroy()
        return
      case 'garble':
        client.write(Buffer.from(chunk).map((byte, at) => (at % 3 === 0 ? byte ^ 0x55 : byte)))
        return
      default:
        client.write(chunk)
    }
  }

  #answer(client, { status, body, headers = {} }) {
    client.on('data', () => {
      const content = Buffer.from(body)
      const fields = { 'Content-Type': 'text/html', 'Content-Length': content.length, ...headers }
      const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
      client.write(`HTTP/1.1 ${status} Fault\r\n${lines.join('')}\r\n`)
      client.write(content)
    })
  }

  #keep(socket) {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#sockets.delete(socket))
  }
}

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
