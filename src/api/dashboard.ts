import { BytesBody } from '../http/body.ts'
import { Fields } from '../http/fields.ts'
import type { ProxyRequest } from '../http/request.ts'
import { ProxyResponse } from '../http/response.ts'
import { refuse } from './answers.ts'
import { type Copy, DashboardStore } from './dashboard-store.ts'

/** How a copy of a file is encoded. */
export type DashboardEncoding = 'br' | 'gzip'

/** Where the built dashboard is: `index.html` and files with a hash in their names. */
export interface DashboardFiles {
  /** Which encoded copies there are beside each file, the best one first. */
  readonly encodings: readonly DashboardEncoding[]
  /**
   * Null: there is no such file.
   * @param encoding null: as it is
   */
  read(name: string, encoding: DashboardEncoding | null): Promise<Uint8Array<ArrayBuffer> | null>
  /** What to do where there is no `index.html`. */
  readonly missing: string
}

/**
 * Only this origin: no script or style inside the page, nothing of other hosts, no text that becomes markup (Trusted
 * Types), no page of others around it.
 */
const headers = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "frame-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
}

const PAGE = 'index.html'

/** Files with a hash in their names never change. */
const HASHED = /^[a-z]+-[A-Z0-9]{8}\.(css|js|svg)$/

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

const YEAR = 'public, max-age=31536000, immutable'

/** The dashboard as an API and `dashboard@internal` serve it; files are read when they are first asked for. */
export class Dashboard {
  readonly #store: DashboardStore
  readonly #missing: string

  constructor(files: DashboardFiles) {
    this.#store = new DashboardStore(files)
    this.#missing = files.missing
  }

  /** The page itself, reached at `/dashboard/`: what it names is relative to that. */
  async page(request: Pick<Fields, 'get'>): Promise<ProxyResponse> {
    const copy = await this.#store.find(PAGE, request.get('accept-encoding'))
    if (copy !== null) return answerWith(copy, PAGE, request)
    const reply = refuse(404, this.#missing)
    for (const [name, value] of Object.entries(headers)) reply.headers.set(name, value)
    return reply
  }

  /** A file beside the page. @param name as in the path, whatever it is */
  async asset(name: string, request: Pick<Fields, 'get'>): Promise<ProxyResponse> {
    const copy = HASHED.test(name) ? await this.#store.find(name, request.get('accept-encoding')) : null
    return copy === null ? noSuchAsset() : answerWith(copy, name, request)
  }

  /** `dashboard@internal`: the page alone, behind a middleware that strips `/dashboard/`. */
  alone({ path, headers }: ProxyRequest): Promise<ProxyResponse> {
    return path === '/' || path === '' ? this.page(headers) : this.asset(path.slice(1), headers)
  }
}

/** A file below `/dashboard/` that does not exist. */
function noSuchAsset(): ProxyResponse {
  const fields = { 'Content-Type': 'text/plain; charset=utf-8', ...headers }
  return new ProxyResponse(404, new Fields(Object.entries(fields).flat()), '404 page not found\n')
}

function answerWith({ bytes, encoding, tag }: Copy, name: string, request: Pick<Fields, 'get'>): ProxyResponse {
  const fields: Record<string, string> = {
    ...headers,
    'Cache-Control': name === PAGE ? 'no-cache' : YEAR,
    ETag: tag,
    Vary: 'Accept-Encoding',
  }
  if (isFresh(request.get('if-none-match'), tag)) {
    return new ProxyResponse(304, new Fields(Object.entries(fields).flat()), null)
  }
  fields['Content-Type'] = TYPES[name.slice(name.lastIndexOf('.') + 1)]!
  fields['Content-Length'] = String(bytes.length)
  if (encoding !== null) fields['Content-Encoding'] = encoding
  return new ProxyResponse(200, new Fields(Object.entries(fields).flat()), new BytesBody(bytes))
}

/** RFC 9110 §13.1.2: weak comparison, as middlewares may have made the tag weak. */
function isFresh(field: string | null, tag: string): boolean {
  if (field === null) return false
  return field.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === tag)
}

/**
 * From `basePath` to the page behind it, with what an outer proxy stripped in front.
 * @param prefix the client's `X-Forwarded-Prefix`; anything that could lead to another origin is ignored
 */
export function redirectToDashboard(prefix: string | null, basePath: string): ProxyResponse {
  const safe = prefix !== null && /^\/(?!\/)[\w\-.~%!$&'()*+,;=:@/]*$/.test(prefix) ? prefix : ''
  const location = `${safe}/${basePath}/dashboard/`.replace(/\/+/g, '/')
  return new ProxyResponse(302, new Fields(['Location', location]), null)
}
