import { ApiError, CloudflareApi } from './cloudflare-api.ts'
import { EdgeError } from './edge-error.ts'
import type { KvKey, KvNamespace } from './kv-namespace.ts'

/** What the API says of a namespace that is not there. */
const NO_NAMESPACE = 10013

/**
 * A namespace through Cloudflare's REST API.
 * @param note is told of waits, a line each
 * @throws EdgeError, also for calls that fail
 */
export function restNamespace(namespaceId: string, env: NodeJS.ProcessEnv, note: (text: string) => void): KvNamespace {
  const api = new CloudflareApi(env, note)
  const base = `/storage/kv/namespaces/${encodeURIComponent(namespaceId)}`
  const pathOf = (key: string) => `${base}/values/${encodeURIComponent(key)}`

  /** @param whenGone the answer for a key that is not there; absent: it must be */
  const call = async <T>(request: () => Promise<T>, whenGone?: T): Promise<T> => {
    try {
      return await request()
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error
      if (whenGone !== undefined && !error.codes.includes(NO_NAMESPACE)) return whenGone
      throw new EdgeError(
        `${error.message}\nThe account ${api.account} (CLOUDFLARE_ACCOUNT_ID) has no KV namespace ${namespaceId}: \`wrangler kv namespace list\` shows those that it has`,
      )
    }
  }

  return {
    title: `KV namespace ${namespaceId}`,
    get: (key) =>
      call<Uint8Array | null>(
        async () => new Uint8Array(await (await api.call(pathOf(key), { method: 'GET' })).arrayBuffer()),
        null,
      ),
    put: (key, value, { metadata, ttlSeconds } = {}) =>
      call(async () => {
        const body = new FormData()
        body.set('value', new Blob([Uint8Array.from(typeof value === 'string' ? Buffer.from(value) : value)]))
        body.set('metadata', JSON.stringify(metadata ?? {}))
        const query = ttlSeconds === undefined ? '' : `?expiration_ttl=${ttlSeconds}`
        await api.call(pathOf(key) + query, { method: 'PUT', body })
      }),
    delete: (key) =>
      call<true>(async () => {
        await api.call(pathOf(key), { method: 'DELETE' })
        return true
      }, true).then(() => {}),
    list: (prefix) =>
      call(async () => {
        const keys: KvKey[] = []
        let cursor = ''
        do {
          const query = new URLSearchParams({ prefix, limit: '1000', ...(cursor === '' ? {} : { cursor }) })
          const page = (await (await api.call(`${base}/keys?${query}`, { method: 'GET' })).json()) as Page
          for (const { name, metadata = null } of page.result ?? []) keys.push({ name, metadata })
          const next = page.result_info?.cursor ?? ''
          // One that stays the same would go on for ever.
          cursor = next === cursor ? '' : next
        } while (cursor !== '')
        return keys
      }),
    now: () => api.now(),
    async close() {
      // Connections are fetch's.
    },
  }
}

interface Page {
  readonly result?: readonly { readonly name: string; readonly metadata?: unknown }[]
  readonly result_info?: { readonly cursor?: string }
}
