import type { Effect } from '../../contracts/effect.ts'
import { type BuildScope, ConfigError } from '../../contracts/kinds.ts'
import type { ManualSwitch } from '../../contracts/operator.ts'
import type { Ports } from '../../contracts/ports.ts'
import { TooCostly } from '../../http/effort.ts'
import { Fields } from '../../http/fields.ts'
import type { Handler } from '../../http/handler.ts'
import type { ProxyRequest } from '../../http/request.ts'
import { RequestContext } from '../../http/request-context.ts'
import { ProxyResponse } from '../../http/response.ts'
import { type Facts, factsOf, shownChanges, shownField } from './changes.ts'

/** The exchange of a request that is only tried out. */
export class TrialContext extends RequestContext {
  constructor(entryPoint: string, clientAddress: string) {
    super(entryPoint, { address: clientAddress, port: 0, tls: null }, 0)
  }

  override waitUntil(): void {
    // Nothing goes on after a trial.
  }
}

/** What came of trying a handler out. */
export interface Tried extends Effect {
  /** As it would go on; null: it does not. */
  readonly passed: ProxyRequest | null
}

/**
 * Has a handler that remembers nothing take a request, and tells what it did with it.
 * @param make gets what comes behind it
 */
export function tryOut(make: (next: Handler) => Handler, request: ProxyRequest, cx: RequestContext): Tried {
  const before = factsOf(request)
  let passed: ProxyRequest | null = null
  let after: Facts = before
  const handle = make((inner) => {
    passed = inner
    after = factsOf(inner)
    return new ProxyResponse(200, new Fields(), null)
  })
  try {
    const answer = handle(request, cx)
    if (answer instanceof Promise) {
      answer.catch(() => undefined)
      return { text: 'what it would do shows only when it does it', status: null, passed: request }
    }
    const went = passed as ProxyRequest | null
    if (went !== null) return { text: shownChanges(before, after, answer.headers), status: null, passed: went }
    answer.discard()
    return { text: answerText(answer), status: answer.status, passed: null }
  } catch (error) {
    if (!(error instanceof TooCostly)) throw error
    return { text: 'refuses with 400: matching it takes too many steps', status: 400, passed: null }
  }
}

function answerText({ status, headers }: ProxyResponse): string {
  const location = headers.first('location')
  if (location !== null) return `answers ${status} to ${shownField('Location', location)}`
  return status < 400 ? `answers ${status} by itself` : `refuses with ${status}`
}

/** A middleware that is built to be tried out: it can reach nothing and leaves no trace. */
export function trialScope(name: string, ports: Ports, manual: ManualSwitch): BuildScope {
  const nothing = (): never => {
    throw new ConfigError('nothing is opened to try something out')
  }
  return {
    name,
    user: 'trial',
    ports,
    once: (create) => create(),
    service: nothing,
    chain: nothing,
    open: nothing,
    observer: null,
    health: { epoch: 0, isUp: () => true, changedAt: () => null, passes: () => 0 },
    server: () => ({ drained: false, joinedAt: null }),
    manual,
    watch() {},
    warn() {},
  }
}
