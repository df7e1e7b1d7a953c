import net from 'node:net'
import type { HostPort } from '../../../../../src/compiler/planning/host-port.ts'
import { reasonOf } from '../../api-client/api-error.ts'
import { addressText } from '../address.ts'
import { JuteReader, JuteWriter, PacketSplitter } from './jute.ts'

/** A server answered that it does not do what was asked. */
export class ZooKeeperError extends Error {
  readonly code: number

  constructor(code: number, path: string) {
    super(`KeeperErrorCode = ${CODES[code] ?? code} for ${path}`)
    this.name = 'ZooKeeperError'
    this.code = code
  }
}

export const NO_NODE = -101
export const NO_AUTH = -102
export const UNIMPLEMENTED = -6

const CODES: Readonly<Record<number, string>> = {
  [UNIMPLEMENTED]: 'Unimplemented',
  [NO_NODE]: 'NoNode',
  [NO_AUTH]: 'NoAuth',
}

/** Kinds of requests (`ZooDefs.OpCode`). */
const EXISTS = 3
const GET_DATA = 4
const GET_CHILDREN = 8
const PING = 11
const AUTHENTICATE = 100
const ADD_WATCH = 106
const CLOSE_SESSION = -11

/** Numbers of packets that answer no request. */
const EVENT_XID = -1
const PING_XID = -2
const AUTH_XID = -4

const PERSISTENT_RECURSIVE = 1
/** Octets of a `Stat` before the number of children. */
const STAT_TO_CHILDREN = 4 * 8 + 3 * 4 + 8 + 4

/** What we ask for; the server has its own limits. */
const SESSION_MS = 10_000
/** A server that is just starting may take a connection and never answer: another try is better than to wait. */
const CONNECT_MS = 2_000
const MAX_PACKET_BYTES = 64 * 1024 * 1024

export interface ZooKeeperClientOptions {
  readonly address: HostPort
  /** Empty: nobody. */
  readonly username: string
  readonly password: string
  readonly onEvent: () => void
  /** Hears of the end, unless it is our own. */
  readonly onLost: (reason: Error) => void
}

export interface ZooKeeperNode {
  readonly data: Buffer
  readonly childCount: number
}

interface Waiting {
  readonly path: string
  readonly resolve: (answer: JuteReader) => void
  readonly reject: (reason: Error) => void
}

/** A session with a server of ZooKeeper, on the one connection that it lasts. */
export class ZooKeeperClient {
  readonly peer: string
  readonly #options: ZooKeeperClientOptions
  readonly #socket: net.Socket
  readonly #splitter = new PacketSplitter(MAX_PACKET_BYTES)
  readonly #waiting = new Map<number, Waiting>()
  #nextXid = 1
  #onSession: ((answer: JuteReader) => void) | null
  #isOver = false
  #heardAt = performance.now()
  #ping: NodeJS.Timeout | null = null

  private constructor(options: ZooKeeperClientOptions, onSession: (answer: JuteReader) => void) {
    this.peer = addressText(options.address)
    this.#options = options
    this.#onSession = onSession
    this.#socket = net.connect({ ...options.address, noDelay: true })
    this.#socket.on('data', (chunk) => this.#take(chunk))
    this.#socket.on('error', (error) => this.#end(error))
    this.#socket.on('close', () => this.#end(new Error('connection closed')))
  }

