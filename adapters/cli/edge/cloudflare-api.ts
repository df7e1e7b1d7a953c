import { setTimeout as sleep } from 'node:timers/promises'
import { EdgeError } from './edge-error.ts'

const DEFAULT_API = 'https://api.cloudflare.com/client/v4'

/** A call that takes longer has failed. */
const TIMEOUT_MS = 60_000

/** Waits before a call is made again for an answer of 5xx, or of 429 that does not say how long to wait. */
const WAITS_MS = [250, 1000, 3000]

/** Who is asked to wait for longer is told so instead. */
const LONGEST_WAIT_MS = 60_000

/** One error of an answer. */
interface ApiProblem {
  readonly code: number
  readonly message: string
}

/** What Cloudflare's API refused: its status, what it said and what helps are in the message. */
export class ApiError extends EdgeError {
  readonly status: number
  /** Codes of its errors. */
  readonly codes: readonly number[]

  constructor(status: number, problems: readonly ApiProblem[], remedy: string) {
    const said = problems.map(({ message, code }) => `${message} [${code}]`).join('; ')
    super(`Cloudflare's API answered ${status}${said === '' ? '' : `: ${said}`}${remedy === '' ? '' : `\n${remedy}`}`)
    this.status = status
    this.codes = problems.map(({ code }) => code)
  }
}

export interface ApiCall {
  readonly method: 'GET' | 'PUT' | 'DELETE'
  readonly body?: FormData
}

/**
 * Cloudflare's REST API for one account: `CLOUDFLARE_API_TOKEN` and `CLOUDFLARE_ACCOUNT_ID` say who we are,
 * `CLOUDFLARE_API_BASE_URL` where it is. The token is in no message.
 */
export class CloudflareApi {
  readonly account: string
  readonly #base: string
  readonly #token: string
  readonly #note: (text: string) => void
  /** What the API's clock is ahead of ours, in ms. */
  #ahead: number | null = null

  /**
   * @param note is told of waits, a line each
   * @throws EdgeError where the environment does not say enough
   */
  constructor(env: NodeJS.ProcessEnv, note: (text: string) => void) {
    this.#token = wanted(env, 'CLOUDFLARE_API_TOKEN')
    this.account = wanted(env, 'CLOUDFLARE_ACCOUNT_ID')
    const api = (env.CLOUDFLARE_API_BASE_URL || DEFAULT_API).replace(/\/$/, '')
    this.#base = `${api}/accounts/${encodeURIComponent(this.account)}`
    this.#note = note
  }

  /** By the clock of the API, to the second; null before its first answer. */
  now(): number | null {
    return this.#ahead === null ? null : Date.now() + this.#ahead
  }

  /**
   * An answer of 2xx. Calls are made again after 429 and 5xx, a few times.
   * @throws ApiError for any other answer, EdgeError when there is none
   */
  async call(path: string, request: ApiCall): Promise<Response> {
    for (let tries = 0; ; tries++) {
      const response = await this.#send(path, request)
      if (response.ok) return response
      const { status } = response
      const asked = status === 429 ? askedToWait(response) : null
      const wait = asked ?? WAITS_MS[tries]
      const problems = await problemsOf(response)
      const isPassing = status === 429 || status >= 500
      if (!isPassing || tries >= WAITS_MS.length || wait === undefined || wait > LONGEST_WAIT_MS) {
        throw new ApiError(status, problems, this.#remedy(status, problems, asked))
      }
      this.#note(`Cloudflare's API answered ${status}: next try in ${(wait / 1000).toFixed(1)} s\n`)
      await sleep(wait)
    }
  }

  async #send(path: string, { method, body }: ApiCall): Promise<Response> {
    // A write on a connection that broke may arrive yet, after what follows it: only what reads is asked again.
    for (let isFirst = true; ; isFirst = false) {
      try {
        const response = await fetch(this.#base + path, {
          method,
          headers: { Authorization: `Bearer ${this.#token}` },
          signal: AbortSignal.timeout(TIMEOUT_MS),
          ...(body === undefined ? {} : { body }),
        })
        const date = Date.parse(response.headers.get('date') ?? '')
        if (!Number.isNaN(date)) this.#ahead = date - Date.now()
        return response
      } catch (error) {
        if (isFirst && method === 'GET' && (error as Error).name !== 'TimeoutError') continue
        const { cause } = error as Error
        const reason = cause instanceof Error ? cause.message || cause.name : (error as Error).message
        throw new EdgeError(`Cloudflare's API can't be reached (${new URL(this.#base).host}): ${reason}`)
      }
    }
  }

  #remedy(status: number, problems: readonly ApiProblem[], asked: number | null): string {
    // A token that is no token at all is a malformed request to Cloudflare.
    const isNoToken = problems.some(({ code }) => [6003, 6111, 9106].includes(code))
    if (status === 401 || isNoToken) {
      return 'CLOUDFLARE_API_TOKEN is not accepted: it is mistyped, expired or revoked. Make one at https://dash.cloudflare.com/profile/api-tokens'
    }
    if (status === 403) {
      return `CLOUDFLARE_API_TOKEN may not do this in the account ${this.account} (CLOUDFLARE_ACCOUNT_ID): it needs the permission "Workers KV Storage: Edit" for it`
    }
    if (status === 429) {
      return asked === null || asked <= LONGEST_WAIT_MS
        ? 'There were too many requests, after waiting too: try again in a few minutes'
        : `There were too many requests: try again in ${Math.ceil(asked / 1000)} s`
    }
    if (status === 413) return 'A value may have 25 MiB'
    if (status >= 500)
      return `It was asked ${WAITS_MS.length + 1} times: https://www.cloudflarestatus.com says how it is`
    return ''
  }
}

/** `Retry-After`, in seconds or as a date. */
function askedToWait({ headers }: Response): number | null {
  const value = headers.get('retry-after') ?? ''
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now())
}

/** Empty where a gateway in between has answered: then the status says all that is known. */
async function problemsOf(response: Response): Promise<ApiProblem[]> {
  try {
    const { errors } = (await response.json()) as { errors?: unknown }
    return (Array.isArray(errors) ? errors : []).map((error: Partial<ApiProblem> | null) => ({
      code: typeof error?.code === 'number' ? error.code : 0,
      message: printable(String(error?.message ?? '')),
    }))
  } catch {
    return []
  }
}

/** Nothing that moves a terminal's cursor. */
const printable = (text: string): string => text.replace(/[\x00-\x1f\x7f-\x9f]/g, '·').slice(0, 300)

function wanted(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name]
  if (value === undefined || value === '') throw new EdgeError(`${name} is not set (or use --local)`)
  return value
}
