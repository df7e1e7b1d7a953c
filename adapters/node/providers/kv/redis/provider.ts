import { normalizeRootKey } from '../../../../../src/compiler/discovery/kv.ts'
import type { HostPort } from '../../../../../src/compiler/planning/host-port.ts'
import { reasonOf } from '../../api-client/api-error.ts'
import { ProviderRefused } from '../../provider.ts'
import type { CreateProvider, ProviderOptions } from '../../registry.ts'
import { addressOf, addressText } from '../address.ts'
import { KvProvider } from '../provider.ts'
import type { KvConnection, KvListener, KvStore } from '../store.ts'
import { Turn } from '../turn.ts'
import { openRedis, type RedisClient, type RedisLogin, refusalIn } from './client.ts'
import { RedisConnection } from './connection.ts'
import { type SentinelStrategy, serversBySentinel, watchMaster } from './sentinel.ts'

type RedisProviderOptions = ProviderOptions<'redis'>
type SentinelOptions = NonNullable<RedisProviderOptions['sentinel']>

export const createRedisProvider: CreateProvider<RedisProviderOptions> = (name, options, context) => {
  const rootKey = normalizeRootKey(options.rootKey)
  return new KvProvider(name, rootKey, new RedisStore(rootKey, options), context)
}

const PORT = 6379
const SENTINEL_PORT = 26_379

/** One connection for commands and one for events; with Sentinel one to whoever knows where the servers are. */
class RedisStore implements KvStore {
  readonly #rootKey: string
  readonly #options: RedisProviderOptions
  readonly #endpoints: Turn<string>

  constructor(rootKey: string, options: RedisProviderOptions) {
    this.#rootKey = rootKey
    this.#options = options
    this.#endpoints = new Turn(options.endpoints)
  }

  async connect(listener: KvListener, signal: AbortSignal): Promise<KvConnection> {
    const { endpoints, sentinel, username = '', password = '', db = 0, tls } = this.#options
    const open: RedisClient[] = []
    const close = () => {
      for (const client of open) client.close()
    }
    const dial: Dial = async (address, login) => {
      const client = await openRedis(address, { tls, ...login }, signal, (reason) => listener.lost(reason))
      open.push(client)
      return client
    }
    const login = { username, password, db }
    try {
      const client =
        sentinel === undefined
          ? await dial(onlyOne(endpoints), login)
          : await this.#bySentinel(sentinel, login, { dial, listener, signal })
      const { address, redis: commands } = client
      const { redis: events } = await dial(address, login)
      const peer = addressText(address)
      const rootKey = this.#rootKey
      const connection = new RedisConnection({ peer, commands, events, db, rootKey, listener, close })
      await connection.watch()
      return connection
    } catch (error) {
      close()
      throw refusalIn(error) ?? error
    }
  }

  /** The first Sentinel that answers says where the servers are, and stays to tell of another master. */
  async #bySentinel(
    options: SentinelOptions,
    login: Login,
    { dial, listener, signal }: Dialling,
  ): Promise<RedisClient> {
    const { masterName = '', username = '', password = '', useDisconnectedReplicas = false } = options
    if (masterName === '') throw new ProviderRefused('master set name must be provided')
    const strategy = strategyOf(options)
    const { redis } = await this.#endpoints.open(
      (endpoint) => dial(addressOf(endpoint, SENTINEL_PORT), { username, password }),
      signal,
    )
    const servers = await serversBySentinel(redis, { masterName, strategy, useDisconnectedReplicas })
    await watchMaster(redis, masterName, () => listener.lost(new Error('Sentinel has chosen another master')))
    if (strategy === 'latency') return openNearest(servers, login, dial)
    return new Turn(servers).open((server) => dial(server, login), signal)
  }
}

type Login = Omit<RedisLogin, 'tls'>
type Dial = (address: HostPort, login: Login) => Promise<RedisClient>

interface Dialling {
  readonly dial: Dial
  readonly listener: KvListener
  readonly signal: AbortSignal
}

function onlyOne(endpoints: readonly string[]): HostPort {
  if (endpoints.length !== 1) throw new ProviderRefused('redis: does not support multiple endpoints')
  return addressOf(endpoints[0]!, PORT)
}

function strategyOf({ latencyStrategy, randomStrategy, replicaStrategy }: SentinelOptions): SentinelStrategy {
  const wanted: SentinelStrategy[] = []
  if (latencyStrategy === true) wanted.push('latency')
  if (randomStrategy === true) wanted.push('random')
  if (replicaStrategy === true) wanted.push('replica')
  if (wanted.length > 1) {
    throw new ProviderRefused(
      'latencyStrategy, randomStrategy and replicaStrategy options are mutually exclusive, please use only one of those options',
    )
  }
  return wanted[0] ?? 'master'
}

/** The first that answers, all asked at once. */
async function openNearest(servers: readonly HostPort[], login: Login, dial: Dial): Promise<RedisClient> {
  const dialled = servers.map((server) => dial(server, login))
  const winner = await Promise.any(dialled).catch((error: unknown) => {
    throw new Error(reasonOf(error))
  })
  for (const other of dialled) {
    other.then(
      (client) => (client === winner ? undefined : client.close()),
      () => undefined,
    )
  }
  return winner
}