  /** Opens a session. @throws Error where there is none within a few seconds */
  static open(options: ZooKeeperClientOptions, signal: AbortSignal): Promise<ZooKeeperClient> {
    return new Promise((resolve, reject) => {
      let isOpen = false
      const client = new ZooKeeperClient(
        {
          ...options,
          onLost: (reason) => {
            finish()
            if (isOpen) options.onLost(reason)
            else reject(reason)
          },
        },
        (answer) => {
          finish()
          isOpen = client.#begin(answer)
          if (isOpen) resolve(client)
        },
      )
      const limit = setTimeout(() => client.#end(new Error(`no session within ${CONNECT_MS / 1000} s`)), CONNECT_MS)
      const callOff = () => {
        client.close()
        finish()
        reject(signal.reason)
      }
      const finish = () => {
        clearTimeout(limit)
        signal.removeEventListener('abort', callOff)
      }
      if (signal.aborted) return callOff()
      signal.addEventListener('abort', callOff)
      client.#socket.once('connect', () => client.#socket.write(CONNECT_REQUEST))
    })
  }

  /** A node. @param watch has the next change of it told */
  async node(path: string, watch: boolean): Promise<ZooKeeperNode> {
    const answer = await this.#ask(GET_DATA, path, new JuteWriter().bytes(path).flag(watch))
    const data = answer.bytes()
    return { data, childCount: answer.skip(STAT_TO_CHILDREN).int() }
  }

  /** Names of the nodes below a node. @param watch has the next change of them told */
  async children(path: string, watch: boolean): Promise<readonly string[]> {
    return (await this.#ask(GET_CHILDREN, path, new JuteWriter().bytes(path).flag(watch))).texts()
  }

  /** Whether a node is there; where it is not, it is told when it comes. */
  async watchForNode(path: string): Promise<boolean> {
    try {
      await this.#ask(EXISTS, path, new JuteWriter().bytes(path).flag(true))
      return true
    } catch (error) {
      if (error instanceof ZooKeeperError && error.code === NO_NODE) return false
      throw error
    }
  }

  /** Has every change at and below a node told, for good. Servers before 3.6 can't. */
  async watchTree(path: string): Promise<void> {
    await this.#ask(ADD_WATCH, path, new JuteWriter().bytes(path).int(PERSISTENT_RECURSIVE))
  }

  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#stop(new Error('closed'))
    this.#socket.end(new JuteWriter().int(this.#nextXid).int(CLOSE_SESSION).packet())
    this.#socket.destroySoon()
  }

  #ask(kind: number, path: string, body: JuteWriter): Promise<JuteReader> {
    return new Promise((resolve, reject) => {
      if (this.#isOver) return reject(new Error('connection closed'))
      const xid = this.#nextXid
      this.#nextXid = xid === 2 ** 31 - 1 ? 1 : xid + 1
      this.#waiting.set(xid, { path, resolve, reject })
      this.#send(xid, kind, body)
    })
  }

  #send(xid: number, kind: number, body: JuteWriter): void {
    this.#socket.write(new JuteWriter().int(xid).int(kind).record(body).packet())
  }

  /** Whether the server has given us a session. */
  #begin(answer: JuteReader): boolean {
    answer.int()
    const sessionMs = answer.int()
    if (sessionMs <= 0) {
      this.#end(new Error('the session has expired'))
      return false
    }
    const { username, password } = this.#options
    if (username !== '') {
      const credentials = new JuteWriter().int(0).bytes('digest').bytes(`${username}:${password}`)
      this.#send(AUTH_XID, AUTHENTICATE, credentials)
    }
    // A third, so that one that is late is no reason to give up.
    const everyMs = Math.min(sessionMs, SESSION_MS) / 3
    this.#ping = setInterval(() => this.#askForLife(2 * everyMs), everyMs)
    return true
  }

  #askForLife(longestMs: number): void {
    const silentMs = performance.now() - this.#heardAt
    if (silentMs > longestMs) this.#end(new Error(`silent for ${Math.round(silentMs / 1000)} s`))
    else this.#send(PING_XID, PING, new JuteWriter())
  }

  #take(chunk: Buffer): void {
    this.#heardAt = performance.now()
    try {
      for (const packet of this.#splitter.take(chunk)) {
        if (this.#isOver) return
        this.#takePacket(new JuteReader(packet))
      }
    } catch (error) {
      this.#end(error as Error)
    }
  }

  #takePacket(packet: JuteReader): void {
    if (this.#onSession !== null) {
      const onSession = this.#onSession
      this.#onSession = null
      onSession(packet)
      return
    }
    const xid = packet.int()
    packet.long()
    const code = packet.int()
    if (xid === EVENT_XID) {
      this.#options.onEvent()
      return
    }
    const waiting = this.#waiting.get(xid)
    this.#waiting.delete(xid)
    if (waiting === undefined) {
      if (code !== 0) this.#end(new ZooKeeperError(code, 'the session'))
    } else if (code === 0) waiting.resolve(packet)
    else waiting.reject(new ZooKeeperError(code, waiting.path))
  }

  #end(reason: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    const told = new Error(`${this.peer}: ${reasonOf(reason)}`)
    this.#stop(told)
    this.#socket.destroy()
    this.#options.onLost(told)
  }

  #stop(reason: Error): void {
    if (this.#ping !== null) clearInterval(this.#ping)
    for (const { reject } of this.#waiting.values()) reject(reason)
    this.#waiting.clear()
  }
}

/** No earlier session, nothing seen, no server that can't write. */
const CONNECT_REQUEST = new JuteWriter()
  .int(0)
  .long(0n)
  .int(SESSION_MS)
  .long(0n)
  .bytes(Buffer.alloc(16))
  .flag(false)
  .packet()
