import * as z from 'zod'
import { emptyable, flag, integer, text, texts } from '../../../schema/scalars.ts'
import { defineProvider } from './definition.ts'
import { namespaces, password, tls, token, username } from './options.ts'

const kvFields = (endpoint: string) => ({
  rootKey: text().default('traefik').describe('Key under which the configuration stands.'),
  endpoints: texts().default([endpoint]).describe('Servers.'),
})

const consul = z.strictObject({ ...kvFields('127.0.0.1:8500'), token: token(), tls: tls(), namespaces: namespaces() })

const etcd = z.strictObject({ ...kvFields('127.0.0.1:2379'), tls: tls(), username: username(), password: password() })

const zooKeeper = z.strictObject({ ...kvFields('127.0.0.1:2181'), username: username(), password: password() })

const redis = z.strictObject({
  ...kvFields('127.0.0.1:6379'),
  tls: tls(),
  username: username(),
  password: password(),
  db: integer().optional().describe('Number of the database.'),
  sentinel: z
    .strictObject({
      masterName: text().optional().describe('Name of the master.'),
      username: username(),
      password: password(),
      latencyStrategy: flag().optional().describe('Read from the nearest server.'),
      randomStrategy: flag().optional().describe('Read from any server.'),
      replicaStrategy: flag().optional().describe('Read from replicas.'),
      useDisconnectedReplicas: flag().optional().describe('Use replicas without a master too.'),
    })
    .meta({ typeName: '*redis.Sentinel' })
    .optional()
    .describe('Find the servers by Sentinel.'),
})

/** Keys of Consul. */
export const consulProvider = defineProvider({
  goName: 'Consul',
  schema: emptyable(consul).optional().describe('Keys of Consul.'),
})

/** Keys of etcd. */
export const etcdProvider = defineProvider({
  goName: 'Etcd',
  schema: emptyable(etcd).optional().describe('Keys of etcd.'),
})

/** Nodes of ZooKeeper. */
export const zooKeeperProvider = defineProvider({
  goName: 'ZooKeeper',
  schema: emptyable(zooKeeper).optional().describe('Nodes of ZooKeeper.'),
})

/** Keys of Redis. */
export const redisProvider = defineProvider({
  goName: 'Redis',
  schema: emptyable(redis).optional().describe('Keys of Redis.'),
})
