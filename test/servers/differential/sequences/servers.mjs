// Servers whose behaviour is told step by step, each side's requests apart from the other's; checks of both look alike.
import http from 'node:http'
import http2 from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'

/** The field by which a client says through which proxy it asks; checks have none. */
export const SIDE = 'x-side'
/** The field by which a client says what a server is to do. */
export const DO = 'x-do'

/** What of a request's head tells something here. */
const TOLD = ['content-length', 'transfer-encoding', 'cookie', 'x-forwarded-for', 'x-forwarded-prefix', 'x-retry']

/** What Go's client says of its own accord in checks, and ours does not. */
const OF_GO = /^(accept-encoding: gzip|referer: .*)$/

/**
 * A server that answers with its name. It does what `script` says next, else what it usually does; deeds are a status (`503`),
 * a status after some milliseconds (`200+80`), `reset` (no answer), `hold` (an answer once `release` is called).
 */
export class StoryServer {
  /** @param {string} name */
  constructor(name) {
    this.name = name
    this.#server = http.createServer((request, response) => this.#answer(request, response))
    this.#server.on('upgrade', (request, socket) => this.#tunnel(request, socket))
  }

  #server
  #held = []
  #tunnels = new Set()

  async listen() {
    this.#server.listen(0, '127.0.0.1')
    await new Promise((resolve) => this.#server.once('listening', resolve))
    this.port = this.#server.address().port
    this.url = `http://127.0.0.1:${this.port}`
    this.reset()
    return this
  }

  /** As it was in the beginning. */
  reset() {
    this.usual = '200'
    this.script = {}
    /** What checks get: a status, fields, and how long it takes. */
    this.health = { status: 200 }
    /** Checks by what they look like, and how many there were. */
    this.checks = new Map()
    this.seen = { reference: [], ours: [] }
    this.release()
  }

  async #answer(request, response) {
    const side = request.headers[SIDE]
    const content = await contentOf(request)
    if (content === null) return
    response.sendDate = false
    // Go sends a request again where a connection that was used before breaks.
    response.shouldKeepAlive = false
    if (side === undefined) return this.#check(request, response)
    this.seen[side].push(told(request, content))
    const deed = this.script[side]?.shift() ?? request.headers[DO] ?? this.usual
    if (deed === 'reset') return request.socket.destroy()
    if (deed === 'hold') return void this.#held.push(response)
    const [status, delay] = deed.split('+').map(Number)
    if (delay !== undefined) await sleep(delay)
    this.#tell(response, status)
  }

  #tell(response, status) {
    const fields = { 'Content-Type': 'text/plain', 'Content-Length': this.name.length, 'X-Status': status }
    response.writeHead(status, fields).end(this.name)
  }

  async #check(request, response) {
    const { method, url, headers } = request
    const fields = Object.entries(headers).filter(([name, value]) => !OF_GO.test(`${name}: ${value}`))
    const look = JSON.stringify({ server: this.name, method, url, fields: fields.sort() })
    this.checks.set(look, (this.checks.get(look) ?? 0) + 1)
    const { status, fields: own = {}, delay = 0 } = url.startsWith('/elsewhere') ? { status: 200 } : this.health
    if (delay > 0) await sleep(delay)
    if (status === 0) return request.socket.destroy()
    response.writeHead(status, { ...own, 'Content-Length': 0 }).end()
  }

  #tunnel(request, socket) {
    const side = request.headers[SIDE]
    this.seen[side]?.push(told(request, ''))
    this.#tunnels.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => this.#tunnels.delete(socket))
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
    socket.on('data', (piece) => socket.write(`${this.name}:${piece}`))
  }

  /** How many requests wait for `release`. */
  get holds() {
    return this.#held.length
  }

  /** Answers those that it holds. */
  release() {
    for (const response of this.#held.splice(0)) this.#tell(response, 200)
  }

  stop() {
    this.#server.close()
    this.#server.closeAllConnections()
    for (const socket of this.#tunnels) socket.destroy()
  }
}

/** A server that knows checks by gRPC alone; `health.status` of 200 is SERVING. */
export class GrpcServer {
  /** @param {string} name */
  constructor(name) {
    this.name = name
    this.#server = http2.createServer((request, response) => this.#answer(request, response))
    this.#server.on('session', (session) => this.#sessions.add(session))
  }

  #server
  #sessions = new Set()

  async listen() {
    this.#server.listen(0, '127.0.0.1')
    await new Promise((resolve) => this.#server.once('listening', resolve))
    this.port = this.#server.address().port
    this.reset()
    return this
  }

  reset() {
    this.health = { status: 200 }
    this.checks = new Map()
  }

  async #answer(request, response) {
    const content = await contentOf(request)
    const { method, url } = request
    const look = JSON.stringify({ server: this.name, method, url, content: Buffer.from(content).toString('hex') })
    this.checks.set(look, (this.checks.get(look) ?? 0) + 1)
    response.writeHead(200, { 'Content-Type': 'application/grpc' })
    if (this.health.status === 501) response.addTrailers({ 'grpc-status': '12' })
    else {
      // HealthCheckResponse: field 1 is 1 (SERVING) or 2 (NOT_SERVING).
      response.write(Buffer.from([0, 0, 0, 0, 2, 8, this.health.status === 200 ? 1 : 2]))
      response.addTrailers({ 'grpc-status': '0' })
    }
    response.end()
  }

  stop() {
    this.#server.close()
    for (const session of this.#sessions) session.destroy()
  }
}

/** Null: who sends it has left. */
async function contentOf(request) {
  const pieces = []
  try {
    for await (const piece of request) pieces.push(piece)
  } catch {
    return null
  }
  return Buffer.concat(pieces).toString('latin1')
}

const told = ({ method, url, headers }, content) => ({
  method,
  url,
  fields: Object.fromEntries(TOLD.filter((name) => headers[name] !== undefined).map((name) => [name, headers[name]])),
  content,
})
