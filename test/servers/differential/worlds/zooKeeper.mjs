import { ZooKeeperServer } from '../../support/zookeeper.ts'
import { createKvWorlds } from './kv.mjs'

/** A node has no slash at its end and no empty name, and those above it are there too. */
function holds(keys) {
  const nodes = {}
  for (const [key, text] of Object.entries(keys)) {
    const fragments = key.split('/').filter((fragment) => fragment !== '')
    for (let depth = 2; depth < fragments.length; depth++) nodes[fragments.slice(0, depth).join('/')] ??= ''
    nodes[fragments.join('/')] = text
  }
  return nodes
}

/** Traefik looks when a child of the root comes or goes. */
export async function createWorlds(random) {
  const server = await ZooKeeperServer.create()
  const nudge = (at) => server.put({ [`traefik/turn${at}`]: '' })
  return createKvWorlds(random, 'zookeeper', server, { holds, nudge })
}
