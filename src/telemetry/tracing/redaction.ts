import { fromFieldText, toFieldText } from '../../http/fields.ts'
import { QueryValues } from '../../http/query.ts'
import { queryEscape } from '../../http/query-escape.ts'

const REDACTED = 'REDACTED'

/** One pair with nothing escaped. */
const ONLY_PAIR = /^\?([\w.~-]{1,64})=[\w.~-]*$/

/** Characters of a query that is looked at: what is beyond is not shown. */
const LONGEST_QUERY = 4096

/**
 * A query without its values but those of safe parameters, its keys in alphabetical order, as Traefik shows it
 * (`safeURL` of `pkg/observability/tracing/tracing.go`).
 * @param query with its `?`, or empty
 */
export function redactedQuery(query: string, safe: ReadonlySet<string>): string {
  if (query.length <= 1) return ''
  const only = ONLY_PAIR.exec(query)
  if (only !== null && !safe.has(only[1]!)) return `${only[1]}=${REDACTED}`
  const values = new QueryValues(query.slice(0, LONGEST_QUERY))
  const pairs: string[] = []
  for (const key of [...values.keys()].sort()) {
    const name = escaped(key)
    // Of pairs that can't be read Go knows nothing.
    const readable = values.of(key)
    if (safe.has(key)) for (const value of readable) pairs.push(`${name}=${escaped(value)}`)
    else if (readable.length > 0) pairs.push(`${name}=${REDACTED}`)
  }
  return pairs.join('&')
}

/** The URL that a request goes to, without what may be a secret in it. */
export function redactedUrl(
  scheme: string,
  hasUserInfo: boolean,
  authority: string,
  path: string,
  query: string,
  safe: ReadonlySet<string>,
): string {
  const shown = redactedQuery(query, safe)
  // A question mark with nothing behind it is part of the URL.
  const isEmpty = query === '?'
  const user = hasUserInfo ? `${REDACTED}:${REDACTED}@` : ''
  return `${scheme}://${user}${authority}${fromFieldText(path)}${shown === '' && !isEmpty ? '' : `?${shown}`}`
}

const escaped = (text: string): string => queryEscape(toFieldText(text))
