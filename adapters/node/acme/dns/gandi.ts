import { childOf, escapedXml, parseXml, textOf, type XmlElement } from '../../../../src/compiler/discovery/ecs/xml.ts'
import { type DnsAnswer, DnsApi } from './api.ts'
import { labelsIn, zoneFinder } from './name-servers.ts'
import type { CreateDnsProvider } from './provider.ts'
import { Turns } from './turns.ts'

const ENDPOINT = 'https://rpc.gandi.net'
const PATH = '/xmlrpc/'
const MIN_TTL = 300
const TIMEOUT_MS = 40 * 60_000
const INTERVAL_MS = 60_000
const HTTP_TIMEOUT_MS = 60_000
const PROVIDER = 'gandi'

type Value = string | number | Readonly<Record<string, string | number>>

/** A zone that stands in for that of a domain while there are records in it. */
interface StandIn {
  readonly formerId: number
  readonly id: number
  /** Contents of our records in it. */
  readonly values: Set<string>
  /** Whether the domain has it. */
  isInForce: boolean
}

/**
 * Gandi's API of former times (XML-RPC), where zones have versions: a copy of the zone with our records stands in for it
 * until the last of them is not needed any more.
 */
export const createGandi: CreateDnsProvider = (ports) => {
  const { env, clock, resolvers } = ports
  const key = env.needed(PROVIDER, 'GANDI_API_KEY')
  const ttl = Math.max(MIN_TTL, env.number(MIN_TTL, 'GANDI_TTL'))
  const api = new DnsApi(
    {
      provider: PROVIDER,
      endpoint: ENDPOINT,
      timeoutMs: env.seconds(HTTP_TIMEOUT_MS, 'GANDI_HTTP_TIMEOUT'),
      headers: { accept: '*/*', 'content-type': 'text/xml' },
      secrets: [key],
    },
    ports,
  )
  const findZone = zoneFinder(PROVIDER, resolvers)
  const turns = new Turns()
  const standIns = new Map<string, StandIn>()

  const call = async (method: string, parameters: readonly Value[], signal: AbortSignal): Promise<RpcAnswer> => {
    const values = [key, ...parameters].map((value) => `<param>${rpcValue(value)}</param>`).join('')
    const text = `<?xml version="1.0" encoding="UTF-8"?>\n<methodCall><methodName>${method}</methodName><params>${values}</params></methodCall>`
    const answer = await api.ask({ operation: `call ${method}`, method: 'POST', path: PATH, text }, signal)
    return readRpc(answer)
  }

  const copyZone = async (zone: string, signal: AbortSignal): Promise<StandIn> => {
    const formerId = (await call('domain.info', [zone], signal)).member('zone_id')
    const name = `${zone.replace(/\.$/, '')} [ACME Challenge ${clock.date().toUTCString()}]`
    const id = (await call('domain.zone.clone', [formerId, 0, { name }], signal)).member('id')
    return { formerId, id, values: new Set(), isInForce: false }
  }

  const setZone = async (zone: string, id: number, signal: AbortSignal): Promise<void> => {
    const answer = await call('domain.zone.set', [zone, id], signal)
    if (answer.member('zone_id') !== id) throw answer.complaint('the zone is another one')
  }

  return {
    async present({ fqdn, value }, signal) {
      const zone = await findZone(fqdn)
      await turns.take(zone, signal, async () => {
        const standIn = standIns.get(zone) ?? (await copyZone(zone, signal))
        // From here on there is something to take away.
        standIns.set(zone, standIn)
        standIn.values.add(value)
        const version = (await call('domain.zone.version.new', [standIn.id], signal)).number()
        const record = { type: 'TXT', name: labelsIn(fqdn, zone), value, ttl }
        await call('domain.zone.record.add', [standIn.id, version, record], signal)
        const isSet = await call('domain.zone.version.set', [standIn.id, version], signal)
        if (!isSet.isTrue()) throw isSet.complaint('the version is not in force')
        if (!standIn.isInForce) await setZone(zone, standIn.id, signal)
        standIn.isInForce = true
      })
    },
    async cleanUp({ fqdn, value }, signal) {
      const zone = await findZone(fqdn)
      await turns.take(zone, signal, async () => {
        const standIn = standIns.get(zone)
        if (standIn === undefined || !standIn.values.delete(value) || standIn.values.size > 0) return
        await setZone(zone, standIn.formerId, signal)
        const isGone = await call('domain.zone.delete', [standIn.id], signal)
        if (!isGone.isTrue()) throw isGone.complaint('the zone is not deleted')
        standIns.delete(zone)
      })
    },
    timeoutMs: env.seconds(TIMEOUT_MS, 'GANDI_PROPAGATION_TIMEOUT'),
    intervalMs: env.seconds(INTERVAL_MS, 'GANDI_POLLING_INTERVAL'),
    sequenceMs: null,
  }
}

function rpcValue(value: Value): string {
  if (typeof value === 'number') return `<value><int>${value}</int></value>`
  if (typeof value === 'string') return `<value><string>${escapedXml(value)}</string></value>`
  const members = Object.entries(value).map(([name, one]) => `<member><name>${name}</name>${rpcValue(one)}</member>`)
  return `<value><struct>${members.join('')}</struct></value>`
}

interface RpcAnswer {
  /** A number of the struct that it is. @throws DnsApiError where it is not there */
  member(name: string): number
  /** @throws DnsApiError where it is no number but zero */
  number(): number
  isTrue(): boolean
  complaint(reason: string): Error
}

/** @throws DnsApiError with what the API says, or where it is no answer */
function readRpc(answer: DnsAnswer): RpcAnswer {
  const root = parseXml(answer.text())
  if (root?.name !== 'methodResponse') throw answer.complaint('the answer is none of this API')
  const fault = childOf(childOf(root, 'fault'), 'value')
  if (fault !== null) {
    const [code, said] = [memberOf(fault, 'faultCode'), memberOf(fault, 'faultString')]
    throw answer.complaint(`(${textOf(code, 'int')}) ${textOf(said, 'string') || (said?.text ?? '')}`)
  }
  const value = childOf(childOf(childOf(root, 'params'), 'param'), 'value')
  const complaint = (reason: string): Error => answer.complaint(reason)
  const positive = (text: string, what: string): number => {
    const number = Number(text)
    if (!Number.isInteger(number) || number <= 0) throw complaint(`the answer has no ${what}`)
    return number
  }
  return {
    member: (name) => positive(textOf(memberOf(value, name), 'int'), name),
    number: () => positive(textOf(value, 'int'), 'number'),
    isTrue: () => textOf(value, 'boolean') === '1',
    complaint,
  }
}

/** The value of a member of a struct; null: there is none. */
function memberOf(value: XmlElement | null, name: string): XmlElement | null {
  const members = childOf(value, 'struct')?.children ?? []
  return childOf(members.find((member) => textOf(member, 'name') === name) ?? null, 'value')
}
