import { childOf, listOf, textOf } from '../fields.ts'
import { DnsApi } from './api.ts'
import { zoneFinder } from './name-servers.ts'
import { type CreateDnsProvider, DEFAULT_TIMEOUT_MS, type DnsRecord } from './provider.ts'

const ENDPOINT = 'https://api.digitalocean.com'
const TTL = 30
const INTERVAL_MS = 5_000
const HTTP_TIMEOUT_MS = 30_000
const PROVIDER = 'digitalocean'

/** DigitalOcean. */
export const createDigitalOcean: CreateDnsProvider = (ports) => {
  const { env, resolvers } = ports
  const token = env.needed(PROVIDER, 'DO_AUTH_TOKEN')
  const ttl = env.number(TTL, 'DO_TTL')
  const api = new DnsApi(
    {
      provider: PROVIDER,
      endpoint: env.text('DO_API_URL') || ENDPOINT,
      timeoutMs: env.seconds(HTTP_TIMEOUT_MS, 'DO_HTTP_TIMEOUT'),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      secrets: [token],
    },
    ports,
  )
  const findZone = zoneFinder(PROVIDER, resolvers)
  /** Of records that stand, by their content. */
  const recordIds = new Map<string, number>()

  const pathOf = async (fqdn: string): Promise<string> =>
    `/v2/domains/${encodeURIComponent((await findZone(fqdn)).replace(/\.$/, ''))}/records`

  /** For those whose answer did not arrive. */
  const search = async (path: string, { fqdn, value }: DnsRecord, signal: AbortSignal): Promise<readonly number[]> => {
    const query = { type: 'TXT', name: fqdn.replace(/\.$/, ''), per_page: 200 }
    const answer = await api.ask({ operation: 'look for the record', method: 'GET', path, query }, signal)
    return listOf(answer.json(), 'domain_records')
      .filter((found) => textOf(found, 'data') === value)
      .map((found) => Number(childOf(found, 'id')))
  }

  return {
    async present({ fqdn, value }, signal) {
      const json = { type: 'TXT', name: fqdn, data: value, ttl }
      const path = await pathOf(fqdn)
      const answer = await api.ask({ operation: 'create the record', method: 'POST', path, json }, signal)
      const id = childOf(childOf(answer.json(), 'domain_record'), 'id')
      if (typeof id !== 'number') throw answer.complaint('the answer names no record')
      recordIds.set(value, id)
    },
    async cleanUp(record, signal) {
      const path = await pathOf(record.fqdn)
      const known = recordIds.get(record.value)
      for (const id of known === undefined ? await search(path, record, signal) : [known]) {
        const operation = 'delete the record'
        await api.ask({ operation, method: 'DELETE', path: `${path}/${id}`, accept: [404] }, signal)
      }
      recordIds.delete(record.value)
    },
    timeoutMs: env.seconds(DEFAULT_TIMEOUT_MS, 'DO_PROPAGATION_TIMEOUT'),
    intervalMs: env.seconds(INTERVAL_MS, 'DO_POLLING_INTERVAL'),
    sequenceMs: null,
  }
}
