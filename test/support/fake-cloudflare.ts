import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** As much of Cloudflare's API as `wrangler deploy`, `wrangler kv namespace create` and our commands ask. */
export interface FakeCloudflare {
  /** For `CLOUDFLARE_API_BASE_URL`. */
  readonly url: string
  /** Values by namespace id and key. */
  readonly namespaces: ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>
  /** Names of Workers that were deployed. */
  readonly deployed: ReadonlySet<string>
  close(): void
}

/** An account `account` that takes the token `token`. */
export async function fakeCloudflare(): Promise<FakeCloudflare> {
  const namespaces = new Map<string, Map<string, Uint8Array>>()
  const deployed = new Set<string>()
  const server = createServer(async (request, response) => {
    const body = await buffer(request)
    const { pathname, searchParams } = new URL(request.url!, 'http://api')
    const inAccount = pathname.replace('/accounts/account', '')
    if (request.headers.authorization !== 'Bearer token') return answer(response, 403, 'Authentication error')
    if (inAccount.startsWith('/storage/kv/')) {
      await answerKv(namespaces, inAccount, searchParams, request, body, response)
      return
    }
    const [, name = ''] = /^\/workers\/(?:scripts|services|workers)\/([^/]+)/.exec(inAccount) ?? []
    const isScript = inAccount === `/workers/scripts/${name}`
    if (isScript && request.method === 'PUT') deployed.add(name)
    if (!deployed.has(name) && request.method === 'GET') return answer(response, 404, 'This Worker does not exist')
    answer(response, 200, workerResult(inAccount))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    namespaces,
    deployed,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function workerResult(path: string): unknown {
  if (path.endsWith('/deployments')) return { deployments: [] }
  if (path.endsWith('/versions')) return { items: [] }
  if (path.endsWith('/changeset')) return { added: [], removed: [], updated: [], conflicting: [] }
  if (path.endsWith('/secrets')) return []
  if (path.startsWith('/workers/workers/'))
    return { subdomain: { enabled: false, previews_enabled: false }, observability: { enabled: true }, tags: [] }
  return { id: 'id', startup_time_ms: 3, default_environment: { script: {} } }
}

async function answerKv(
  namespaces: Map<string, Map<string, Uint8Array>>,
  path: string,
  query: URLSearchParams,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  const [, id, what, name = ''] = /^\/storage\/kv\/namespaces(?:\/([0-9a-f]+)\/(\w+)(?:\/(.+))?)?$/.exec(path) ?? []
  if (id === undefined) {
    if (request.method === 'GET')
      return answer(
        response,
        200,
        [...namespaces.keys()].map((each) => ({ id: each })),
      )
    const made = randomBytes(16).toString('hex')
    namespaces.set(made, new Map())
    return answer(response, 200, { id: made, title: JSON.parse(body.toString()).title })
  }
  const values = namespaces.get(id)
  if (values === undefined) return answer(response, 404, 'namespace not found')
  if (what === 'keys') {
    const names = [...values.keys()].filter((key) => key.startsWith(query.get('prefix') ?? ''))
    return answer(
      response,
      200,
      names.map((each) => ({ name: each })),
    )
  }
  const key = decodeURIComponent(name)
  if (request.method === 'PUT') {
    const type = request.headers['content-type'] ?? ''
    const form = type.startsWith('multipart/')
      ? await new Response(body, { headers: { 'Content-Type': type } }).formData()
      : null
    const value = form?.get('value')
    values.set(
      key,
      form === null
        ? body
        : new Uint8Array(value instanceof Blob ? await value.arrayBuffer() : Buffer.from(String(value))),
    )
    return answer(response, 200, {})
  }
  if (request.method === 'DELETE') {
    values.delete(key)
    return answer(response, 200, {})
  }
  const found = values.get(key)
  if (found === undefined) return answer(response, 404, 'key not found')
  response.end(found)
}

/** @param result what went well; of an error its message */
function answer(response: ServerResponse, status: number, result: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' })
  const isGood = status < 400
  const errors = isGood ? [] : [{ code: status === 404 ? 10007 : 10000, message: result }]
  response.end(JSON.stringify({ success: isGood, errors, messages: [], result: isGood ? result : null }))
}
