import type { Body } from './body.ts'
import type { UpstreamFailure } from './failure.ts'
import type { Fields } from './fields.ts'

/** An answer on its way back. Small ones of our own carry their content as a string (UTF-8 once written). */
export class ProxyResponse {
  status: number
  readonly headers: Fields
  content: Body | string | null
  /** Reason phrase of the server; empty: the standard one. */
  reason = ''
  /** The adapter's own handle of a switched connection; set only with status 101. */
  upgraded: unknown = null
  /** Set when we made this answer because the server failed: nobody confuses a server's own 502 with ours. */
  failure: UpstreamFailure | null = null
  /** Content is plain, and the platform encodes it on its way out as `Content-Encoding` says, whoever reads it before. */
  encodesLater = false
  constructor(status: number, headers: Fields, content: Body | string | null) {
    this.status = status
    this.headers = headers
    this.content = content
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300
  }

  /** Gives the answer up unread. */
  discard(): void {
    if (this.content !== null && typeof this.content !== 'string') this.content.cancel()
  }
}
