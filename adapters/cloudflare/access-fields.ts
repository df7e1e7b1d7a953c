import type { RequestContext } from '../../src/http/request-context.ts'
import type { AccessFields } from '../../src/telemetry/access-log/fields.ts'
import { EdgeContext, isOfNetwork } from './bridge/edge-context.ts'

/** What only Cloudflare's network knows of an exchange, as fields of access lines. Left out where it says nothing. */
export const edgeFields: AccessFields = {
  ASN: ({ cx }) => numberIn(networkOf(cx.exchange).asn),
  Colo: ({ cx }) => textIn(networkOf(cx.exchange).colo),
  Country: ({ cx }) => textIn(networkOf(cx.exchange).country),
  EdgeRay: ({ cx: { exchange } }) =>
    exchange instanceof EdgeContext && isOfNetwork(exchange.native)
      ? textIn(exchange.native.headers.get('cf-ray'))
      : undefined,
  EdgeRevision: ({ cx: { exchange } }) => (exchange instanceof EdgeContext ? numberIn(exchange.revision) : undefined),
}

/** Reading it parses it. */
const networkOf = (exchange: RequestContext): Facts =>
  exchange instanceof EdgeContext && isOfNetwork(exchange.native) ? (exchange.native.cf as Facts) : {}

type Facts = Readonly<Record<string, unknown>>

const textIn = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value.slice(0, 64) : undefined

const numberIn = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)
