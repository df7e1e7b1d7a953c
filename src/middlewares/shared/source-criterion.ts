import { sha1 } from '@noble/hashes/legacy.js'
import { ownText } from '../../http/fields.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { RequestContext } from '../../http/request-context.ts'
import { bytesOf } from './bytes.ts'
import { createIpStrategy, type IpStrategyConfig } from './ip-strategy.ts'

/** What requests are counted together by. */
export type SourceConfig =
  | { readonly by: 'address'; readonly ipStrategy: IpStrategyConfig | null }
  | { readonly by: 'field'; readonly name: string }
  | { readonly by: 'host' }

/** The source of a request; empty when it has none: all those share one key. */
export type Source = (request: ProxyRequest, cx: RequestContext) => string

/** Traefik v3.7 `pkg/middlewares/extractor.go`; the host counts as it was sent, with its port. */
export function createSource(config: SourceConfig): Source {
  if (config.by === 'address') {
    if (config.ipStrategy === null) return createIpStrategy(null)
    const address = createIpStrategy(config.ipStrategy)
    return (request, cx) => keptKey(address(request, cx))
  }
  if (config.by === 'host') return (request) => keptKey(request.authority)
  const { name } = config
  return (request) => keptKey(request.headers.first(name) ?? '')
}

const LONGEST_KEY = 128
/** Characters from the beginning and from the end of a longer one that count. */
const HASHED = 16_384

/** A key that outlives its request: it must not keep the request's head in memory, nor be as long as a peer likes. */
function keptKey(key: string): string {
  if (key.length <= LONGEST_KEY) return ownText(key)
  // Nobody tells clients apart by what stands in the middle of so long a value.
  const text = key.length <= 2 * HASHED ? key : `${key.length}:${key.slice(0, HASHED)}${key.slice(-HASHED)}`
  return String.fromCharCode(...sha1(bytesOf(text)))
}
