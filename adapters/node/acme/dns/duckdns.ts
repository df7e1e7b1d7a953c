import { DnsApi } from './api.ts'
import { type CreateDnsProvider, DEFAULT_INTERVAL_MS, DEFAULT_TIMEOUT_MS, type DnsRecord } from './provider.ts'

const ENDPOINT = 'https://www.duckdns.org'
const HTTP_TIMEOUT_MS = 30_000
const PROVIDER = 'duckdns'
const LABELS = 3

/** DuckDNS: a domain has one TXT record, and all names below share it, so that names are proved one after the other. */
export const createDuckDns: CreateDnsProvider = (ports) => {
  const { env } = ports
  const token = env.needed(PROVIDER, 'DUCKDNS_TOKEN')
  const api = new DnsApi(
    {
      provider: PROVIDER,
      endpoint: ENDPOINT,
      timeoutMs: env.seconds(HTTP_TIMEOUT_MS, 'DUCKDNS_HTTP_TIMEOUT'),
      headers: { accept: '*/*' },
      secrets: [token],
    },
    ports,
  )

  const update = async (
    operation: string,
    { fqdn }: DnsRecord,
    txt: string,
    isCleared: boolean,
    signal: AbortSignal,
  ): Promise<void> => {
    const query = { domains: mainDomain(fqdn), token, clear: isCleared, txt }
    const answer = await api.ask({ operation, method: 'GET', path: '/update', query }, signal)
    // A refusal has the status 200 too.
    if (answer.text().trim() !== 'OK') throw answer.complaint(`the answer is not OK: ${answer.text().slice(0, 20)}`)
  }

  return {
    present: (record, signal) => update('set the record', record, record.value, false, signal),
    cleanUp: (record, signal) => update('clear the record', record, '', true, signal),
    timeoutMs: env.seconds(DEFAULT_TIMEOUT_MS, 'DUCKDNS_PROPAGATION_TIMEOUT'),
    intervalMs: env.seconds(DEFAULT_INTERVAL_MS, 'DUCKDNS_POLLING_INTERVAL'),
    sequenceMs: env.seconds(DEFAULT_TIMEOUT_MS, 'DUCKDNS_SEQUENCE_INTERVAL'),
  }
}

/** Records are those of `NAME.duckdns.org`. @throws Error where the name is none of theirs */
function mainDomain(fqdn: string): string {
  const labels = fqdn.toLowerCase().replace(/\.$/, '').split('.')
  if (labels.length < LABELS || labels.slice(-2).join('.') !== 'duckdns.org') {
    throw new Error(`duckdns: ${fqdn} is no name below a domain of duckdns.org`)
  }
  return labels.slice(-LABELS).join('.')
}
