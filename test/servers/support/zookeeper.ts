import { writeFileSync } from 'node:fs'
import net from 'node:net'
import { JuteReader, JuteWriter, PacketSplitter } from '../../../adapters/node/providers/kv/zookeeper/jute.ts'
import { freePort } from '../../support/free-port.ts'
import type { KvServer } from './kv-contract.ts'
import { ServerProcess, temporaryFolder } from './process.ts'

const JARS = ['zookeeper', 'zookeeper-jute', 'slf4j-simple', 'slf4j-api'].map((name) => `/usr/share/java/${name}.jar`)

const CREATE = 1
const DELETE = 2
const EXISTS = 3
const SET_DATA = 5
const SET_ACL = 7
const GET_CHILDREN = 8
const AUTHENTICATE = 100
const CLOSE_SESSION = -11
const NO_NODE = -101
const NODE_EXISTS = -110

/** A server of ZooKeeper by itself, and a client of our own that writes. */
export class ZooKeeperServer implements KvServer {
  readonly port: number
  readonly #process: ServerProcess

  private constructor(port: number) {
    this.port = port
    const folder = temporaryFolder()
    const config = `${folder}/zoo.cfg`
    writeFileSync(
      config,
      [
        ...[`dataDir=${folder}`, `clientPort=${port}`, 'clientPortAddress=127.0.0.1', 'admin.enableServer=false'],
        ...['tickTime=500', 'maxSessionTimeout=20000'],
      ].join('\n'),
    )
    this.#process = new ServerProcess({
      program: '/usr/bin/java',
      args: ['-Xmx128m', '-cp', JARS.join(':'), 'org.apache.zookeeper.server.quorum.QuorumPeerMain', config],
      // It answers `ruok` before it takes sessions.
      isReady: () => this.use((writer) => writer.exists('/')),
    })
  }

  static async create(): Promise<ZooKeeperServer> {
    return new ZooKeeperServer(await freePort())
  }

  get flags(): readonly string[] {
    return [`--providers.zooKeeper.endpoints=127.0.0.1:${this.port}`]
  }

  start = (): Promise<void> => this.#process.start()
  stop = (signal?: NodeJS.Signals): Promise<void> => this.#process.stop(signal)
  stall = (): void => this.#process.stall()
  goOn = (): void => this.#process.goOn()

  async put(pairs: Readonly<Record<string, string>>): Promise<void> {
    await this.use(async (writer) => {
      for (const [key, text] of Object.entries(pairs)) await writer.put(`/${key}`, text)
    })
  }

  /** Nodes, and those above them that have nothing below them any more. */
  async remove(keys: readonly string[]): Promise<void> {
    await this.use(async (writer) => {
      for (const key of keys) {
        for (let path = `/${key}`; path !== '/traefik' && path !== ''; path = path.slice(0, path.lastIndexOf('/'))) {
          if ((await writer.children(path)).length > 0) break
          await writer.ask(DELETE, new JuteWriter().bytes(path).int(-1))
        }
      }
    })
  }

  async clear(): Promise<void> {
    await this.use((writer) => writer.removeTree('/traefik'))
  }

  async replace(pairs: Readonly<Record<string, string>>): Promise<void> {
    await this.use(async (writer) => {
      for (const child of await writer.children('/traefik')) await writer.removeTree(`/traefik/${child}`)
    })
    await this.put(pairs)
  }

  /** Runs requests in a session of its own. */
  async use<T>(work: (writer: ZooKeeperWriter) => Promise<T>, session?: ZooKeeperSession): Promise<T> {
    const writer = await ZooKeeperWriter.open(this.port, session)
    try {
      return await work(writer)
    } finally {
      await writer.close()
    }
  }
}

/** What a server gave, with which the session can be had on another connection. */
export interface ZooKeeperSession {
  readonly id: bigint
  readonly password: Buffer
}

/** The session in a server's answer to a connection. */
export function sessionIn(packet: Buffer): ZooKeeperSession {
  const reader = new JuteReader(packet).skip(8)
  return { id: reader.long(), password: Buffer.from(reader.bytes()) }
}

