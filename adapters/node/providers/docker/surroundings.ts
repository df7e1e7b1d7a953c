import dns from 'node:dns/promises'
import os from 'node:os'
import { type Container, readContainer } from '../../../../src/compiler/discovery/docker/container.ts'
import type { Surroundings } from './containers.ts'
import { type Engine, ownContainerId } from './engine.ts'

/** What an engine says of a container; null: it is not there (any more). Throws as the API client does. */
export async function inspectContainer(engine: Engine, id: string, signal: AbortSignal): Promise<Container | null> {
  const { client, prefix } = engine
  const answer = await client.get(`${prefix}/containers/${encodeURIComponent(id)}/json`, { signal, accept: [404] })
  if (answer.status === 404) return null
  const container = readContainer(answer.json())
  if (container === null) throw new Error('the answer is no container')
  return container
}

/** Where the proxy stands: on which networks, and where the machine of the engine is for it. */
export async function findSurroundings(
  engine: Engine,
  containers: readonly Container[],
  signal: AbortSignal,
): Promise<Surroundings> {
  const own = ownContainerId(os.hostname())
  const self = own === null ? null : await inspectContainer(engine, own, signal)
  const onHost = containers.some(({ networkMode, nodeAddress }) => networkMode === 'host' && nodeAddress === '')
  return {
    ownNetworks: new Set(self?.networks?.keys() ?? []),
    hostAddress: onHost ? await hostAddress() : '127.0.0.1',
  }
}

/** Of the machine, as containers see it. */
async function hostAddress(): Promise<string> {
  for (const name of ['host.docker.internal', 'host.containers.internal']) {
    try {
      return (await dns.lookup(name)).address
    } catch {
      // It has no such name; the next one, or the loopback address.
    }
  }
  return '127.0.0.1'
}
