import type { IncomingHttpHeaders } from 'node:http'
import { maskSecrets } from '../../../../src/http/secrets.ts'
import { statusText } from '../../../../src/http/status.ts'
import { ProviderRefused } from '../provider.ts'

/** What was asked of whom, for messages: without query, credentials and content. */
export interface Asked {
  readonly method: string
  /** As `ApiClient.peer`. */
  readonly peer: string
  /** Without query. */
  readonly path: string
}

/** A request to a source's API that brought nothing to work with. Its message holds no secret. */
export class ApiError extends Error {
  /** Of the answer; null: there was none, or none that is whole. */
  readonly status: number | null
  readonly peer: string
  /** Without query. */
  readonly path: string
  /** Start of what the server said about it, for programs that look for a word in it; empty: nothing. */
  readonly said: string
  /** How long the server wants to be left alone (RFC 9110 §10.2.3, in seconds there); null: it did not say. */
  readonly retryAfterMs: number | null

  constructor(
    { method, peer, path }: Asked,
    status: number | null,
    reason: string,
    { said = '', cause, retryAfterMs = null }: { said?: string; cause?: unknown; retryAfterMs?: number | null } = {},
  ) {
    super(`${method} ${peer}${path}: ${reason}`, cause === undefined ? undefined : { cause })
    this.name = 'ApiError'
    this.status = status
    this.peer = peer
    this.path = path
    this.said = said
    this.retryAfterMs = retryAfterMs
  }
}

/** The cause of an `ApiError` where an answer is longer than was asked for. */
export class AnswerTooLong extends Error {
  constructor(maxBytes: number) {
    super(`the answer has more than ${maxBytes} bytes`)
  }
}

/** Characters of an answer that are shown. */
const MOST_SHOWN = 300

/**
 * What an answer that is no success means: `ProviderRefused` for 401 and 403, else `ApiError`.
 * @param content start of the answer's content
 * @param secrets texts that must not be shown, should the server repeat them
 */
export function errorOfStatus(
  asked: Asked,
  { status, headers }: { readonly status: number; readonly headers: IncomingHttpHeaders },
  content: string,
  secrets: readonly string[],
): Error {
  const said = shown(content, secrets)
  const reason = `${status} ${statusText(status)}`.trimEnd() + (said === '' ? '' : `: ${said}`)
  const pause = headers['retry-after'] ?? ''
  const retryAfterMs = /^\d{1,6}$/.test(pause) ? Number(pause) * 1000 : null
  const error = new ApiError(asked, status, reason, { said, retryAfterMs })
  return status === 401 || status === 403 ? new ProviderRefused(error.message, { cause: error }) : error
}

/** What went wrong between us and the server, in the words of whoever noticed. */
export function errorOfExchange(asked: Asked, cause: unknown, secrets: readonly string[]): Error {
  if (cause instanceof ApiError || cause instanceof ProviderRefused) return cause
  return new ApiError(asked, null, shown(reasonOf(cause), secrets), { cause })
}

/** What an error says, or all that it is made of. */
export function reasonOf(cause: unknown): string {
  // Where several addresses were tried, the error is about all of them and says nothing itself.
  if (cause instanceof AggregateError) return cause.errors.map(reasonOf).join('; ')
  if (!(cause instanceof Error)) return String(cause)
  return WORDS[String((cause as NodeJS.ErrnoException).code)] ?? cause.message
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNRESET: 'the server closed the connection before the answer was whole',
  EPIPE: 'the server closed the connection',
  HPE_HEADER_OVERFLOW: 'the head of the answer is too long',
}

/** One line of bounded length, without control characters and secrets. A message in a JSON answer stands for it. */
function shown(text: string, secrets: readonly string[]): string {
  let clean = messageIn(text) ?? text
  for (const secret of secrets) clean = clean.replaceAll(secret, '******')
  clean = maskSecrets(clean)
    .replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g, ' ')
    .trim()
  return clean.length > MOST_SHOWN ? `${clean.slice(0, MOST_SHOWN)}…` : clean
}

function messageIn(text: string): string | null {
  if (!text.startsWith('{')) return null
  try {
    const { message } = JSON.parse(text) as { message?: unknown }
    return typeof message === 'string' ? message : null
  } catch {
    // Cut off, or no JSON: shown as it is.
    return null
  }
}
