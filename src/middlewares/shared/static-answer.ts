import { Fields } from '../../http/fields.ts'
import { ProxyResponse } from '../../http/response.ts'

/** An answer that is the same for every request. */
export interface StaticAnswer {
  readonly status: number
  /** name, value, name, value … as on the wire. */
  readonly lines: readonly string[]
  /** Null: none. */
  readonly body: string | null
}

/** The answer once more; what has no content (HEAD, 204, 304) is the adapters' business. */
export const staticReply = ({ status, lines, body }: StaticAnswer): ProxyResponse =>
  new ProxyResponse(status, new Fields(lines.slice()), body)
