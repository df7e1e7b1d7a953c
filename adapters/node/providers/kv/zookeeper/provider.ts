import { normalizeRootKey } from '../../../../../src/compiler/discovery/kv.ts'
import type { CreateProvider, ProviderOptions } from '../../registry.ts'
import { addressOf } from '../address.ts'
import { KvProvider } from '../provider.ts'
import type { KvConnection, KvListener, KvStore } from '../store.ts'
import { Turn } from '../turn.ts'
import { UNIMPLEMENTED, ZooKeeperClient, ZooKeeperError } from './client.ts'
import { ZooKeeperConnection } from './connection.ts'

type ZooKeeperOptions = ProviderOptions<'zooKeeper'>

const PORT = 2181

export const createZooKeeperProvider: CreateProvider<ZooKeeperOptions> = (name, options, context) => {
  const rootKey = normalizeRootKey(options.rootKey)
  return new KvProvider(name, rootKey, new ZooKeeperStore(rootKey, options), context)
}

/** A session a connection; the root is watched as a whole where the server can do that. */
class ZooKeeperStore implements KvStore {
  readonly #rootKey: string
  readonly #options: ZooKeeperOptions
  readonly #servers: Turn<string>

  constructor(rootKey: string, options: ZooKeeperOptions) {
    this.#rootKey = rootKey
    this.#options = options
    this.#servers = new Turn(options.endpoints)
  }

  async connect(listener: KvListener, signal: AbortSignal): Promise<KvConnection> {
    return await this.#servers.open(async (endpoint) => {
      const { username = '', password = '' } = this.#options
      let isOpen = false
      const open = () =>
        ZooKeeperClient.open(
          {
            address: addressOf(endpoint, PORT),
            username,
            password,
            onEvent: () => listener.changed(),
            onLost: (reason) => {
              if (isOpen) listener.lost(reason)
            },
          },
          signal,
        )
      let client = await open()
      const watchesNodes = !(await watchesTree(client, `/${this.#rootKey}`))
      if (watchesNodes) {
        // A server that does not know the request ends the connection after its answer.
        client.close()
        client = await open()
      }
      isOpen = true
      return new ZooKeeperConnection(client, this.#rootKey, watchesNodes)
    }, signal)
  }
}

/** Whether the server tells of every change below a path. */
async function watchesTree(client: ZooKeeperClient, path: string): Promise<boolean> {
  try {
    await client.watchTree(path)
    return true
  } catch (error) {
    if (error instanceof ZooKeeperError && error.code === UNIMPLEMENTED) return false
    client.close()
    throw error
  }
}
