import { Fields } from '../../src/http/fields.ts'
import { bareReply, errorReply, notFound } from '../../src/http/replies.ts'
import { ProxyResponse } from '../../src/http/response.ts'
import { runtimeClock } from '../web/clock.ts'
import { EdgeContext } from './bridge/edge-context.ts'
import { fromNative, type NativeRequest, type ReceivedRequest } from './bridge/request.ts'
import { toNative } from './bridge/response.ts'
import type { WorkerEnv } from './env.ts'
import { Isolate, type Serving } from './isolate.ts'
import { reasonOf } from './limits.ts'
import { createLogger } from './ports.ts'
import { rehearse } from './rehearsal.ts'

let isolate: Isolate | null = null

/** The proxy as a Worker: serves the published plan; its scheduled handler checks servers' health. */
export const signalbox = {
  fetch(native: NativeRequest, env: WorkerEnv, execution: ExecutionContext): Response | Promise<Response> {
    isolate ??= new Isolate(env)
    isolate.network ??= native.cf
    const received = fromNative(native)
    const { asked } = received
    if (asked === null) return pass(native, received, isolate, env, execution)
    const question = { asked, native, isolate, env, execution }
    return import('./status-answer.ts').then(({ statusOr }) =>
      statusOr(question, () => pass(native, received, question.isolate, env, execution)),
    )
  },

  async scheduled(_event: ScheduledController, env: WorkerEnv, execution: ExecutionContext): Promise<void> {
    isolate ??= new Isolate(env)
    const { runOf } = await import('./scheduled.ts')
    await runOf(isolate, env, execution)
  },
} satisfies ExportedHandler<WorkerEnv>

/** What the configuration says. */
function pass(
  native: NativeRequest,
  received: ReceivedRequest,
  from: Isolate,
  env: WorkerEnv,
  execution: ExecutionContext,
): Response | Promise<Response> {
  const serving = from.serving(execution)
  const trustsCaller = env.SIGNALBOX_TRUST_CALLER === 'true'
  return serving instanceof Promise
    ? serving.then((found) => serve(native, received, found, execution, trustsCaller))
    : serve(native, received, serving, execution, trustsCaller)
}

function serve(
  native: NativeRequest,
  { method, request, refusal, token, received }: ReceivedRequest,
  serving: Serving | null,
  execution: ExecutionContext,
  trustsCaller: boolean,
): Response | Promise<Response> {
  const secure = request?.scheme === 'https'
  const entryPoint = (secure ? serving?.tlsEntryPoint : serving?.plainEntryPoint) ?? ''
  const revision = serving?.head.revision ?? null
  const cx = new EdgeContext(entryPoint, native, received, execution, runtimeClock.now(), trustsCaller, revision)
  const reply = (response: ProxyResponse) => {
    const answered = answer(response, method, cx)
    if (token === null || isolate === null) return answered
    const { reader } = isolate
    return import('./debug-header.ts').then(({ explained }) => explained(answered, token, reader, cx.record, serving))
  }
  if (request === null) return reply(refuse(refusal))
  if (request.target === '*') return reply(method === 'OPTIONS' ? bareReply(200) : refuse('Bad Request'))
  if (serving === null) return reply(dark())
  const handler = secure ? serving.tls : serving.plain
  if (handler === null) return reply(notFound())
  const response = handler(request, cx)
  return response instanceof Promise ? response.then(reply) : reply(response)
}

/** There is nothing to serve by: it says nothing about what was asked for, and may be over soon. */
const dark = (): ProxyResponse =>
  new ProxyResponse(
    503,
    new Fields(['Content-Type', 'text/plain; charset=utf-8', 'Cache-Control', 'no-store', 'Retry-After', '5']),
    '503 Service Unavailable',
  )

const refuse = (text: string): ProxyResponse =>
  new ProxyResponse(400, new Fields(['Content-Type', 'text/plain; charset=utf-8']), `400 ${text}`)

/** An answer that workerd refuses to send (an odd status, a field with a line feed) is a bug and becomes a 500. */
function answer(response: ProxyResponse, method: string, cx: EdgeContext): Response | Promise<Response> {
  const failed = (error: unknown) => {
    isolate?.log.log('error', 'Answer could not be sent', {
      router: cx.record.router,
      cause: reasonOf(error),
    })
    response.discard()
    return toNative(errorReply(500), method, cx)
  }
  try {
    const answered = toNative(response, method, cx)
    return answered instanceof Promise ? answered.catch(failed) : answered
  } catch (error) {
    return failed(error)
  }
}

rehearse((native, serving) => serve(native, fromNative(native), serving, {} as ExecutionContext, false)).catch(
  (error) => {
    // The worker serves without it, only later at first.
    createLogger('').log('warn', 'Worker starts cold', { cause: reasonOf(error) })
  },
)
