import { createHash } from 'node:crypto'
import type { Api, ApiCall } from './server.ts'

export const OVH_KEYS = { key: 'ovh-key', secret: 'ovh-secret', consumer: 'ovh-consumer' } as const
export const OVH_CLIENT = { id: 'ovh-client', secret: 'ovh-client-secret' } as const
export const OVH_TOKEN = 'ovh-access-token'

/** Its clock is an hour ahead. */
const AHEAD_S = 3600
const seconds = (): number => Math.floor(Date.now() / 1000) + AHEAD_S

function isAllowed({ method, path, query, headers, body }: ApiCall): boolean {
  if (headers.authorization === `Bearer ${OVH_TOKEN}`) return true
  const { key, secret, consumer } = OVH_KEYS
  if (headers['x-ovh-application'] !== key || headers['x-ovh-consumer'] !== consumer) return false
  const time = String(headers['x-ovh-timestamp'])
  const url = `https://eu.api.ovh.com${path}${query.size === 0 ? '' : `?${query}`}`
  const digest = createHash('sha1').update([secret, consumer, method, url, body, time].join('+')).digest('hex')
  return headers['x-ovh-signature'] === `$1$${digest}` && Math.abs(Number(time) - seconds()) < 60
}

export const ovh: Api = (call, store) => {
  const { method, path, query, body } = call
  if (path === '/1.0/auth/time') return { json: seconds() }
  if (!isAllowed(call)) return { status: 403, json: { errorCode: 'INVALID_SIGNATURE', message: 'Invalid signature' } }
  const zone = '/1.0/domain/zone/zone.test'
  if (path === `${zone}/refresh` && method === 'POST') return { status: 200, text: 'null' }
  if (path === `${zone}/record` && method === 'POST') {
    const { subDomain, target, ttl } = JSON.parse(body) as { subDomain: string; target: string; ttl: number }
    const { id } = store.add(`${subDomain}.zone.test`, target, ttl)
    return { json: { id, zone: 'zone.test', subDomain, fieldType: 'TXT', target, ttl } }
  }
  if (path === `${zone}/record`) return { json: store.at(`${query.get('subDomain')}.zone.test`).map(({ id }) => id) }
  const [, id] = /^\/1\.0\/domain\/zone\/zone\.test\/record\/(\d+)$/.exec(path) ?? []
  const record = store.byId(Number(id))
  if (record === null) return { status: 404, json: { message: 'The requested object does not exist' } }
  if (method === 'GET') return { json: { id: record.id, target: record.value } }
  store.remove(record.id)
  return { text: 'null' }
}

export const ovhTokens: Api = ({ headers, body }) => {
  const basic = `Basic ${Buffer.from(`${OVH_CLIENT.id}:${OVH_CLIENT.secret}`).toString('base64')}`
  const form = new URLSearchParams(body)
  if (
    headers.authorization !== basic ||
    form.get('grant_type') !== 'client_credentials' ||
    form.get('scope') !== 'all'
  ) {
    return { status: 401, json: { error: 'invalid_client', error_description: 'Client authentication failed' } }
  }
  return { json: { access_token: OVH_TOKEN, token_type: 'Bearer', expires_in: 3599 } }
}
