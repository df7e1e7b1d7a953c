import { childOf, listOf, textOf } from '../fields.ts'
import { DnsApi } from './api.ts'
import { zoneFinder } from './name-servers.ts'
import { type CreateDnsProvider, DEFAULT_INTERVAL_MS, DEFAULT_TTL, type DnsRecord } from './provider.ts'
import { Turns } from './turns.ts'

const TIMEOUT_MS = 120_000
const HTTP_TIMEOUT_MS = 30_000
const PROVIDER = 'pdns'

/** PowerDNS by its API. Values of a name are changed all at once. */
export const createPowerDns: CreateDnsProvider = (ports) => {
  const { env, resolvers } = ports
  const [key = '', endpoint = ''] = env.neededAll(PROVIDER, ['PDNS_API_KEY'], ['PDNS_API_URL'])
  if (!/^https?:\/\//.test(endpoint)) throw new Error('pdns: PDNS_API_URL is no address of HTTP')
  const ttl = env.number(DEFAULT_TTL, 'PDNS_TTL')
  const server = env.text('PDNS_SERVER_NAME') || 'localhost'
  const api = new DnsApi(
    {
      provider: PROVIDER,
      endpoint,
      timeoutMs: env.seconds(HTTP_TIMEOUT_MS, 'PDNS_HTTP_TIMEOUT'),
      headers: { 'x-api-key': key },
      secrets: [key],
      said: (content) => textOf(content, 'error'),
    },
    ports,
  )
  const findZone = zoneFinder(PROVIDER, resolvers)
  const turns = new Turns()
  let version: number | null = env.number(0, 'PDNS_API_VERSION') || null

  /** Servers before 4.0 have no versions of their API. */
  const apiVersion = async (signal: AbortSignal): Promise<number> => {
    if (version !== null) return version
    const call = { operation: 'ask for its version', method: 'GET', path: '/api', accept: [404] } as const
    const answer = await api.ask(call, signal)
    const list = answer.status === 404 ? [] : answer.json()
    const known = Array.isArray(list) ? list.map((one) => Number(childOf(one, 'version'))) : []
    version = Math.max(0, ...known.filter(Number.isInteger))
    return version
  }

  const change = async ({ fqdn, value }: DnsRecord, isNew: boolean, signal: AbortSignal): Promise<void> => {
    const zoneName = await findZone(fqdn)
    const ofApi = await apiVersion(signal)
    const zones = `${ofApi > 0 ? `/api/v${ofApi}` : ''}/servers/${encodeURIComponent(server)}/zones`
    // The first versions want names without a dot at the end.
    const name = ofApi === 0 ? fqdn.replace(/\.$/, '') : fqdn
    await turns.take(fqdn, signal, async () => {
      const call = {
        operation: 'read the zone',
        method: 'GET',
        path: `${zones}/${encodeURIComponent(zoneName)}`,
      } as const
      const answer = await api.ask(call, signal)
      const zone = answer.json()
      const id = textOf(zone, 'id')
      if (id === '') throw answer.complaint(textOf(zone, 'error') || `zone ${zoneName} could not be found`)
      const present = recordsAt(zone, fqdn)
      const quoted = JSON.stringify(value)
      const others = present.filter((record) => textOf(record, 'content') !== quoted)
      if (!isNew && others.length === present.length) return
      const record = { content: quoted, disabled: false, type: 'TXT', name, ttl }
      const records = isNew ? [...others, record] : others
      const set =
        records.length === 0
          ? { name, type: 'TXT', changetype: 'DELETE' }
          : { name, type: 'TXT', kind: 'Master', changetype: 'REPLACE', ttl, records }
      const path = `${zones}/${encodeURIComponent(id).replaceAll('%3D', '=')}`
      const operation = isNew ? 'add the record' : 'remove the record'
      await api.ask({ operation, method: 'PATCH', path, json: { rrsets: [set] } }, signal)
      if (ofApi < 1 || !['Master', 'Slave'].includes(textOf(zone, 'kind'))) return
      const headers = { 'content-type': 'application/json' }
      await api.ask({ operation: 'notify the secondaries', method: 'PUT', path: `${path}/notify`, headers }, signal)
    })
  }

  return {
    present: (record, signal) => change(record, true, signal),
    cleanUp: (record, signal) => change(record, false, signal),
    timeoutMs: env.seconds(TIMEOUT_MS, 'PDNS_PROPAGATION_TIMEOUT'),
    intervalMs: env.seconds(DEFAULT_INTERVAL_MS, 'PDNS_POLLING_INTERVAL'),
    sequenceMs: null,
  }
}

/** TXT records of a name, as the server has them: the first versions list them one by one. */
function recordsAt(zone: unknown, fqdn: string): readonly unknown[] {
  const isMeant = (item: unknown): boolean =>
    textOf(item, 'type') === 'TXT' && textOf(item, 'name').replace(/\.$/, '') === fqdn.replace(/\.$/, '')
  return [
    ...listOf(zone, 'rrsets')
      .filter(isMeant)
      .flatMap((set) => listOf(set, 'records')),
    ...listOf(zone, 'records').filter(isMeant),
  ]
}
