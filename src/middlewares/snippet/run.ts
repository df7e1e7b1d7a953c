import type { Ports } from '../../contracts/ports.ts'
import { fillVariables } from '../../engine/nginx/variables.ts'
import type { Fields } from '../../http/fields.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { RequestContext } from '../../http/request-context.ts'
import type { CompiledAccess } from './compile-directives.ts'
import type { AddHeaderDirective, AnswerDirective, RequestDirective, SetDirective } from './snippet-plan.ts'

/** What `return` or `rewrite` has decided. */
export interface Ended {
  readonly status: number
  /** Null: no redirection. */
  readonly url: string | null
  readonly body: string
}

/** Variables of one exchange: a client may fill each by what it writes. */
const MOST_VARIABLES = 200

/** Directives at work on one request. */
export class Run {
  /** That of the client: variables are about it. */
  readonly request: ProxyRequest
  readonly cx: RequestContext
  readonly #ports: Pick<Ports, 'hostname' | 'clock'>
  readonly #own = new Map<string, string>()
  /** What the server that decides has answered; null: nothing yet. */
  authAnswer: Fields | null = null
  /** Null: the request goes on. */
  ended: Ended | null = null
  /** A rewriting made a path that is no clean one. */
  isRefused = false
  stopsBlock = false
  stopsAll = false

  constructor(request: ProxyRequest, cx: RequestContext, ports: Pick<Ports, 'hostname' | 'clock'>) {
    this.request = request
    this.cx = cx
    this.#ports = ports
  }

  /** A text with its variables filled in. @param answer that `$upstream_http_…` is about */
  fill(text: string, answer: Fields | null = null): string {
    const { request, cx } = this
    return fillVariables(text, { request, cx, hostname: this.#ports.hostname, answer, own: this.#own })
  }

  set(name: string, value: string): void {
    if (this.#own.size < MOST_VARIABLES || this.#own.has(name)) this.#own.set(name, value)
  }

  now(): Date {
    return this.#ports.clock.date()
  }
}

/** What directives put off to later phases. */
export class Collected {
  readonly input: RequestDirective[] = []
  readonly access: CompiledAccess[] = []
  readonly content: (RequestDirective | SetDirective)[] = []
  readonly answer: AnswerDirective[] = []
  /** Those of the innermost block that has any. */
  added: AddHeaderDirective[] = []
  /** How deep the block is that is being read, and that `added` are of. */
  depth = 0
  addedDepth = 0
}
