import { isFromPage } from '../../../../src/api/control.ts'
import { isEmptyConfiguration } from '../../../../src/compiler/merge/empty.ts'
import { ContentTooLarge } from '../../../../src/http/body.ts'
import { Fields } from '../../../../src/http/fields.ts'
import { busyReply, CountedBody, Kept, MemoryShort } from '../../../../src/http/kept.ts'
import { bareReply, errorReply, notFound } from '../../../../src/http/replies.ts'
import type { ProxyRequest } from '../../../../src/http/request.ts'
import type { RequestContext } from '../../../../src/http/request-context.ts'
import { ProxyResponse } from '../../../../src/http/response.ts'
import type { ConfigProblem } from '../../../../src/plan/problem.ts'
import { type RestRead, readRest } from '../../reading/rest-read.ts'
import type { Provider, ProviderSink } from '../provider.ts'
import type { CreateProvider, ProviderOptions, RestPorts } from '../registry.ts'

export const createRestProvider: CreateProvider<ProviderOptions<'rest'>> = (name, _, context) =>
  new RestProvider(name, context.rest)

const PATH = /^\/api\/providers\/([^/]+)$/
const MAX_BYTES = 64 * 1024 * 1024
/** Texts up to this many bytes are read at once. */
const SHORT = 64 * 1024
/** Names that are ignored which one answer tells of. */
const MOST_TOLD = 10
const MOST_TOLD_CHARACTERS = 1_000

/**
 * The configuration that somebody puts to `rest@internal` (Traefik v3.7 `pkg/provider/rest`): each takes the place of
 * the one before, and nothing is stored.
 */
class RestProvider implements Provider {
  readonly name: string
  /** There is nothing before somebody puts something. */
  readonly isMute = true
  #sink: ProviderSink | null = null
  #last: Extract<RestRead, { fault: null }> | null = null

  /** @param ports null: nobody can put anything here */
  constructor(name: string, ports: RestPorts | null) {
    this.name = name
    ports?.serve((request, cx) => this.#handle(ports, request, cx))
  }

  run(sink: ProviderSink, signal: AbortSignal): Promise<void> {
    this.#sink = sink
    sink.connected('PUT /api/providers/rest')
    // The last one stays in force where the provider is run again.
    if (this.#last !== null) this.#emit()
    return new Promise((resolve) => {
      const end = (): void => {
        this.#sink = null
        resolve()
      }
      if (signal.aborted) end()
      else signal.addEventListener('abort', end, { once: true })
    })
  }

  #emit(): void {
    this.#sink?.emit(() => ({ config: this.#last?.config ?? {}, problems: this.#last?.problems ?? [] }))
  }

  async #handle(ports: RestPorts, request: ProxyRequest, cx: RequestContext): Promise<ProxyResponse> {
    const wanted = PATH.exec(request.path)?.[1]
    if (wanted === undefined) return notFound()
    if (request.method !== 'PUT') return methodNotAllowed()
    if (isFromPage(request.headers)) return errorReply(403, 'the REST provider takes nothing from pages of browsers')
    if (wanted !== 'rest') return errorReply(400, "Only 'rest' provider can be updated through the REST API")
    const text = await textOf(request, new Kept(ports.kept, cx))
    if (text instanceof ProxyResponse) return text
    const read = text.length > SHORT ? await ports.readElsewhere(text) : readRest(text)
    if (read.fault !== null) return errorReply(400, read.fault)
    // As everywhere: what says nothing at all changes nothing.
    if (!isEmptyConfiguration(read.config)) {
      this.#last = read
      this.#emit()
    }
    const lines = ['Content-Type', 'application/json; charset=UTF-8']
    if (read.problems.length > 0) lines.push('Warning', warningOf(read.problems))
    return new ProxyResponse(200, new Fields(lines), read.shown)
  }
}

async function textOf({ content }: ProxyRequest, kept: Kept): Promise<string | ProxyResponse> {
  if (content === null) return ''
  try {
    return new TextDecoder().decode(await new CountedBody(content, kept).bytes(MAX_BYTES))
  } catch (error) {
    if (error instanceof ContentTooLarge) return errorReply(413)
    if (error instanceof MemoryShort) return busyReply()
    return errorReply(400, 'unexpected EOF')
  }
}

function methodNotAllowed(): ProxyResponse {
  const reply = bareReply(405)
  reply.headers.append('Allow', 'PUT')
  return reply
}

/** RFC 9111 took the field away from caches; as other APIs do, it tells a client of what was passed over. */
function warningOf(problems: readonly ConfigProblem[]): string {
  const told = problems
    .slice(0, MOST_TOLD)
    .map(({ path, hint }) => `${path.join('.')}${hint === null ? '' : ` (${hint})`}`)
  const more = problems.length - told.length
  const text = `unknown options are ignored: ${told.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  const clean = text.replace(/["\\]/g, "'").replace(/[^\x20-\x7e]/g, '?')
  return `299 signalbox "${clean.slice(0, MOST_TOLD_CHARACTERS)}"`
}
