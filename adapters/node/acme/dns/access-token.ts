import { childOf, textOf } from '../fields.ts'
import type { DnsAnswer } from './api.ts'

/** What requests are allowed by for a while. */
export interface AccessToken {
  readonly text: string
  /** In milliseconds of the epoch. */
  readonly expiresAt: number
}

/** So long before its end a token is not used any more. */
const BEFORE_END_MS = 60_000

/** A token as it is needed: asked for once, kept until shortly before its end. One that can't be had is not kept. */
export function keptToken(
  ask: (signal: AbortSignal) => Promise<AccessToken>,
  now: () => Date,
): (signal: AbortSignal) => Promise<string> {
  let known: AccessToken | null = null
  let asking: Promise<AccessToken> | null = null
  return async (signal) => {
    if (known !== null && now().getTime() < known.expiresAt - BEFORE_END_MS) return known.text
    asking ??= ask(signal).finally(() => {
      asking = null
    })
    known = await asking
    return known.text
  }
}

/** Of an answer that does not say for how long a token holds, as in RFC 6749 §5.1. */
const DEFAULT_LIFE_S = 3600

/** Reads `access_token` with `expires_in`, or `expires_on` as Azure's machines say it. @throws DnsApiError where there is no token */
export function readToken(answer: DnsAnswer, now: Date): AccessToken {
  const content = answer.json()
  const text = textOf(content, 'access_token')
  if (text === '') throw answer.complaint('the answer has no access token')
  const seconds = now.getTime() / 1000
  // Some of them write numbers as texts.
  const on = Number(childOf(content, 'expires_on') ?? seconds + DEFAULT_LIFE_S)
  const life = Number(childOf(content, 'expires_in') ?? on - seconds)
  return { text, expiresAt: (seconds + (Number.isFinite(life) ? life : DEFAULT_LIFE_S)) * 1000 }
}