/** One request after the other. */
export class ZooKeeperWriter {
  readonly #socket: net.Socket
  readonly #splitter = new PacketSplitter(1024 * 1024)
  readonly #answers: ((packet: Buffer) => void)[] = []
  #xid = 0

  private constructor(socket: net.Socket) {
    this.#socket = socket
    socket.setMaxListeners(0)
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      for (const packet of this.#splitter.take(chunk)) this.#answers.shift()?.(packet)
    })
  }

  static async open(port: number, { id, password }: ZooKeeperSession = NEW_SESSION): Promise<ZooKeeperWriter> {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
    const writer = new ZooKeeperWriter(socket)
    // A server that is just starting may never answer.
    socket.setTimeout(1_000, () => socket.destroy())
    const request = new JuteWriter().int(0).long(0n).int(10_000).long(id).bytes(password).flag(false)
    await writer.#exchange(request)
    socket.setTimeout(0)
    return writer
  }

  async put(path: string, text: string): Promise<void> {
    for (let end = path.indexOf('/', 1); end !== -1; end = path.indexOf('/', end + 1)) {
      await this.#create(path.slice(0, end), '')
    }
    if ((await this.#create(path, text)) === NODE_EXISTS) {
      await this.ask(SET_DATA, new JuteWriter().bytes(path).bytes(text).int(-1))
    }
  }

  async children(path: string): Promise<string[]> {
    const { code, reader } = await this.ask(GET_CHILDREN, new JuteWriter().bytes(path).flag(false))
    return code === NO_NODE ? [] : reader.texts()
  }

  async removeTree(path: string): Promise<void> {
    for (const child of await this.children(path)) await this.removeTree(`${path}/${child}`)
    await this.ask(DELETE, new JuteWriter().bytes(path).int(-1))
  }

  async authenticate(username: string, password: string): Promise<void> {
    await this.ask(AUTHENTICATE, new JuteWriter().int(0).bytes('digest').bytes(`${username}:${password}`), -4)
  }

  /** Leaves a node and what is written below it later to whoever made it. */
  async onlyForMe(path: string): Promise<void> {
    const acl = new JuteWriter().int(1).int(31).bytes('auth').bytes('')
    const { code } = await this.ask(SET_ACL, new JuteWriter().bytes(path).record(acl).int(-1))
    if (code !== 0) throw new Error(`setACL ${path}: ${code}`)
  }

  async exists(path: string): Promise<boolean> {
    return (await this.ask(EXISTS, new JuteWriter().bytes(path).flag(false))).code === 0
  }

  async ask(
    kind: number,
    body: JuteWriter,
    xid = ++this.#xid,
  ): Promise<{ readonly code: number; readonly reader: JuteReader }> {
    const packet = await this.#exchange(new JuteWriter().int(xid).int(kind).record(body))
    const reader = new JuteReader(packet).skip(12)
    return { code: reader.int(), reader }
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.once('close', resolve))
    this.#socket.write(
      new JuteWriter()
        .int(++this.#xid)
        .int(CLOSE_SESSION)
        .packet(),
    )
    await closed
  }

  async #create(path: string, text: string): Promise<number> {
    const anybody = new JuteWriter().int(1).int(31).bytes('world').bytes('anyone')
    const { code } = await this.ask(CREATE, new JuteWriter().bytes(path).bytes(text).record(anybody).int(0))
    if (code !== 0 && code !== NODE_EXISTS) throw new Error(`create ${path}: ${code}`)
    return code
  }

  #exchange(request: JuteWriter): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const onClose = () => reject(new Error('connection closed'))
      this.#answers.push((packet) => {
        this.#socket.off('close', onClose)
        resolve(packet)
      })
      this.#socket.once('close', onClose)
      this.#socket.write(request.packet())
    })
  }
}

const NEW_SESSION: ZooKeeperSession = { id: 0n, password: Buffer.alloc(16) }
