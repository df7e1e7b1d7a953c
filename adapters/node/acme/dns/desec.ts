import { textOf, textsOf } from '../fields.ts'
import { DnsApi } from './api.ts'
import { labelsIn } from './name-servers.ts'
import type { CreateDnsProvider, DnsRecord } from './provider.ts'
import { Turns } from './turns.ts'

const ENDPOINT = 'https://desec.io/api/v1'
const TTL = 3600
const TIMEOUT_MS = 120_000
const INTERVAL_MS = 4_000
const HTTP_TIMEOUT_MS = 30_000
const PROVIDER = 'desec'

/** deSEC, which says itself which zone a name belongs to. Values of a name are changed all at once. */
export const createDesec: CreateDnsProvider = (ports) => {
  const { env } = ports
  const token = env.needed(PROVIDER, 'DESEC_TOKEN')
  const ttl = env.number(TTL, 'DESEC_TTL')
  const api = new DnsApi(
    {
      provider: PROVIDER,
      endpoint: ENDPOINT,
      timeoutMs: env.seconds(HTTP_TIMEOUT_MS, 'DESEC_HTTP_TIMEOUT'),
      headers: { authorization: `Token ${token}`, 'content-type': 'application/json' },
      secrets: [token],
      said: (content) => textOf(content, 'detail'),
    },
    ports,
  )
  const turns = new Turns()

  const zoneOf = async (fqdn: string, signal: AbortSignal): Promise<string> => {
    const owns_qname = fqdn.replace(/\.$/, '')
    const call = { operation: 'find the zone', method: 'GET', path: '/domains/', query: { owns_qname } } as const
    const answer = await api.ask(call, signal)
    const domains = answer.json()
    const name = textOf(Array.isArray(domains) ? domains[0] : undefined, 'name')
    if (name === '') throw answer.complaint(`no domain of the account owns ${owns_qname}`)
    return name
  }

  const change = async ({ fqdn, value }: DnsRecord, isNew: boolean, signal: AbortSignal): Promise<void> => {
    const zone = await zoneOf(fqdn, signal)
    const subname = labelsIn(fqdn, zone)
    const sets = `/domains/${encodeURIComponent(zone)}/rrsets/`
    const path = `${sets}${encodeURIComponent(subname)}/TXT/`
    const quoted = JSON.stringify(value)
    await turns.take(path, signal, async () => {
      const answer = await api.ask({ operation: 'read the records', method: 'GET', path, accept: [404] }, signal)
      const isThere = answer.status !== 404
      if (!isThere && !isNew) return
      if (!isThere) {
        const json = { domain: zone, subname, type: 'TXT', records: [quoted], ttl }
        await api.ask({ operation: 'create the record', method: 'POST', path: sets, json }, signal)
        return
      }
      const present = textsOf(answer.json(), 'records')
      const others = present.filter((one) => one !== quoted)
      if (!isNew && others.length === present.length) return
      const json = { records: isNew ? [...others, quoted] : others }
      const operation = isNew ? 'add the record' : 'remove the record'
      await api.ask({ operation, method: 'PATCH', path, json }, signal)
    })
  }

  return {
    present: (record, signal) => change(record, true, signal),
    cleanUp: (record, signal) => change(record, false, signal),
    timeoutMs: env.seconds(TIMEOUT_MS, 'DESEC_PROPAGATION_TIMEOUT'),
    intervalMs: env.seconds(INTERVAL_MS, 'DESEC_POLLING_INTERVAL'),
    sequenceMs: null,
  }
}
