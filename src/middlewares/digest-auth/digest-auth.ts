import { md5 } from '@noble/hashes/legacy.js'
import { defineMiddleware } from '../../contracts/kinds.ts'
import { fromFieldText } from '../../http/fields.ts'
import { decodePath } from '../../http/path.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { ProxyResponse } from '../../http/response.ts'
import { bytesOf, equalInConstantTime } from '../shared/bytes.ts'
import { setIdentity } from '../shared/identity-field.ts'
import { parseRedirectUrl } from '../shared/redirect-url.ts'
import { unauthorized } from '../shared/unauthorized.ts'
import { parseDigestCredentials } from './digest-credentials.ts'
import { Nonces, randomToken } from './nonces.ts'

/** Texts are byte strings, as in field lines. */
export interface DigestAuthConfig {
  /** Pairs of user name and hex MD5 of `name:realm:password`, of this realm only. */
  readonly users: readonly (readonly [string, string])[]
  readonly realm: string
  /** Request field that tells the user name; empty: none. */
  readonly headerField: string
  readonly removeHeader: boolean
}

/** No user's hash: an unknown one costs as much and never fits. */
const DECOY = '0'.repeat(32)

/**
 * HTTP Digest authentication with MD5 and `qop=auth` (RFC 7616; Traefik v3.7 `pkg/middlewares/auth`). Nonces live in
 * this process or isolate.
 */
export const digestAuth = defineMiddleware<DigestAuthConfig>({
  build: ({ users, realm, headerField, removeHeader }) => {
    const hashes = new Map(users)
    const nonces = new Nonces()
    // Made on first use: the edge gives no randomness while a worker starts.
    let opaque: string | null = null

    const challenge = (stale: boolean): ProxyResponse => {
      opaque ??= randomToken()
      return unauthorized(
        `Digest realm="${realm}", nonce="${nonces.create()}", opaque="${opaque}", ${stale ? 'stale="true", ' : ''}algorithm="MD5", qop="auth"`,
      )
    }

    const check = (request: ProxyRequest): { user: string } | 'stale' | null => {
      const given = parseDigestCredentials(request.headers.first('authorization'))
      if (given === null || opaque === null || given.get('opaque') !== opaque) return null
      if ((given.get('algorithm') ?? 'MD5') !== 'MD5' || given.get('qop') !== 'auth') return null
      const [user = '', uri = '', nonce = '', nc = '', cnonce = ''] = NAMES.map((name) => given.get(name))
      if (!coversTarget(uri, request)) return null
      const known = hashes.get(user)
      const expected = hex(`${known ?? DECOY}:${nonce}:${nc}:${cnonce}:auth:${hex(`${request.method}:${uri}`)}`)
      const fits = equalInConstantTime(expected, given.get('response') ?? '')
      if (!fits || known === undefined || !/^[0-9a-fA-F]{1,16}$/.test(nc)) return null
      const use = nonces.use(nonce, BigInt(`0x${nc}`))
      if (use === 'stale') return use
      return use === 'fresh' ? { user } : null
    }

    return (next) => (request, cx) => {
      const found = check(request)
      if (found === null || found === 'stale') {
        // Traefik looks where the name of a user who may pass would be put.
        const claimed = parseDigestCredentials(request.headers.first(headerField || 'authorization'))?.get('username')
        if (claimed) cx.record.username = fromFieldText(claimed)
        const isStale = found === 'stale'
        cx.record.span?.fail(`Digest authentication failed${isStale ? STALE : ''}`)
        return challenge(isStale)
      }
      const { user } = found
      cx.record.username = fromFieldText(user)
      if (headerField !== '') setIdentity(request.headers, headerField, user)
      if (removeHeader) request.headers.delete('authorization')
      return next(request, cx)
    }
  },
})

const STALE = ', possibly because out of order requests'

const NAMES = ['username', 'uri', 'nonce', 'nc', 'cnonce'] as const

/** Whether `uri` is the target, or its path a beginning of the request's path: some clients send no more. */
function coversTarget(uri: string, request: ProxyRequest): boolean {
  if (uri === request.target) return true
  const target = parseRedirectUrl(uri)?.requestUri
  if (target === undefined) return false
  const path = uri === '' || uri.startsWith('?') ? '' : decodePath(target.split('?')[0]!)
  return path !== null && request.pathView.path.startsWith(path)
}

function hex(text: string): string {
  let digits = ''
  for (const byte of md5(bytesOf(text))) digits += byte.toString(16).padStart(2, '0')
  return digits
}
