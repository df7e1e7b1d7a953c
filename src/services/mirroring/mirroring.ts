import { defineService, type Service } from '../../contracts/kinds.ts'
import type { Ports } from '../../contracts/ports.ts'
import { TooCostly } from '../../http/effort.ts'
import type { Handler } from '../../http/handler.ts'
import { andThen, type MaybePromise } from '../../http/maybe-promise.ts'
import { onCopy } from '../../http/on-copy.ts'
import { copyOf, type RequestCopies } from '../../http/replay.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { ActiveSpan, RequestContext } from '../../http/request-context.ts'
import { ProxyResponse } from '../../http/response.ts'
import type { MirroringPlan } from '../../plan/services.ts'
import { isInternal } from '../shared/children.ts'
import { keepRequest } from '../shared/kept-request.ts'
import { notEnabled } from '../shared/not-enabled.ts'
import { MirrorContext } from './mirror-context.ts'

/**
 * Requests whose copies wait or are under way; past it copies are dropped, so that a mirror that hangs costs no more
 * than this.
 */
const MAX_PENDING = 1000

/**
 * A main service, and others that get copies of its requests (Traefik v3.7 `pkg/server/service/loadbalancer/mirror`).
 * Upgrades are not copied.
 */
export const mirroring = defineService<MirroringPlan>({
  build(plan, scope) {
    const main = scope.service(plan.main.service)
    const mirrors = plan.mirrors.map(({ service, percent }) => new Mirror(scope.service(service).handle, percent))
    const copies = new Copies(scope.ports)
    let requests = 0

    const handle: Handler = (request, cx) => {
      requests++
      const due = dueOf(mirrors, requests)
      if (due === null || request.upgrade !== null) return main.handle(request, cx)
      if (!plan.mirrorBody) {
        copies.sendLater(headOf(request), due, cx)
        return onCopy(main.handle, copyOf(request), cx)
      }
      return andThen(keepRequest(request, plan.maxBodySize, scope.ports.kept, cx), (kept) => {
        if (kept instanceof ProxyResponse) return kept
        if (kept === null) return main.handle(request, cx)
        copies.sendLater(kept, due, cx)
        return onCopy(main.handle, kept(), cx)
      })
    }
    return {
      name: scope.name,
      unchecked: plan.healthCheck ? uncheckedBy(main) : notEnabled('mirroring'),
      handle,
      isUp: () => main.isUp(),
      servers: null,
    }
  },
})

function uncheckedBy({ name, unchecked }: Service): string | null {
  if (unchecked === null) return null
  return isInternal(name)
    ? `service of mirroring ${unchecked}`
    : `cannot register service of mirroring as updater: ${unchecked}`
}

class Mirror {
  readonly handle: Handler
  readonly #percent: number
  #sent = 0

  constructor(handle: Handler, percent: number) {
    this.handle = handle
    this.#percent = percent
  }

  /** Whether it gets request number n, which then counts as sent: the first one of each period, exact over 100. */
  takes(n: number): boolean {
    if (this.#sent * 100 >= n * this.#percent) return false
    this.#sent++
    return true
  }
}

/** Null: nobody, as for most requests. */
function dueOf(mirrors: readonly Mirror[], n: number): Mirror[] | null {
  let due: Mirror[] | null = null
  for (const mirror of mirrors) {
    if (!mirror.takes(n)) continue
    if (due === null) due = [mirror]
    else due.push(mirror)
  }
  return due
}

/** Copies without the content. */
function headOf(request: ProxyRequest): RequestCopies {
  const head = copyOf(request)
  head.content = null
  return () => copyOf(head)
}

/** Sends copies once the client has its answer, to one mirror after the other; what comes of them is ignored. */
class Copies {
  readonly #ports: Ports
  #pending = 0

  constructor(ports: Ports) {
    this.#ports = ports
  }

  sendLater(copies: RequestCopies, mirrors: readonly Mirror[], cx: RequestContext): void {
    const { span } = cx.record
    cx.onEnd(({ aborted }) => {
      if (aborted) return
      if (this.#pending >= MAX_PENDING) {
        this.#ports.log.log('debug', 'Too many mirrored requests are under way, one is dropped')
        return
      }
      const { lease } = cx
      this.#pending++
      lease?.enter()
      copies.kept?.hold()
      const done = () => {
        this.#pending--
        copies.kept?.release()
        lease?.leave()
      }
      cx.waitUntil(this.#sendAll(copies, mirrors, cx, span).then(done, done))
    })
  }

  async #sendAll(
    copies: RequestCopies,
    mirrors: readonly Mirror[],
    original: RequestContext,
    span: ActiveSpan | null,
  ): Promise<void> {
    for (const { handle } of mirrors) {
      const cx = new MirrorContext(original, this.#ports.clock.now(), span)
      const copy = copies()
      const requestSize = copy.content?.length ?? 0
      let status = 0
      let size = 0
      try {
        const response = await handle(copy, cx)
        status = response.status
        size = await read(response)
      } catch (error) {
        // What a client can bring about with each request is no line in the log each time.
        const level = error instanceof TooCostly ? 'debug' : 'error'
        this.#ports.log.log(level, 'Mirrored request failed', { cause: String(error) })
      }
      cx.end({ status, size, requestSize, aborted: false })
    }
  }
}

/**
 * An answer is read to its end, as a client would, so that the mirror can finish and its connection be used again.
 * Gives the number of its octets.
 */
function read({ content }: ProxyResponse): MaybePromise<number> {
  if (content === null || typeof content === 'string') return content?.length ?? 0
  return new Promise((resolve) => {
    let size = 0
    const done = () => resolve(size)
    const write = (chunk: Uint8Array): boolean => {
      size += chunk.length
      return true
    }
    content.pipe({ write, end: done, fail: done })
  })
}
