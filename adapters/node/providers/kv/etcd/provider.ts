import { normalizeRootKey } from '../../../../../src/compiler/discovery/kv.ts'
import type { CreateProvider, ProviderOptions } from '../../registry.ts'
import { addressOf } from '../address.ts'
import { KvProvider } from '../provider.ts'
import type { KvStore } from '../store.ts'
import { Turn } from '../turn.ts'
import { EtcdConnection } from './connection.ts'
import { EtcdSession } from './session.ts'

const PORT = 2379

export const createEtcdProvider: CreateProvider<ProviderOptions<'etcd'>> = (name, options, context) => {
  const { endpoints, username = '', password = '', tls } = options
  const rootKey = normalizeRootKey(options.rootKey)
  const members = new Turn(endpoints)
  const store: KvStore = {
    async connect(listener, signal) {
      const session = await members.open((endpoint) => {
        const login = { username, password, tls: tls ?? (endpoint.startsWith('https:') ? {} : undefined) }
        return EtcdSession.open(addressOf(endpoint, PORT), login, signal, (reason) => listener.lost(reason))
      }, signal)
      return new EtcdConnection(session, rootKey, listener)
    },
  }
  return new KvProvider(name, rootKey, store, context)
}
