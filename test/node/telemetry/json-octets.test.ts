import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonOctets, octetLines } from '../../../adapters/node/telemetry/json-octets.ts'
import type { OctetSink } from '../../../adapters/node/telemetry/octets.ts'
import { accessFields } from '../../../src/telemetry/access-log/fields.ts'
import { jsonFormat } from '../../../src/telemetry/access-log/json-format.ts'
import type { LoggedExchange } from '../../../src/telemetry/access-log/logged-exchange.ts'
import {
  type AccessSketch,
  accessLines,
  accessOptions,
  type ExchangeSketch,
  proxied,
} from '../../support/access-log.ts'

/** Keeps what is put, in so little room that all of it is used. */
class KeptLines implements OctetSink {
  octets = Buffer.alloc(64 * 1024, 0xff)
  at = 0
  readonly lines: string[] = []

  begin(most: number): boolean {
    expect(most).toBeLessThan(this.octets.length)
    this.octets.fill(0xff)
    this.at = 0
    return true
  }

  added(): void {
    this.lines.push(this.octets.toString('utf8', 0, this.at))
  }
}

/** Lines as they are put, null where one is no ordinary one, beside those of `jsonFormat`. */
function both(sketch: AccessSketch, ...exchanges: ExchangeSketch[]) {
  const options = accessOptions({ ...sketch, format: 'json' })
  const sink = new KeptLines()
  const put = jsonOctets(options, sink)
  const text = jsonFormat(options)
  const lines: { readonly put: string | null; readonly text: string }[] = []
  const ordinaryLines = () => (exchange: LoggedExchange) => {
    const isPut = put(exchange)
    const line = `${text(exchange, Number.POSITIVE_INFINITY)}\n`
    lines.push({ put: isPut ? sink.lines.pop()! : null, text: line })
    return true
  }
  accessLines({ ...sketch, format: 'json', platform: { ...octetLines(sink), ordinaryLines } }, ...exchanges)
  expect(sink.lines).toEqual([])
  return lines
}

/** Of each line, whether it was put. */
function puts(sketch: AccessSketch, ...exchanges: ExchangeSketch[]): boolean[] {
  return both(sketch, ...exchanges).map(({ put, text }) => {
    if (put !== null) expect(put).toBe(text)
    return put !== null
  })
}

