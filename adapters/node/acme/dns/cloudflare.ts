import { childOf, listOf, textOf } from '../fields.ts'
import { DnsApi } from './api.ts'
import type { Environment } from './environment.ts'
import { zoneFinder } from './name-servers.ts'
import { type CreateDnsProvider, DEFAULT_INTERVAL_MS, type DnsRecord } from './provider.ts'

const ENDPOINT = 'https://api.cloudflare.com/client/v4'
const MIN_TTL = 120
const TIMEOUT_MS = 120_000
const HTTP_TIMEOUT_MS = 30_000
const PROVIDER = 'cloudflare'

/** Both prefixes are lego's. */
const variable = (name: string): readonly string[] => [`CLOUDFLARE_${name}`, `CF_${name}`]

/** Cloudflare, by tokens or by the key of an account. */
export const createCloudflare: CreateDnsProvider = (ports) => {
  const { env, resolvers } = ports
  const { edit, read, secrets } = credentialsOf(env)
  const ttl = env.number(MIN_TTL, ...variable('TTL'))
  if (ttl < MIN_TTL) throw new Error(`cloudflare: invalid TTL, TTL (${ttl}) must be greater than ${MIN_TTL}`)
  const options = {
    provider: PROVIDER,
    endpoint: env.text('CLOUDFLARE_BASE_URL') || ENDPOINT,
    timeoutMs: env.seconds(HTTP_TIMEOUT_MS, ...variable('HTTP_TIMEOUT')),
    secrets,
    said: errorsIn,
  }
  const editor = new DnsApi({ ...options, headers: edit }, ports)
  const reader = new DnsApi({ ...options, headers: read }, ports)
  const findZone = zoneFinder(PROVIDER, resolvers)
  const zoneIds = new Map<string, string>()
  /** Of records that stand, by their content. */
  const recordIds = new Map<string, string>()

  const zoneId = async (zone: string, signal: AbortSignal): Promise<string> => {
    const known = zoneIds.get(zone)
    if (known !== undefined) return known
    const name = zone.replace(/\.$/, '')
    const call = { operation: 'find the zone', method: 'GET', path: '/zones', query: { name, per_page: 50 } } as const
    const answer = await reader.ask(call, signal)
    const ids = listOf(answer.json(), 'result').map((found) => textOf(found, 'id'))
    if (ids.length > 1) throw answer.complaint(`there are several zones ${name}: a token of one account might help`)
    if (ids[0] === undefined || ids[0] === '') throw answer.complaint(`zone ${name} could not be found`)
    zoneIds.set(zone, ids[0])
    return ids[0]
  }

  const pathOf = async (fqdn: string, signal: AbortSignal): Promise<string> =>
    `/zones/${encodeURIComponent(await zoneId(await findZone(fqdn), signal))}/dns_records`

  /** For those whose answer did not arrive. */
  const search = async (path: string, { fqdn, value }: DnsRecord, signal: AbortSignal): Promise<readonly string[]> => {
    const query = { type: 'TXT', name: fqdn.replace(/\.$/, ''), per_page: 100 }
    const answer = await editor.ask({ operation: 'look for the record', method: 'GET', path, query }, signal)
    return listOf(answer.json(), 'result')
      .filter((found) => textOf(found, 'content').replace(/^"|"$/g, '') === value)
      .map((found) => textOf(found, 'id'))
  }

  return {
    async present(record, signal) {
      const { fqdn, value } = record
      const path = await pathOf(fqdn, signal)
      const json = { type: 'TXT', name: fqdn.replace(/\.$/, ''), content: `"${value}"`, ttl }
      const answer = await editor.ask({ operation: 'create the record', method: 'POST', path, json }, signal)
      const id = textOf(childOf(answer.json(), 'result'), 'id')
      if (id === '') throw answer.complaint(errorsIn(answer.json()) || 'the answer names no record')
      recordIds.set(value, id)
    },
    async cleanUp(record, signal) {
      const path = await pathOf(record.fqdn, signal)
      const known = recordIds.get(record.value)
      for (const id of known === undefined ? await search(path, record, signal) : [known]) {
        const one = `${path}/${encodeURIComponent(id)}`
        await editor.ask({ operation: 'delete the record', method: 'DELETE', path: one, accept: [404] }, signal)
      }
      recordIds.delete(record.value)
    },
    timeoutMs: env.seconds(TIMEOUT_MS, ...variable('PROPAGATION_TIMEOUT')),
    intervalMs: env.seconds(DEFAULT_INTERVAL_MS, ...variable('POLLING_INTERVAL')),
    sequenceMs: null,
  }
}

type Headers = Readonly<Record<string, string>>

/** Zones may be found by another token than that which changes records. */
function credentialsOf(env: Environment): {
  readonly edit: Headers
  readonly read: Headers
  readonly secrets: readonly string[]
} {
  const email = env.text('CLOUDFLARE_EMAIL', 'CF_API_EMAIL')
  const key = env.text(...variable('API_KEY'))
  if (email !== '' && key !== '') {
    const headers = { 'x-auth-email': email, 'x-auth-key': key }
    return { edit: headers, read: headers, secrets: [key] }
  }
  const token = env.text(...variable('DNS_API_TOKEN'))
  if (token === '') {
    throw new Error(
      'cloudflare: some credentials information are missing: CLOUDFLARE_DNS_API_TOKEN, or CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY',
    )
  }
  const zoneToken = env.text(...variable('ZONE_API_TOKEN')) || token
  return {
    edit: { authorization: `Bearer ${token}` },
    read: { authorization: `Bearer ${zoneToken}` },
    secrets: [token, zoneToken],
  }
}

const errorsIn = (content: unknown): string =>
  [...listOf(content, 'errors')]
    .flatMap((error) => [error, ...listOf(error, 'error_chain')])
    .map((error) => `${Number(childOf(error, 'code'))}: ${textOf(error, 'message')}`)
    .join('; ')
