import { defineMiddleware, type Origin } from '../../contracts/kinds.ts'
import { Fields } from '../../http/fields.ts'
import { andThen } from '../../http/maybe-promise.ts'
import { bareReply } from '../../http/replies.ts'
import type { ProxyRequest } from '../../http/request.ts'
import { ProxyResponse } from '../../http/response.ts'
import type { ServersTransportPlan } from '../../plan/plan.ts'
import { goRedirect } from '../shared/go-redirect.ts'
import { applyAnswer } from './answer-phase.ts'
import { createAsk } from './ask.ts'
import { type CompiledDirective, compileDirectives } from './compile-directives.ts'
import { applyRequest } from './request-phase.ts'
import { collect } from './rewrite-phase.ts'
import { Collected, Run } from './run.ts'
import type { Directive } from './snippet-plan.ts'

export interface SnippetConfig {
  /** Come first. */
  readonly server: readonly Directive[]
  readonly location: readonly Directive[]
  /** Null: nobody is asked. */
  readonly auth: SnippetAuthConfig | null
}

/** Another server that decides whether a request may pass. */
export interface SnippetAuthConfig {
  /** URL with variables of nginx. */
  readonly address: string
  /** Null: it hangs on the request, or can't be asked. */
  readonly origin: Origin | null
  readonly transport: ServersTransportPlan
  readonly method: string
  /** For the question. */
  readonly directives: readonly Directive[]
  /** Fields of the answer that the server gets: canonical names. */
  readonly responseFields: readonly string[]
  /** Where a 401 leads, with variables of nginx; empty: nowhere. */
  readonly signinUrl: string
}

/**
 * Directives of nginx in the order of its phases: what rewrites, what changes the request, who may come in, another
 * server that decides, what changes the question to the server and its answer
 * (Traefik v3.7 `pkg/middlewares/ingressnginx/snippet`).
 */
export const snippet = defineMiddleware<SnippetConfig>({
  build: ({ server: first, location: second, auth }, scope) => {
    const { ports } = scope
    const server = compileDirectives(first, ports)
    const location = compileDirectives(second, ports)
    const ask = auth === null ? null : createAsk(auth, scope)
    return (next) => (request, cx) => {
      const run = new Run(request, cx, ports)
      const collected = rewritten(run, server, location)
      if (collected === null) return bareReply(400)
      const [outer, inner] = collected
      if (run.ended !== null) return applyAnswer(answerOf(run, request), run, outer, inner)
      for (const directive of [...outer.input, ...inner.input]) applyRequest(directive, run, request)
      const access = inner.access.length > 0 ? inner.access : outer.access
      if (access.find(({ matches }) => matches(cx.client.address))?.allow === false) {
        return new ProxyResponse(403, new Fields(), '403 Forbidden')
      }
      const proceed = () => {
        for (const directive of inner.content.length > 0 ? inner.content : outer.content) {
          applyRequest(directive, run, request)
        }
        return andThen(next(request, cx), (response) => applyAnswer(response, run, outer, inner))
      }
      if (ask === null) return proceed()
      return andThen(ask(run, request, cx), (refusal) => refusal ?? proceed())
    }
  },
})

/** What the two texts collect for later phases; null: a rewriting made a path that is refused. */
function rewritten(
  run: Run,
  server: readonly CompiledDirective[],
  location: readonly CompiledDirective[],
): readonly [Collected, Collected] | null {
  const outer = new Collected()
  const inner = new Collected()
  collect(server, run, outer)
  if (run.isRefused) return null
  if (run.ended === null && !run.stopsAll) {
    run.stopsBlock = false
    collect(location, run, inner)
  }
  return run.isRefused ? null : [outer, inner]
}

/** What `return` and `rewrite` say. */
export function answerOf({ ended }: Run, request: ProxyRequest): ProxyResponse {
  const { status, url, body } = ended!
  return url === null ? new ProxyResponse(status, new Fields(), body) : goRedirect(request, url, status)
}
