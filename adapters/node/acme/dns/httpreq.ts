import { type CreateDnsProvider, DEFAULT_INTERVAL_MS, DEFAULT_TIMEOUT_MS, type DnsRecord } from './provider.ts'

const HTTP_TIMEOUT_MS = 30_000
const MAX_BYTES = 64 * 1024

/** A service that puts records: `POST …/present` and `POST …/cleanup` with JSON. */
export const createHttpreq: CreateDnsProvider = ({ env, openApi }) => {
  const endpoint = env.needed('httpreq', 'HTTPREQ_ENDPOINT')
  if (!/^https?:\/\//.test(endpoint)) throw new Error('httpreq: HTTPREQ_ENDPOINT is no address of HTTP')
  const username = env.text('HTTPREQ_USERNAME')
  const password = env.text('HTTPREQ_PASSWORD')
  const isRaw = env.text('HTTPREQ_MODE') === 'RAW'
  const client = openApi({
    endpoint,
    timeoutMs: env.seconds(HTTP_TIMEOUT_MS, 'HTTPREQ_HTTP_TIMEOUT'),
    ...(username === '' || password === '' ? {} : { basicAuth: { username, password } }),
  })
  const bodyOf = ({ domain, fqdn, value, token, keyAuthorization }: DnsRecord): string =>
    JSON.stringify(isRaw ? { domain, token, keyAuth: keyAuthorization } : { fqdn, value })

  const post = async (path: string, record: DnsRecord, signal: AbortSignal): Promise<void> => {
    await client.request(path, {
      method: 'POST',
      body: bodyOf(record),
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      maxBytes: MAX_BYTES,
      signal,
    })
  }

  return {
    present: (record, signal) => post('/present', record, signal),
    cleanUp: (record, signal) => post('/cleanup', record, signal),
    timeoutMs: env.seconds(DEFAULT_TIMEOUT_MS, 'HTTPREQ_PROPAGATION_TIMEOUT'),
    intervalMs: env.seconds(DEFAULT_INTERVAL_MS, 'HTTPREQ_POLLING_INTERVAL'),
    sequenceMs: null,
  }
}
