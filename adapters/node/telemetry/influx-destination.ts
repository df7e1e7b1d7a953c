import { createApiClient } from '../providers/api-client/client.ts'
import type { Destination } from './pusher.ts'

export interface InfluxOptions {
  /** URL of the server. */
  readonly address: string
  readonly org: string
  readonly bucket: string
  readonly token: string
}

/** Lines that are sent in one request. */
const AT_ONCE = 5_000

/** InfluxDB 2's interface for writing. @throws Error where the address is none */
export function influxDestination({ address, org, bucket, token }: InfluxOptions): Destination {
  const client = createApiClient({
    endpoint: address,
    headers: { authorization: `Token ${token}`, 'content-type': 'text/plain; charset=utf-8' },
    maxSockets: 1,
  })
  return {
    name: client.peer,
    async send(lines, signal) {
      for (let i = 0; i < lines.length; i += AT_ONCE) {
        const body = `${lines.slice(i, i + AT_ONCE).join('\n')}\n`
        const query = { org, bucket, precision: 'ns' }
        await client.request('/api/v2/write', { method: 'POST', query, body, signal, maxBytes: 65_536 })
      }
    },
    close: () => client.close(),
  }
}
