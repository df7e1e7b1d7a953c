import type { RequestContext } from '../http/context.ts'
import type { ProxyRequest } from '../http/request.ts'
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
  if (config.by === 'address') return createIpStrategy(config.ipStrategy)
  if (config.by === 'host') return (request) => request.authority
  const { name } = config
  return (request) => request.headers.first(name) ?? ''
}
