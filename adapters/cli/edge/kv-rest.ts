import { EdgeError } from './edge-error.ts'
import type { KvNamespace } from './publish.ts'

const DEFAULT_API = 'https://api.cloudflare.com/client/v4'

/** A call that takes longer has failed. */
const TIMEOUT_MS = 60_000

/**
 * A namespace through Cloudflare's REST API. `CLOUDFLARE_API_TOKEN` and `CLOUDFLARE_ACCOUNT_ID` say who we are,
 * `CLOUDFLARE_API_BASE_URL` where the API is.
 * @throws EdgeError, also for calls that fail; the token is never in a message
 */
export function restNamespace(namespaceId: string, env: NodeJS.ProcessEnv): KvNamespace {
  const token = wanted(env, 'CLOUDFLARE_API_TOKEN')
  const account = wanted(env, 'CLOUDFLARE_ACCOUNT_ID')
  const api = (env.CLOUDFLARE_API_BASE_URL || DEFAULT_API).replace(/\/$/, '')
  const base = `${api}/accounts/${encodeURIComponent(account)}/storage/kv/namespaces/${encodeURIComponent(namespaceId)}`

  const call = async (path: string, init: RequestInit): Promise<Response> => {
    try {
      return await fetch(base + path, {
        ...init,
        headers: { Authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
    } catch (error) {
      const cause = (error as Error).cause
      throw new EdgeError(
        `Cloudflare's API can't be reached: ${cause instanceof Error ? cause.message : (error as Error).message}`,
      )
    }
  }
  const pathOf = (key: string) => `/values/${encodeURIComponent(key)}`

  return {
    title: `KV namespace ${namespaceId}`,
    async get(key) {
      const response = await call(pathOf(key), { method: 'GET' })
      if (response.status === 404) return null
      if (!response.ok) throw await refused(response)
      return new Uint8Array(await response.arrayBuffer())
    },
    async put(key, value, { metadata, ttlSeconds } = {}) {
      const form = new FormData()
      form.set('value', new Blob([Uint8Array.from(typeof value === 'string' ? Buffer.from(value) : value)]))
      form.set('metadata', JSON.stringify(metadata ?? {}))
      const query = ttlSeconds === undefined ? '' : `?expiration_ttl=${ttlSeconds}`
      const response = await call(pathOf(key) + query, { method: 'PUT', body: form })
      if (!response.ok) throw await refused(response)
    },
    async list(prefix) {
      const names: string[] = []
      let cursor = ''
      do {
        const query = new URLSearchParams({ prefix, limit: '1000', ...(cursor === '' ? {} : { cursor }) })
        const response = await call(`/keys?${query}`, { method: 'GET' })
        if (!response.ok) throw await refused(response)
        const page = (await response.json()) as { result?: { name: string }[]; result_info?: { cursor?: string } }
        for (const { name } of page.result ?? []) names.push(name)
        cursor = page.result_info?.cursor ?? ''
      } while (cursor !== '')
      return names
    },
  }
}

function wanted(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name]
  if (value === undefined || value === '') throw new EdgeError(`${name} is not set (or use --local)`)
  return value
}

async function refused(response: Response): Promise<EdgeError> {
  const text = await response.text()
  let message = ''
  try {
    const { errors } = JSON.parse(text) as { errors?: { code?: number; message?: string }[] }
    message = (errors ?? []).map((error) => `${error.message ?? ''} [${error.code ?? '?'}]`).join('; ')
  } catch {
    // A gateway in between answered: the status says enough.
  }
  return new EdgeError(`Cloudflare's API answered ${response.status}${message === '' ? '' : `: ${message}`}`)
}
