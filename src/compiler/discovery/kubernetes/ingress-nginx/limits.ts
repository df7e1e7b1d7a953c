import { annotationField } from './annotations.ts'
import type { Location, NginxMiddleware } from './location.ts'

const BURST = 5

/** `limit-rpm` and `limit-rps`. */
export function rateLimits({ annotations, findings }: Location): readonly NginxMiddleware[] {
  const asked = annotations['limit-burst-multiplier'] ?? BURST
  if (asked < 1) {
    const message = `limit-burst-multiplier ${asked} counts as ${BURST}`
    findings.warn(annotationField('limit-burst-multiplier'), message, 'a whole number from 1 on')
  }
  const multiplier = asked < 1 ? BURST : asked
  return (
    [
      ['limit-rpm', '1m0s'],
      ['limit-rps', '1s'],
    ] as const
  ).flatMap(([name, period]) => {
    const average = annotations[name] ?? 0
    if (average < 0) findings.warn(annotationField(name), `${name} ${average} is ignored: there is no limit`)
    const burst = average * multiplier
    if (average > 0 && !Number.isSafeInteger(burst)) {
      findings.warn(annotationField(name), `${name} ${average} is too large: there is no limit`)
      return []
    }
    return average > 0 ? [{ suffix: name, middleware: { rateLimit: { average, period, burst } } }] : []
  })
}

/** `limit-connections`: requests of one address at a time. */
export function connectionLimit({ annotations, findings }: Location): NginxMiddleware | null {
  const amount = annotations['limit-connections'] ?? 0
  if (amount < 0) {
    const name = 'limit-connections'
    findings.warn(annotationField(name), `${name} ${amount} is ignored: there is no limit`)
  }
  if (amount <= 0) return null
  return {
    suffix: 'limit-connections',
    middleware: { inFlightReq: { amount, sourceCriterion: { ipStrategy: {} } } },
  }
}

/** `allowlist-source-range`, by its older name `whitelist-source-range`. */
export function allowedAddresses({ annotations, options }: Location): NginxMiddleware | null {
  const text = annotations['allowlist-source-range'] ?? annotations['whitelist-source-range'] ?? ''
  if (text === '') return null
  const { ipAllowListStrategy } = options
  return {
    suffix: 'allowed-source-range',
    middleware: {
      ipAllowList: {
        sourceRange: text.split(',').map((range) => range.trim()),
        ...(ipAllowListStrategy === undefined ? {} : { ipStrategy: ipAllowListStrategy }),
      },
    },
  }
}
