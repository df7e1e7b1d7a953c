import { maskSecrets } from '../../../src/http/secrets.ts'
import { childOf, listOf, textOf } from './fields.ts'

const NAMESPACE = 'urn:ietf:params:acme:error:'
const MOST_SHOWN = 400
const MOST_PARTS = 10

/** What an authority says is wrong (RFC 8555 §6.7). Its message holds no secret. */
export class AcmeError extends Error {
  /** Without the namespace: `rateLimited`, `badNonce`; empty: the answer was no problem document. */
  readonly kind: string
  /** Of the answer; null: it is about a part of an order, which was asked for with success. */
  readonly status: number | null
  /** How long the authority wants to be left alone; null: it did not say. */
  readonly retryAfterMs: number | null

  constructor(kind: string, status: number | null, message: string, retryAfterMs: number | null) {
    super(message)
    this.name = 'AcmeError'
    this.kind = kind
    this.status = status
    this.retryAfterMs = retryAfterMs
  }

  /** It has had too many requests of ours. */
  get isRateLimit(): boolean {
    return this.kind === 'rateLimited' || this.status === 429
  }
}

/**
 * A problem document, in an answer or inside an object that was asked for.
 * @param asked what was asked for, for the message
 */
export function problemOf(
  asked: string,
  document: unknown,
  status: number | null,
  retryAfterMs: number | null,
): AcmeError {
  const type = textOf(document, 'type')
  const kind = type.startsWith(NAMESPACE) ? type.slice(NAMESPACE.length) : ''
  const said = [textOf(document, 'detail'), ...listOf(document, 'subproblems').slice(0, MOST_PARTS).map(partOf)]
  const reason = [status === null ? '' : String(status), kind, ...said].filter((text) => text !== '').join(': ')
  return new AcmeError(
    kind,
    status,
    shown(`${asked}: ${reason === '' ? 'refused without a reason' : reason}`),
    retryAfterMs,
  )
}

const partOf = (part: unknown): string =>
  [textOf(childOf(part, 'identifier'), 'value'), textOf(part, 'detail')].filter((text) => text !== '').join(' ')

/** One line of bounded length. */
function shown(text: string): string {
  const line = maskSecrets(text)
    .replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g, ' ')
    .trim()
  return line.length > MOST_SHOWN ? `${line.slice(0, MOST_SHOWN)}…` : line
}
