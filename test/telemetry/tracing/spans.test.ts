import { describe, expect, test } from 'vitest'
import type { Asked } from '../../../src/contracts/observer.ts'
import type { Handler } from '../../../src/http/handler.ts'
import { RequestContext } from '../../../src/http/request-context.ts'
import { tracedTransport } from '../../../src/telemetry/tracing/client.ts'
import { inExchange, inSpan } from '../../../src/telemetry/tracing/exchange.ts'
import { spanNameOf } from '../../../src/telemetry/tracing/middleware-names.ts'
import { parentOf } from '../../../src/telemetry/tracing/parent.ts'
import { redactedQuery, redactedUrl } from '../../../src/telemetry/tracing/redaction.ts'
import { samplerOf } from '../../../src/telemetry/tracing/sampling.ts'
import type { Span } from '../../../src/telemetry/tracing/span.ts'
import { Tracer } from '../../../src/telemetry/tracing/tracer.ts'
import { requestOf, responseOf } from '../../support/middleware.ts'

class Context extends RequestContext {
  override waitUntil(): void {}
}

function rig({ endsAtHead = false } = {}) {
  const ended: Span[] = []
  let now = 100
  const plan = { sampleRate: 1, addInternals: false, requestHeaders: [], responseHeaders: [], safeQueryParams: [] }
  const ports = { sink: { add: (span: Span) => void ended.push(span) }, now: () => now++, random: () => 0.5 }
  const tracer = new Tracer(plan, ['tracecontext'], ports, () => new Date(1_000))
  const platform = { endsAtHead }
  const exchange = inExchange(tracer, true, platform)
  const part = (name: string) => inSpan(name, () => [], platform)
  const cx = new Context('web', { address: '192.0.2.1', port: 1, tls: null }, 0)
  const end = (status = 200) => cx.end({ status, size: 0, requestSize: 0, aborted: false })
  return { tracer, exchange, part, cx, end, ended, names: () => ended.map(({ name }) => name) }
}

const answer: Handler = () => responseOf({ status: 200 })

describe('where an exchange is in its trace', () => {
  test('whoever goes on after an inner part is outside of it again', async () => {
    const { exchange, part, cx, end, ended } = rig()
    const repeating: Handler = async (request, context) => {
      const inner = part('inner')(async () => responseOf({ status: 500 }))
      await inner(request, context)
      return inner(request, context)
    }
    await exchange(part('outer')(repeating))(requestOf({}), cx)
    end()
    const [second, first, outer, server] = ended
    expect([first!.parentId, second!.parentId]).toEqual([outer!.spanId, outer!.spanId])
    expect(outer!.parentId).toBe(server!.spanId)
    expect(server!.parentId).toBe('')
  })

  test('also where the inner part fails', async () => {
    const { exchange, part, cx } = rig()
    const failing = part('inner')(() => Promise.reject(new Error('a bug')))
    await exchange(async (request, context) => {
      const outside = context.record.span
      await Promise.resolve(failing(request, context)).catch(() => {})
      expect(context.record.span).toBe(outside)
      return responseOf({ status: 500 })
    })(requestOf({}), cx)
  })

  test('parts last until the exchange is over, but not those that were given up', () => {
    const { exchange, part, cx, end, names } = rig()
    void exchange((request, context) => {
      const mark = context.beginPart()
      void part('given up')(answer)(request, context)
      context.endSince(mark, { status: 502, size: 0, requestSize: 0, aborted: false, isPart: true })
      expect(names()).toEqual(['given up'])
      return part('kept')(answer)(request, context)
    })(requestOf({}), cx)
    expect(names()).toEqual(['given up'])
    end()
    expect(names()).toEqual(['given up', 'kept', 'GET'])
  })

  test('where waiting for the end costs, all ends with the head', async () => {
    const { exchange, part, cx, names } = rig({ endsAtHead: true })
    await exchange(part('part')(answer))(requestOf({}), cx)
    expect(names()).toEqual(['part', 'GET'])
    expect(cx.wantsEnd).toBe(false)
  })

  test('a bug that is thrown ends it too', () => {
    const { exchange, cx, ended } = rig({ endsAtHead: true })
    const buggy: Handler = () => {
      throw new Error('a bug')
    }
    expect(() => exchange(buggy)(requestOf({}), cx)).toThrow('a bug')
    expect(ended.map(({ status }) => status)).toEqual([2])
  })

  test('what was said of a failure stays, and comes once', () => {
    const { exchange, cx, end, ended } = rig()
    void exchange((_, { record }) => {
      record.span!.fail('Authentication failed')
      return responseOf({ status: 401 })
    })(requestOf({}), cx)
    end(401)
    end(401)
    expect(ended.map(({ status, message }) => [status, message])).toEqual([[2, 'Authentication failed']])
  })
})

