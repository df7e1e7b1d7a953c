/** Where Go has other words than the platform. */
const own: Record<number, string> = {
  413: 'Request Entity Too Large',
  414: 'Request URI Too Long',
  416: 'Requested Range Not Satisfiable',
  422: 'Unprocessable Entity',
  425: 'Too Early',
  499: 'Client Closed Request',
}

/** What the platform calls statuses that it does not know. */
const UNKNOWN = /^(?:Successful|Redirection|(?:Client|Server) Error)$/

/**
 * `src/http/phrases.ts` in the built worker, whose platform has such a table: reason phrase in Go's words, empty for a
 * status that has none.
 */
export const phraseOf = (status: number): string => (own[status] ??= platformsPhrase(status))

function platformsPhrase(status: number): string {
  if (!(status >= 200 && status < 600)) return ''
  const { statusText } = new Response(null, { status })
  return UNKNOWN.test(statusText) ? '' : statusText
}
