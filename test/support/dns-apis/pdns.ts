import type { Api } from './server.ts'

export const PDNS_KEY = 'pdns-key'

const ZONE = '/api/v1/servers/localhost/zones/zone.test.'

export const powerDns: Api = ({ method, path, headers, body }, store) => {
  if (headers['x-api-key'] !== PDNS_KEY) return { status: 401, text: 'Unauthorized' }
  if (path === '/api') return { json: [{ url: '/api/v1', version: 1 }] }
  if (!path.startsWith(ZONE)) return { status: 404, json: { error: 'Not Found' } }
  if (path === `${ZONE}/notify`) return { json: { result: 'Notification queued' } }
  if (method === 'PATCH') {
    interface Set {
      name: string
      changetype: string
      ttl: number
      records?: { content: string }[]
    }
    for (const { name, ttl, changetype, records = [] } of (JSON.parse(body) as { rrsets: Set[] }).rrsets) {
      store.set(name, changetype === 'DELETE' ? [] : records.map(({ content }) => content), ttl)
    }
    return { status: 204 }
  }
  const names = [...new Set(store.all.map(({ name }) => name))]
  const rrsets = names.map((name) => ({
    name: `${name}.`,
    type: 'TXT',
    ttl: store.at(name)[0]!.ttl,
    records: store.texts(name).map((value) => ({ content: `"${value}"`, disabled: false })),
  }))
  return { json: { id: 'zone.test.', name: 'zone.test.', kind: 'Master', url: ZONE, rrsets } }
}