test.each<[Asked, Record<string, unknown>]>([
  [
    { what: 'server', scheme: 'http', authority: 'a.test', hasUserInfo: false },
    { 'url.full': 'http://a.test/x', 'network.peer.address': '', 'server.address': 'a.test', 'server.port': 80 },
  ],
  [
    { what: 'server', scheme: 'https', authority: '[::1]:8443', hasUserInfo: false },
    { 'url.full': 'https://[::1]:8443/x', 'network.peer.address': '::1', 'server.address': '::1', 'server.port': 8443 },
  ],
])('a server %j', (asked, attributes) => {
  const { tracer, cx, ended } = rig()
  tracer.begin(requestOf({}), cx, false)
  void tracedTransport(tracer, asked, { send: () => responseOf({ status: 200 }), close() {} }).send(
    requestOf({ target: '/x' }),
    cx,
  )
  const said = Object.fromEntries(
    ended[0]!.attributes.flatMap((name, i, all) => (i % 2 === 0 ? [[name, all[i + 1]]] : [])),
  )
  expect(said).toMatchObject(attributes)
})

test.each([
  ['', ''],
  ['?', ''],
  ['?b=1&a=2&a=3', 'a=REDACTED&b=REDACTED'],
  ['?safe=x%20y&safe=%C3%A4&z', 'safe=x+y&safe=%C3%A4&z=REDACTED'],
  ['?a=%zz&b;c=1&%20=2', '+=REDACTED'],
  ['?safe%3D=1', 'safe%3D=REDACTED'],
])('query %s', (query, shown) => {
  expect(redactedQuery(query, new Set(['safe']))).toBe(shown)
})

test('a URL without what may be a secret', () => {
  expect(redactedUrl('http', true, 'a.test:81', '/x', '?k=v', new Set())).toBe(
    'http://REDACTED:REDACTED@a.test:81/x?k=REDACTED',
  )
})

test('a URL that ends in a question mark', () => {
  expect(redactedUrl('http', false, 'a.test', '/x', '?', new Set())).toBe('http://a.test/x?')
  expect(redactedUrl('http', false, 'a.test', '/x', '?&', new Set())).toBe('http://a.test/x')
})

test('a middleware of which Traefik has no span has none', () => {
  expect(spanNameOf('redirectRegex')).toBe('Redirect')
  expect(spanNameOf('redirectScheme')).toBeNull()
})

describe('sampling', () => {
  /** Evenly over all that there may be. */
  const ids = Array.from({ length: 1_000 }, (_, i) => {
    const half = (BigInt(i) * 2n ** 64n) / 1_000n
    return `${'0'.repeat(15)}1${half.toString(16).padStart(16, '0')}`
  })
  const parent = (isSampled: boolean) => parentOf(ids[1]!, '0000000000000001', isSampled)

  test.each([
    [1, 1_000],
    [0.25, 250],
    [0, 0],
    [-1, 0],
    [Number.NaN, 0],
  ])('a share of %d takes %d of 1,000, the same in every process', (rate, count) => {
    const sampler = samplerOf(rate)
    const taken = ids.filter((id) => sampler(id, null))
    expect(taken).toHaveLength(count)
    expect(taken).toEqual(ids.slice(0, count))
  })

  test('of a trace that began elsewhere those decide', () => {
    expect(samplerOf(0)(ids[999]!, parent(true))).toBe(true)
    expect(samplerOf(1)(ids[0]!, parent(false))).toBe(false)
  })
})
