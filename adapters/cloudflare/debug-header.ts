import { maskUrl } from '../../src/http/masked-url.ts'
import type { ExchangeRecord } from '../../src/http/request-context.ts'
import type { Reader } from '../../src/plan/signed-line.ts'
import { openDebugToken } from '../../src/plan/signed-request.ts'
import type { Serving } from './isolate.ts'

/** Tokens whose signature fitted, and until when each is good: most come with many requests. */
const known = new Map<string, number>()
const MOST_KNOWN = 100

/**
 * An answer with what it came by, for the holder of a token: `rev=17 router=shop@file server=http://a.test plan=kv`. Of
 * any other token nothing is said.
 */
export async function explained(
  answered: Response | Promise<Response>,
  token: string,
  reader: () => Promise<Reader>,
  record: ExchangeRecord,
  serving: Serving | null,
): Promise<Response> {
  const [received, isKnown] = await Promise.all([answered, isGood(token, reader)])
  if (!isKnown) return received
  // What goes on as a server sent it can't be changed.
  const answer = new Response(received.body, received)
  const facts = {
    rev: serving?.head.revision ?? 'none',
    router: record.router || 'none',
    server: maskUrl(record.serverUrl) || 'none',
    plan: serving?.from ?? 'none',
  }
  const texts = Object.entries(facts).map(([name, fact]) => `${name}=${plain(String(fact))}`)
  answer.headers.set('X-Signalbox', texts.join(' '))
  return answer
}

async function isGood(token: string, reader: () => Promise<Reader>): Promise<boolean> {
  const now = Date.now()
  const until = known.get(token)
  if (until !== undefined) return now < until
  try {
    const { expires } = await openDebugToken(token, await reader(), now)
    if (known.size >= MOST_KNOWN) known.clear()
    known.set(token, expires)
    return true
  } catch {
    // Whoever it is hears nothing.
    return false
  }
}

/** Names may hold anything: what would not be one word of ASCII is an escape of a byte or of a unit of UTF-16. */
const plain = (text: string): string =>
  text.slice(0, 500).replace(/[^!#-~]/g, (char) => {
    const hex = char.charCodeAt(0).toString(16)
    return hex.length > 2 ? `%u${hex.padStart(4, '0')}` : `%${hex.padStart(2, '0')}`
  })
