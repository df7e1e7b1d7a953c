import { normalizeRootKey } from '../../../../../src/compiler/discovery/kv.ts'
import { createApiClient } from '../../api-client/client.ts'
import { ProviderRefused } from '../../provider.ts'
import type { CreateProvider, ProviderOptions } from '../../registry.ts'
import { KvProvider } from '../provider.ts'
import type { KvConnection, KvListener, KvStore } from '../store.ts'
import { ConsulConnection } from './connection.ts'
import { type ConsulEnvironment, loginBy } from './environment.ts'

type ConsulOptions = ProviderOptions<'consul'>

/** Of the provider; that of a namespace has `-` and its name behind it. */
const NAME = 'consul'

export const createConsulProvider: CreateProvider<ConsulOptions> = (name, options, context) => {
  const rootKey = normalizeRootKey(options.rootKey)
  const namespace = name.slice(NAME.length + 1)
  return new KvProvider(name, rootKey, new ConsulStore(rootKey, namespace, options, process.env), context)
}

class ConsulStore implements KvStore {
  readonly #rootKey: string
  /** Empty: none is asked for. */
  readonly #namespace: string
  readonly #options: ConsulOptions
  readonly #env: ConsulEnvironment

  constructor(rootKey: string, namespace: string, options: ConsulOptions, env: ConsulEnvironment) {
    this.#rootKey = rootKey
    this.#namespace = namespace
    this.#options = options
    this.#env = env
  }

  async connect(listener: KvListener): Promise<KvConnection> {
    const { endpoints, token = '', tls } = this.#options
    if (endpoints.length !== 1) throw new ProviderRefused('consul: does not support multiple endpoints')
    if (this.#namespace === '*') throw new ProviderRefused('wildcard namespace is not supported')
    const login = loginBy(token, this.#env)
    const isSecure = tls !== undefined || login.isSecure
    const endpoint = endpoints[0]!
    const client = createApiClient({
      endpoint: endpoint.includes('://')
        ? endpoint.replace(/^http:/, isSecure ? 'https:' : 'http:')
        : `tcp://${endpoint}`,
      tls: tls ?? (isSecure ? {} : undefined),
      basicAuth: login.basicAuth,
      headers: login.token === '' ? {} : { 'x-consul-token': login.token },
    })
    const namespace = this.#namespace === '' ? login.namespace : this.#namespace
    return new ConsulConnection(client, { rootKey: this.#rootKey, namespace, partition: login.partition }, listener)
  }
}
