import { formatDuration } from '../../../../schema/duration.ts'
import { annotationField } from './annotations.ts'
import { sizeOf } from './buffering.ts'
import type { Location, NginxMiddleware } from './location.ts'

const CONDITIONS = /^(?:error|timeout|invalid_header|http_\d{3}|non_idempotent|off|updating)$/

/** `proxy-next-upstream`: when a request is sent again, and how often. */
export function nextUpstream(location: Location): NginxMiddleware | null {
  const { annotations, options, findings, serverCount } = location
  const tries = annotations['proxy-next-upstream-tries'] ?? options.proxyNextUpstreamTries
  const conditions = (annotations['proxy-next-upstream'] ?? options.proxyNextUpstream)
    .split(/\s+/)
    .filter((word) => word !== '')
  for (const word of conditions) {
    if (CONDITIONS.test(word)) continue
    findings.warn(annotationField('proxy-next-upstream'), `condition ${JSON.stringify(word)} has no effect`)
  }
  if (tries < 0 || conditions.length === 0 || conditions.includes('off')) return null
  // 0: any number, which is that of the servers.
  const attempts = tries === 0 ? serverCount : tries
  if (attempts === 0) return null
  const status = conditions.filter((word) => word.startsWith('http_')).map((word) => word.slice('http_'.length))
  const seconds = annotations['proxy-next-upstream-timeout'] ?? options.proxyNextUpstreamTimeout ?? 0
  return {
    suffix: 'retry',
    middleware: {
      retry: {
        attempts,
        maxRequestBodyBytes: keptBytes(location, status.length > 0),
        ...(conditions.includes('error') || conditions.includes('timeout') ? {} : { disableRetryOnNetworkError: true }),
        ...(status.length === 0 ? {} : { status }),
        ...(conditions.includes('non_idempotent') ? { retryNonIdempotentMethod: true } : {}),
        ...(seconds > 0 ? { timeout: formatDuration(BigInt(seconds) * 1_000_000_000n) } : {}),
      },
    },
  }
}

/** What is kept of a request to be sent again; -1: all of it. */
function keptBytes(location: Location, byStatus: boolean): number {
  const { annotations, options } = location
  const buffering = annotations['proxy-request-buffering']
  const isBuffered = buffering === undefined ? options.proxyRequestBuffering === true : buffering === 'on'
  if (byStatus && !isBuffered) return 0
  const size = sizeOf(location, 'proxy-body-size', options.proxyBodySize)
  return size === 0 ? -1 : size
}
