import type { Api, ApiReply } from './server.ts'

export const CLOUDFLARE_TOKEN = 'cloudflare-token-1'
export const CLOUDFLARE_ZONE_TOKEN = 'cloudflare-token-2'
export const CLOUDFLARE_KEY = 'cloudflare-key'

const ok = (result: unknown): ApiReply => ({ json: { success: true, errors: [], messages: [], result } })
const refused = (status: number, code: number, message: string): ApiReply => ({
  status,
  json: { success: false, errors: [{ code, message }], messages: [], result: null },
})

export const cloudflare: Api = ({ method, path, query, headers, body }, store) => {
  const isAllowed =
    [CLOUDFLARE_TOKEN, CLOUDFLARE_ZONE_TOKEN].some((token) => headers.authorization === `Bearer ${token}`) ||
    (headers['x-auth-key'] === CLOUDFLARE_KEY && headers['x-auth-email'] === 'a@b.test')
  if (!isAllowed) return refused(403, 9109, 'Invalid access token')
  if (path === '/client/v4/zones') {
    return ok(query.get('name') === 'zone.test' ? [{ id: 'zone-id', name: 'zone.test' }] : [])
  }
  const records = '/client/v4/zones/zone-id/dns_records'
  if (path === records && method === 'POST') {
    const { name, content, ttl } = JSON.parse(body) as { name: string; content: string; ttl: number }
    return ok({ id: `r${store.add(name, content, ttl).id}`, name, content, ttl, type: 'TXT' })
  }
  if (path === records) {
    return ok(
      store.at(query.get('name')!).map(({ id, name, value }) => ({ id: `r${id}`, name, content: `"${value}"` })),
    )
  }
  const [, id] = /^\/client\/v4\/zones\/zone-id\/dns_records\/r(\d+)$/.exec(path) ?? []
  if (method !== 'DELETE' || !store.remove(Number(id))) return refused(404, 81044, 'Record does not exist.')
  return ok({ id: `r${id}` })
}
