import type { Api } from './server.ts'

export const HETZNER_TOKEN = 'hetzner-token'
export const HETZNER_KEY = 'hetzner-key'

const ZONE = 'zone.test'

export const hetznerCloud: Api = ({ method, path, headers, body }, store) => {
  const error = (status: number, code: string, message: string) => ({
    status,
    json: { error: { code, message, details: {} } },
  })
  if (headers.authorization !== `Bearer ${HETZNER_TOKEN}`) {
    return error(401, 'unauthorized', 'the token you provided is invalid')
  }
  const [, action] = /^\/v1\/actions\/(\d+)$/.exec(path) ?? []
  // An action is seen to run once.
  if (action !== undefined) {
    const isFirst = store.texts('actions.test').includes(action)
    if (isFirst) store.set('actions.test', [], 0)
    return {
      json: { action: { id: Number(action), status: isFirst ? 'running' : 'success', progress: 50, error: null } },
    }
  }
  const [, labels, change] =
    /^\/v1\/zones\/zone\.test\/rrsets\/([^/]+)\/TXT\/actions\/(add|remove)_records$/.exec(path) ?? []
  if (labels === undefined || method !== 'POST') return error(404, 'not_found', 'zone not found')
  const { records, ttl = 0 } = JSON.parse(body) as { records: { value: string }[]; ttl?: number }
  const name = `${decodeURIComponent(labels)}.${ZONE}`
  for (const { value } of records) {
    if (change === 'add') store.add(name, value, ttl)
    else {
      const found = store.at(name).find((record) => JSON.stringify(record.value) === value)
      if (found === undefined) return error(404, 'not_found', 'record not found')
      store.remove(found.id)
    }
  }
  store.set('actions.test', ['7'], 0)
  return { status: 201, json: { action: { id: 7, command: 'change', status: 'running', progress: 0, error: null } } }
}

export const hetznerFormer: Api = ({ method, path, query, headers, body }, store) => {
  if (headers['auth-api-token'] !== HETZNER_KEY)
    return { status: 401, json: { message: 'Invalid authentication credentials' } }
  if (path === '/api/v1/zones') {
    const zones = query.get('name') === ZONE ? [{ id: 'z1', name: ZONE }] : []
    return { status: zones.length === 0 ? 404 : 200, json: { zones } }
  }
  if (path === '/api/v1/records' && method === 'POST') {
    const { name, value, ttl } = JSON.parse(body) as { name: string; value: string; ttl: number }
    return { json: { record: { id: `r${store.add(`${name}.${ZONE}`, value, ttl).id}` } } }
  }
  if (path === '/api/v1/records') {
    const records = store.all.map(({ id, name, value }) => ({
      id: `r${id}`,
      name: name.replace(`.${ZONE}`, ''),
      type: 'TXT',
      value,
    }))
    return { json: { records } }
  }
  const [, id] = /^\/api\/v1\/records\/r(\d+)$/.exec(path) ?? []
  return method === 'DELETE' && store.remove(Number(id)) ? {} : { status: 404, json: { message: 'record not found' } }
}
