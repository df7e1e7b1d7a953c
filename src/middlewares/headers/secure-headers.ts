import type { Middleware } from '../../http/handler.ts'
import { andThen } from '../../http/maybe-promise.ts'
import { errorReply } from '../../http/replies.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { ProxyResponse } from '../../http/response.ts'
import { editFields, type FieldEdit } from '../shared/field-edit.ts'

/** A policy with places for the nonce of the request: between its parts. */
export interface NoncePolicy {
  readonly name: string
  readonly parts: readonly string[]
}

export interface SecureConfig {
  /** Lower case, port included; empty: any. */
  readonly allowedHosts: readonly string[]
  readonly hostsProxyHeaders: readonly string[]
  /** Pairs of field name and value, one of which makes a request count as TLS. */
  readonly sslProxyHeaders: readonly (readonly [string, string])[]
  /** Set on every answer. */
  readonly fields: readonly FieldEdit[]
  /** Set on answers over TLS. */
  readonly tlsFields: readonly FieldEdit[]
  readonly noncePolicies: readonly NoncePolicy[]
}

/** The security half of `headers` (Traefik v3.7 `pkg/middlewares/headers/secure.go`). */
export function secureHeaders(config: SecureConfig): Middleware {
  const { allowedHosts, hostsProxyHeaders, fields, tlsFields, noncePolicies } = config

  const checksHost = allowedHosts.length > 0
  const isGoodHost = (request: ProxyRequest): boolean => {
    let host = request.authority
    for (const name of hostsProxyHeaders) {
      const forwarded = request.headers.first(name)
      if (forwarded === null || forwarded === '') continue
      host = forwarded
      break
    }
    return allowedHosts.includes(host.toLowerCase())
  }

  const isTls = (request: ProxyRequest): boolean =>
    request.scheme === 'https' ||
    config.sslProxyHeaders.some(([name, value]) => (request.headers.first(name) ?? '') === value)

  const editorOf = (edits: readonly FieldEdit[]) => (response: ProxyResponse) => {
    if (response.status < 200) return response
    editFields(response.headers, edits)
    if (noncePolicies.length > 0) {
      const nonce = `'nonce-${randomNonce()}'`
      for (const { name, parts } of noncePolicies) response.headers.set(name, parts.join(nonce))
    }
    return response
  }
  const plain = editorOf(fields)
  const secure = tlsFields.length === 0 ? plain : editorOf([...fields, ...tlsFields])

  return (next) => (request, cx) => {
    if (checksHost && !isGoodHost(request)) return errorReply(500, 'Bad Host')
    const edit = secure === plain || !isTls(request) ? plain : secure
    return andThen(next(request, cx), edit)
  }
}

/** 16 random bytes in base64 without padding. */
function randomNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return btoa(String.fromCharCode(...bytes)).slice(0, 22)
}
