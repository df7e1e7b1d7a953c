import { EtcdServer } from '../../support/etcd.ts'
import { createKvWorlds } from './kv.mjs'

export const createWorlds = async (random) => createKvWorlds(random, 'etcd', await EtcdServer.create())
