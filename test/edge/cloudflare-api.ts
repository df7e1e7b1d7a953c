import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** What stands under a key. */
export interface Stored {
  readonly value: Buffer
  /** JSON; `null`: nothing. */
  readonly metadata: string
  /** Seconds that it is kept for, as asked. */
  readonly ttl: string | null
}

/** What the API does instead of answering. */
export type Fault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly times?: number }
  /** The connection is cut once the request is there: before it is carried out, or after. */
  | { readonly cut: 'before' | 'after'; readonly times?: number }

/** May do anything, may only read, is not accepted. */
const TOKENS = { all: 'token-of-tests', read: 'token-that-reads' }

const ERRORS: Readonly<Record<number, readonly [code: number, message: string]>> = {
  401: [1000, 'Invalid API Token'],
  403: [10000, 'Authentication error'],
  404: [10009, "get: 'key not found'"],
  429: [10429, 'More than 1200 requests per 300 seconds reached'],
  500: [10001, 'service unavailable'],
}

/** Of what is asked about a Worker, by the last part of the path. */
const WORKER_RESULTS: Readonly<Record<string, unknown>> = {
  workers: { subdomain: { enabled: false, previews_enabled: false }, observability: { enabled: true }, tags: [] },
  services: { default_environment: { script: {} } },
  deployments: { deployments: [] },
  versions: { items: [] },
  domains: { added: [], removed: [], updated: [], conflicting: [] },
  secrets: [],
  // Nothing of the dashboard is missing there.
  'assets-upload-session': { jwt: 'token-of-assets', buckets: [] },
}

