import { phraseOf } from './phrases.ts'

/** Reason phrase in Go's words (`net/http.StatusText`), which clients of Traefik see; empty for an unknown status. */
export const statusText = phraseOf

/** What stands behind the status on the wire: as Go writes it, which does not know nginx's 499. */
export const reasonPhrase = (status: number): string =>
  (status === 499 ? '' : statusText(status)) || `status code ${status}`
