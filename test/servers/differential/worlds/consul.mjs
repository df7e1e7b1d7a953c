import { ConsulServer } from '../../support/consul.ts'
import { createKvWorlds } from './kv.mjs'

export const createWorlds = async (random) => createKvWorlds(random, 'consul', await ConsulServer.create())
