import { Redis } from 'ioredis'
import { freePort } from '../../support/free-port.ts'
import type { KvServer } from './kv-contract.ts'
import { ServerProcess, temporaryFolder } from './process.ts'

const PROGRAM = '/usr/bin/redis-server'

export interface RedisOptions {
  readonly args?: readonly string[]
  readonly password?: string
  readonly db?: number
}

/** A Redis server that keeps what it has when it is started again. */
export class RedisServer implements KvServer {
  readonly port: number
  readonly #options: RedisOptions
  readonly #process: ServerProcess

  private constructor(port: number, options: RedisOptions) {
    this.port = port
    this.#options = options
    const { args = ['--notify-keyspace-events', 'AKE'], password } = options
    this.#process = new ServerProcess({
      program: PROGRAM,
      args: [
        ...['--port', `${port}`, '--bind', '127.0.0.1', '--dir', temporaryFolder()],
        ...['--save', '', '--appendonly', 'yes', '--appendfsync', 'always'],
        ...(password === undefined ? [] : ['--requirepass', password]),
        ...args,
      ],
      isReady: async () => (await this.use((redis) => redis.ping())) === 'PONG',
    })
  }

  static async create(options: RedisOptions = {}): Promise<RedisServer> {
    return new RedisServer(await freePort(), options)
  }

  get flags(): readonly string[] {
    const { db = 0 } = this.#options
    return [`--providers.redis.endpoints=127.0.0.1:${this.port}`, `--providers.redis.db=${db}`]
  }

  start = (): Promise<void> => this.#process.start()
  stop = (signal?: NodeJS.Signals): Promise<void> => this.#process.stop(signal)
  stall = (): void => this.#process.stall()
  goOn = (): void => this.#process.goOn()

  async put(pairs: Readonly<Record<string, string>>): Promise<void> {
    await this.use(async (redis) => {
      for (const [key, text] of Object.entries(pairs)) await redis.set(key, text)
    })
  }

  async remove(keys: readonly string[]): Promise<void> {
    await this.use((redis) => redis.del(...keys))
  }

  async clear(): Promise<void> {
    await this.use(async (redis) => {
      // FLUSHALL tells nobody.
      const keys = await redis.keys('*')
      if (keys.length > 0) await redis.del(...keys)
    })
  }

  async replace(pairs: Readonly<Record<string, string>>): Promise<void> {
    await this.use(async (redis) => {
      const gone = (await redis.keys('traefik/*')).filter((key) => !Object.hasOwn(pairs, key))
      const transaction = redis.multi().mset(pairs)
      await (gone.length > 0 ? transaction.del(...gone) : transaction).exec()
    })
  }

  /** Runs commands on a connection of their own. */
  async use<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    const { db = 0, password } = this.#options
    const redis = new Redis({
      port: this.port,
      host: '127.0.0.1',
      db,
      lazyConnect: true,
      retryStrategy: () => null,
      ...(password === undefined ? {} : { password }),
    })
    redis.on('error', () => undefined)
    try {
      await redis.connect()
      return await command(redis)
    } finally {
      redis.disconnect()
    }
  }
}
