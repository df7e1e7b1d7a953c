import { RedisServer } from '../../support/redis.ts'
import { createKvWorlds } from './kv.mjs'

/** Empty values count for nothing. */
const holds = (keys) => Object.fromEntries(Object.entries(keys).filter(([, text]) => text !== ''))

export const createWorlds = async (random) => createKvWorlds(random, 'redis', await RedisServer.create(), { holds })