/** Cloudflare's API for KV on this machine, as its documentation has it, with the namespace `ns1` of the account `acc`. */
export async function fakeApi({ pageSize = 1000 }: { readonly pageSize?: number } = {}) {
  const values = new Map<string, Stored>()
  const seen: string[] = []
  const deployed = new Set<string>()
  /** Names of secrets, by Worker. */
  const secrets = new Map<string, readonly string[]>()
  /** By the number of the write, from 1; cleared by tests. */
  const faults = new Map<number, Fault>()
  const state = { writes: 0, faultsLeft: new Map<number, number>() }

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const url = new URL(request.url!, 'http://api')
    seen.push(`${request.method} ${url.pathname}`)
    const isWrite = request.method !== 'GET' && !url.pathname.endsWith('/bulk/get')
    const number = isWrite ? nextWrite() : 0
    const fault = faults.get(number)
    const isFaulty = fault !== undefined && takeFault(number, fault)
    if (isFaulty && 'status' in fault) return refuse(response, fault.status, undefined, fault.headers)
    if (isFaulty && 'cut' in fault && fault.cut === 'before') return void response.socket?.destroy()
    const cutsAfter = isFaulty && 'cut' in fault
    await answer(request, url, Buffer.concat(chunks), cutsAfter ? silent(response) : response)
  })

  /** A write that is tried again is the same one. */
  const nextWrite = () => {
    const left = state.faultsLeft.get(state.writes)
    const isAgain = left !== undefined && left > 0
    if (!isAgain) state.writes++
    return state.writes
  }
  const takeFault = (number: number, { times = Number.POSITIVE_INFINITY }: Fault): boolean => {
    const left = state.faultsLeft.get(number) ?? times
    if (left <= 0) return false
    state.faultsLeft.set(number, left - 1)
    return true
  }

  async function answer(request: IncomingMessage, url: URL, body: Buffer, response: ServerResponse): Promise<void> {
    const { method } = request
    const token = request.headers.authorization?.replace(/^Bearer /, '')
    if (token !== TOKENS.all && token !== TOKENS.read) return refuse(response, 401)
    const account = '/accounts/acc/storage/kv/namespaces'
    const [, worker] = /^\/accounts\/acc\/workers\/(.+)$/.exec(url.pathname) ?? []
    if (worker !== undefined) return answerOfWorkers(worker, method ?? '', response)
    if (!url.pathname.startsWith(`${account}`)) return refuse(response, 403)
    if (url.pathname === account)
      return done(response, method === 'GET' ? [{ id: 'ns1' }] : { id: 'ns1', title: 'ns1' })
    const [namespace = '', what = '', ...rest] = url.pathname.slice(account.length + 1).split('/')
    if (namespace !== 'ns1') return refuse(response, 404, [10013, 'namespace not found'])
    if (token === TOKENS.read && method !== 'GET') return refuse(response, 403)
    const key = decodeURIComponent(rest.join('/'))
    if (what === 'keys') return list(url, response)
    if (what === 'bulk') return bulk(key, body, response)
    const found = values.get(key)
    if (what === 'metadata') {
      return found === undefined ? refuse(response, 404) : done(response, JSON.parse(found.metadata))
    }
    if (what !== 'values') return refuse(response, 404, [7003, 'Could not route'])
    if (method === 'DELETE') {
      values.delete(key)
      return done(response, {})
    }
    if (method === 'GET') return found === undefined ? refuse(response, 404) : void response.end(found.value)
    const type = request.headers['content-type'] ?? ''
    const form = type.startsWith('multipart/')
      ? await new Response(Uint8Array.from(body), { headers: { 'Content-Type': type } }).formData()
      : null
    const value = form?.get('value') ?? null
    values.set(key, {
      value: value === null ? body : Buffer.from(await new Response(value).arrayBuffer()),
      metadata: String(form?.get('metadata') ?? 'null'),
      ttl: url.searchParams.get('expiration_ttl'),
    })
    done(response, {})
  }

  /** As much as `wrangler deploy` asks. */
  function answerOfWorkers(path: string, method: string, response: ServerResponse): void {
    const [, name = ''] = /^(?:scripts|services|workers)\/([^/]+)/.exec(path) ?? []
    if (method === 'PUT' && path === `scripts/${name}`) deployed.add(name)
    if (method === 'GET' && !deployed.has(name)) refuse(response, 404, [10007, 'This Worker does not exist'])
    else if (method === 'GET' && path === `scripts/${name}/secrets`) {
      done(
        response,
        (secrets.get(name) ?? []).map((secret) => ({ name: secret, type: 'secret_text' })),
      )
    } else
      done(
        response,
        WORKER_RESULTS[path.split('/', 3)[2] ?? path.split('/', 1)[0]!] ?? { id: 'id', startup_time_ms: 3 },
      )
  }

  function list(url: URL, response: ServerResponse): void {
    const prefix = url.searchParams.get('prefix') ?? ''
    const from = url.searchParams.get('cursor') ?? ''
    const size = Math.min(pageSize, Number(url.searchParams.get('limit') ?? 1000))
    const names = [...values.keys()].filter((name) => name.startsWith(prefix) && name > from).sort()
    const page = names.slice(0, size)
    const result = page.map((name) => {
      const { metadata, ttl } = values.get(name)!
      const expiration = ttl === null ? {} : { expiration: Math.floor(Date.now() / 1000) + Number(ttl) }
      return { name, ...expiration, ...(metadata === 'null' ? {} : { metadata: JSON.parse(metadata) }) }
    })
    const cursor = names.length > size ? page.at(-1) : ''
    done(response, result, { count: page.length, cursor })
  }

  function bulk(what: string, body: Buffer, response: ServerResponse): void {
    const sent = JSON.parse(body.toString())
    if (what === 'delete') for (const name of sent) values.delete(name)
    else if (what === 'get') {
      const texts = (sent.keys as string[]).map((name) => [name, values.get(name)?.value.toString() ?? null])
      done(response, { values: Object.fromEntries(texts) })
      return
    } else {
      for (const { key, value, metadata = null, expiration_ttl: ttl, base64 } of sent) {
        values.set(key, {
          value: Buffer.from(value, base64 === true ? 'base64' : 'utf8'),
          metadata: JSON.stringify(metadata),
          ttl: ttl === undefined ? null : String(ttl),
        })
      }
    }
    done(response, { successful_key_count: sent.length, unsuccessful_keys: [] })
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    values,
    /** Names of Workers. */
    deployed,
    secrets,
    seen,
    url,
    env: { CLOUDFLARE_API_BASE_URL: url, CLOUDFLARE_API_TOKEN: TOKENS.all, CLOUDFLARE_ACCOUNT_ID: 'acc' },
    /** Goes wrong at a write, counted from now; null: nothing does. */
    failAt(write: number | null, fault?: Fault) {
      faults.clear()
      state.faultsLeft.clear()
      state.writes = 0
      if (write !== null && fault !== undefined) faults.set(write, fault)
    },
    /** Writes since `failAt`. */
    get writes() {
      return state.writes
    },
  }
}

export type FakeApi = Awaited<ReturnType<typeof fakeApi>>

function done(response: ServerResponse, result: unknown, info: object = {}): void {
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify({ success: true, errors: [], messages: [], result, result_info: info }))
}

function refuse(
  response: ServerResponse,
  status: number,
  [code, message] = ERRORS[status] ?? [0, 'failed'],
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers })
  response.end(JSON.stringify({ success: false, errors: [{ code, message }], messages: [], result: null }))
}

/** Carries a request out and cuts its connection in the place of an answer. */
function silent(response: ServerResponse): ServerResponse {
  response.end = () => {
    response.socket?.destroy()
    return response
  }
  return response
}