const named = (record: ExchangeSketch['record']): ExchangeSketch => ({
  ...proxied,
  record: { ...proxied.record, ...record },
})
const asking = (request: ExchangeSketch['request']): ExchangeSketch => ({ ...proxied, request: { ...request } })
const tls = {
  ...{ version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256', serverName: null, options: null },
  certificates: () => [],
}

const ascii = String.fromCharCode(...Array.from({ length: 0x80 }, (_, code) => code))

describe('ordinary lines are put', () => {
  test.each<[string, ExchangeSketch, ExchangeSketch?]>([
    ['of a server', proxied, asking({ host: 'other.test:8080', method: 'POST' })],
    ['of ours', { response: { status: 404 }, end: { size: 19 } }, proxied],
    ['over TLS', { ...proxied, client: { tls } }, proxied],
    ['of IPv6', { ...proxied, client: { address: '2001:db8::1' } }, proxied],
    ['of two clients', { ...proxied, client: { port: 1 } }, { ...proxied, client: { port: 257 } }],
    ['of two addresses', proxied, { ...proxied, client: { address: '192.0.2.2' } }],
    ['of whom trusted peers name', asking({ headers: ['X-Forwarded-For', '203.0.113.7'] }), proxied],
    ['without a host', asking({ host: '' }), proxied],
    [
      'compressed',
      { ...named({ originSize: 50 }), end: { size: 20 } },
      { ...named({ originSize: 1 }), end: { size: 3 } },
    ],
    [
      'with names that need escapes',
      named({ router: 'é"\\<&>\u2028\u{1F600}\ud800@file', username: 'a"\n\x7f' }),
      proxied,
    ],
    ['with a path of all that is ASCII', asking({ target: `/${ascii}` }), proxied],
    ['with a method that needs them', asking({ method: '<b>' }), proxied],
    ['retried', named({ retries: 12 })],
    ['in another second', { ...proxied, durationMs: 999.9999 }, { ...proxied, durationMs: 1000.25 }],
    ['of an Ingress', named({ routerOrigin: { kind: 'Ingress', namespace: 'ns', name: 'n' } }), proxied],
    ['large', { ...proxied, end: { size: 2 ** 53 - 1, requestSize: 10 ** 9 } }, { ...proxied, end: { size: 1e21 } }],
  ])('%s', (_, ...exchanges) => {
    const all = exchanges.filter((exchange) => exchange !== undefined)
    expect(puts({}, ...all, ...all)).not.toContain(false)
  })

  test.each([0, 9, 10, 99, 100, 999, 1e3, 9_999, 1e5, 999_999, 1e6, 1e7, 1e8, 999_999_999, 1e9, 1_000_000_001, 1e15])(
    '%i octets',
    (size) => {
      expect(puts({}, { ...proxied, end: { size } })).toEqual([true])
    },
  )
})

describe('others are left to the text', () => {
  test.each<[string, ExchangeSketch]>([
    ['a path with UTF-8', asking({ target: '/\xc3\xa9' })],
    ['with what is none', asking({ target: '/\xff' })],
    ['with what no octet is', asking({ target: '/\u0141' })],
    ['a long one', asking({ target: `/${'a'.repeat(1000)}` })],
    ['one that is long once it is escaped', asking({ target: `/${'&'.repeat(100)}` })],
    ['a long host', asking({ host: 'a'.repeat(1000) })],
    ['a long name', named({ username: '\x01'.repeat(200) })],
    ['a client that is named ill', asking({ headers: ['X-Forwarded-For', '\xff'] })],
    ['a traced one', named({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' })],
  ])('%s', (_, exchange) => {
    expect(puts({}, proxied, exchange, proxied)).toEqual([true, false, true])
  })
  test('fields of a message that are long', () => {
    const long = ['X-Long', `${'a'.repeat(2000)}${'\xc3\xa9'.repeat(50)}`]
    const fields = { headers: { defaultMode: 'keep' } } as const
    const exchanges = [asking({ headers: long }), { ...proxied, response: { headers: long } }, proxied]
    expect(puts({ fields }, ...exchanges, named({ originFields: long }))).toEqual([false, false, true, false])
    expect(puts({}, ...exchanges, named({ originFields: long }))).toEqual([true, true, true, true])
  })
})

test('a line that no room is left for is not left to the text', () => {
  const sink = new KeptLines()
  sink.begin = () => false
  expect(accessLines({ format: 'json', platform: octetLines(sink) }, proxied)).toEqual([])
  expect(sink.lines).toEqual([])
})

test('only lines of JSON are put', () => {
  const sink = new KeptLines()
  const [line] = accessLines({ platform: octetLines(sink) }, proxied)
  expect(line).toMatch(/^192/)
  expect(accessLines({ format: 'json', platform: octetLines(sink) }, proxied)).toEqual([])
  expect(sink.lines).toEqual([expect.stringMatching(/^\{"ClientAddr":.*\}\n$/)])
})

test('whatever is said, and whatever of it is kept, both say the same', () => {
  const octets = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) })
  const plain = fc.string({ unit: fc.constantFrom(...'abc/?=%-._~019') })
  const wire = fc.oneof({ arbitrary: plain, weight: 4 }, octets)
  const text = fc.oneof(plain, fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom('\ud800', '"', 'é') }))
  const size = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.double({ noNaN: true }))
  const name = fc.oneof(fc.constantFrom('Accept', 'accept', 'X-A', 'Authorization', 'Transfer-Encoding'), plain)
  const lines = fc.array(fc.tuple(name, wire), { maxLength: 4 }).map((fields) => fields.flat())
  const exchange: fc.Arbitrary<ExchangeSketch> = fc.record({
    response: fc.record({ headers: lines }),
    request: fc.record({
      method: fc.oneof(fc.constantFrom('GET', 'POST'), wire),
      scheme: fc.constantFrom('http', 'https'),
      host: wire,
      target: wire,
      headers: fc.oneof(
        { arbitrary: lines, weight: 4 },
        wire.map((value) => ['X-Forwarded-For', value]),
      ),
    }),
    client: fc.record({
      address: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('')),
      port: fc.nat(65_535),
      tls: fc.constantFrom(null, tls),
    }),
    record: fc.record({
      router: text,
      loadBalancer: text,
      serverUrl: fc.oneof(fc.webUrl(), text),
      username: fc.oneof(fc.constant(null), text),
      retries: fc.nat(3),
      originStatus: fc.constantFrom(0, 200),
      originFields: fc.oneof(fc.constant(null), lines),
      originSize: fc.oneof(fc.constant(-1), size),
      routerOrigin: fc.record({ kind: fc.constantFrom('Ingress', 'IngressRoute'), namespace: text, name: text }),
      serviceOrigin: fc.record({ namespace: text, name: text, port: text }),
    }),
    end: fc.record({ status: fc.nat(999), size, requestSize: size }),
    durationMs: fc.double({ min: 0, max: 100_000, noNaN: true }),
  })
  const modes = fc.constantFrom('keep', 'drop', 'redact')
  const fields = fc.record({
    headers: fc.record({
      defaultMode: modes,
      names: fc.dictionary(fc.constantFrom('accept', 'X-A', 'Authorization'), modes),
    }),
    defaultMode: fc.constantFrom('keep', 'drop'),
    names: fc.dictionary(fc.constantFrom(...Object.keys(accessFields)), modes),
    queryParameters: fc.record({ defaultMode: fc.constantFrom('keep', 'drop') }),
  })
  fc.assert(
    fc.property(fields, fc.array(exchange, { minLength: 1, maxLength: 6 }), (kept, exchanges) => {
      // Once more, as much is remembered.
      puts({ fields: kept }, ...exchanges, ...exchanges)
    }),
    { numRuns: 500 },
  )
})
