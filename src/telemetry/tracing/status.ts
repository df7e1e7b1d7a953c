import type { Span } from './span.ts'

/**
 * Notes the status of an answer; one that is an error, or none at all, makes the span an error.
 * @param errors the least status that is an error for who has the span: 500 for a server, 400 for a client
 */
export function setStatus(span: Span, status: number, errors: 400 | 500): void {
  if (status < 100 || status >= 600) span.fail(`Invalid HTTP status code ${status}`)
  else if (status >= errors) span.fail('')
  if (status > 0) span.set('http.response.status_code', status)
}
