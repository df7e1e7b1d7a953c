import type { Redis } from 'ioredis'
import type { HostPort } from '../../../../../src/compiler/planning/host-port.ts'
import { ProviderRefused } from '../../provider.ts'

/** Which of the servers that a Sentinel knows is read from. */
export type SentinelStrategy = 'master' | 'replica' | 'random' | 'latency'

export interface SentinelQuestion {
  readonly masterName: string
  readonly strategy: SentinelStrategy
  readonly useDisconnectedReplicas: boolean
}

/**
 * Asks a Sentinel where the servers are, those to be tried first in front.
 * @throws `ProviderRefused` where it does not know the master
 */
export async function serversBySentinel(sentinel: Redis, question: SentinelQuestion): Promise<readonly HostPort[]> {
  const { masterName, strategy } = question
  const master = (await sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', masterName)) as [string, string] | null
  if (master === null) throw new ProviderRefused(`Sentinel knows no master named ${JSON.stringify(masterName)}`)
  const first: HostPort = { host: master[0], port: Number(master[1]) }
  if (strategy === 'master') return [first]
  const replicas = shuffled(replicasIn(await sentinel.call('SENTINEL', 'REPLICAS', masterName), question))
  return strategy === 'replica' ? [...replicas, first] : shuffled([first, ...replicas])
}

/** Has `onChange` called when another server becomes the master. */
export async function watchMaster(sentinel: Redis, masterName: string, onChange: () => void): Promise<void> {
  sentinel.on('message', (_channel: string, message: string) => {
    if (message.split(' ')[0] === masterName) onChange()
  })
  await sentinel.subscribe('+switch-master')
}

/** Each replica is a flat list of names and values. */
function replicasIn(answer: unknown, { useDisconnectedReplicas }: SentinelQuestion): HostPort[] {
  const known = (Array.isArray(answer) ? answer : []).map((list: readonly string[]) => {
    const fields = new Map<string, string>()
    for (let at = 0; at + 1 < list.length; at += 2) fields.set(list[at]!, list[at + 1]!)
    return fields
  })
  const isUp = (flags: string) => !/s_down|o_down/.test(flags)
  const isConnected = (replica: ReadonlyMap<string, string>) =>
    !/disconnected/.test(replica.get('flags') ?? '') && replica.get('master-link-status') === 'ok'
  const up = known.filter((replica) => isUp(replica.get('flags') ?? ''))
  const connected = up.filter(isConnected)
  // One that lost its master may know old things.
  const chosen = connected.length === 0 && useDisconnectedReplicas ? up : connected
  return chosen.map((replica) => ({ host: replica.get('ip') ?? '', port: Number(replica.get('port')) }))
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, rank: Math.random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item)
}
