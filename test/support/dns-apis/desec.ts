import type { Api } from './server.ts'

export const DESEC_TOKEN = 'desec-token'

const ZONE = 'zone.test'

export const desec: Api = ({ method, path, query, headers, body }, store) => {
  if (headers.authorization !== `Token ${DESEC_TOKEN}`) return { status: 401, json: { detail: 'Invalid token.' } }
  if (path === '/api/v1/domains/') {
    return { json: query.get('owns_qname')?.endsWith(`.${ZONE}`) === true ? [{ name: ZONE, minimum_ttl: 3600 }] : [] }
  }
  if (path === `/api/v1/domains/${ZONE}/rrsets/` && method === 'POST') {
    const { subname, records, ttl } = JSON.parse(body) as { subname: string; records: string[]; ttl: number }
    store.set(`${subname}.${ZONE}`, records, ttl)
    return { status: 201, json: { subname, records, ttl } }
  }
  const [, labels] = /^\/api\/v1\/domains\/zone\.test\/rrsets\/([^/]+)\/TXT\/$/.exec(path) ?? []
  const name = `${labels}.${ZONE}`
  const present = store.at(name)
  if (labels === undefined || present.length === 0) return { status: 404, json: { detail: 'Not found.' } }
  if (method === 'PATCH') {
    const { records } = JSON.parse(body) as { records: string[] }
    store.set(name, records, present[0]!.ttl)
    if (records.length === 0) return { status: 204 }
  }
  return {
    json: { subname: labels, type: 'TXT', records: store.texts(name).map((value) => JSON.stringify(value)), ttl: 3600 },
  }
}
