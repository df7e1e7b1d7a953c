import { textsOf } from '../fields.ts'
import { DnsApi } from './api.ts'
import { labelsIn, zoneFinder } from './name-servers.ts'
import type { CreateDnsProvider, DnsRecord } from './provider.ts'
import { Turns } from './turns.ts'

const ENDPOINT = 'https://api.gandi.net/v5/livedns'
const MIN_TTL = 300
const TIMEOUT_MS = 20 * 60_000
const INTERVAL_MS = 20_000
const HTTP_TIMEOUT_MS = 10_000
const PROVIDER = 'gandiv5'

/** Gandi's LiveDNS. Values of a name are changed all at once. */
export const createGandiV5: CreateDnsProvider = (ports) => {
  const { env, log, resolvers } = ports
  const key = env.text('GANDIV5_API_KEY')
  const token = env.text('GANDIV5_PERSONAL_ACCESS_TOKEN')
  if (key !== '') log.log('warn', 'gandiv5: GANDIV5_API_KEY is deprecated, use GANDIV5_PERSONAL_ACCESS_TOKEN')
  if (key === '' && token === '') {
    throw new Error('gandiv5: some credentials information are missing: GANDIV5_PERSONAL_ACCESS_TOKEN')
  }
  const ttl = env.number(MIN_TTL, 'GANDIV5_TTL')
  if (ttl < MIN_TTL) throw new Error(`gandiv5: invalid TTL, TTL (${ttl}) must be greater than ${MIN_TTL}`)
  const api = new DnsApi(
    {
      provider: PROVIDER,
      endpoint: ENDPOINT,
      timeoutMs: env.seconds(HTTP_TIMEOUT_MS, 'GANDIV5_HTTP_TIMEOUT'),
      headers: { authorization: token === '' ? `Apikey ${key}` : `Bearer ${token}` },
      secrets: [key, token],
    },
    ports,
  )
  const findZone = zoneFinder(PROVIDER, resolvers)
  const turns = new Turns()

  const change = async ({ fqdn, value }: DnsRecord, isNew: boolean, signal: AbortSignal): Promise<void> => {
    const zone = (await findZone(fqdn)).replace(/\.$/, '')
    const path = `/domains/${encodeURIComponent(zone)}/records/${encodeURIComponent(labelsIn(fqdn, zone))}/TXT`
    await turns.take(path, signal, async () => {
      const answer = await api.ask({ operation: 'read the records', method: 'GET', path, accept: [404] }, signal)
      const present = answer.status === 404 ? [] : textsOf(answer.json(), 'rrset_values')
      const others = present.filter((one) => one.replace(/^"|"$/g, '') !== value)
      if (isNew || others.length > 0) {
        if (!isNew && others.length === present.length) return
        const json = { rrset_ttl: ttl, rrset_values: isNew ? [value, ...others] : others }
        const operation = isNew ? 'create the record' : 'remove the record'
        await api.ask({ operation, method: 'PUT', path, json }, signal)
      } else if (present.length > 0) {
        await api.ask({ operation: 'delete the record', method: 'DELETE', path, accept: [404] }, signal)
      }
    })
  }

  return {
    present: (record, signal) => change(record, true, signal),
    cleanUp: (record, signal) => change(record, false, signal),
    timeoutMs: env.seconds(TIMEOUT_MS, 'GANDIV5_PROPAGATION_TIMEOUT'),
    intervalMs: env.seconds(INTERVAL_MS, 'GANDIV5_POLLING_INTERVAL'),
    sequenceMs: null,
  }
}
