import type { Api } from './server.ts'

export const DIGITALOCEAN_TOKEN = 'digitalocean-token'

export const digitalOcean: Api = ({ method, path, query, headers, body }, store) => {
  if (headers.authorization !== `Bearer ${DIGITALOCEAN_TOKEN}`) {
    return { status: 401, json: { id: 'unauthorized', message: 'Unable to authenticate you' } }
  }
  const records = '/v2/domains/zone.test/records'
  const missing = { status: 404, json: { id: 'not_found', message: 'The resource you requested could not be found.' } }
  if (path === records && method === 'POST') {
    const { name, data, ttl } = JSON.parse(body) as { name: string; data: string; ttl: number }
    const { id } = store.add(name, data, ttl)
    return { status: 201, json: { domain_record: { id, type: 'TXT', name, data, ttl } } }
  }
  if (path === records) {
    const found = store.at(query.get('name') ?? '').map(({ id, value }) => ({ id, type: 'TXT', data: value }))
    return { json: { domain_records: found, links: {}, meta: { total: found.length } } }
  }
  const [, id] = /^\/v2\/domains\/zone\.test\/records\/(\d+)$/.exec(path) ?? []
  return method === 'DELETE' && store.remove(Number(id)) ? { status: 204 } : missing
}
