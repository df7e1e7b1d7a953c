import { describe, expect, test } from 'vitest'
import { type AccessSketch, accessLines, type ExchangeSketch, proxied } from '../../support/access-log.ts'
import { requestOf } from '../../support/middleware.ts'

const agent = ['User-Agent', 'ag"e\\n\tt', 'Referer', 'http://ref/"']

describe('common', () => {
  test.each<[string, AccessSketch, ExchangeSketch, string]>([
    [
      'proxied',
      {},
      proxied,
      '192.0.2.1 - - [01/Jan/2026:00:00:01 +0000] "GET /x?a=1&b=%22q HTTP/1.1" 200 5 "-" "-" 1 "shop@file" "http://127.0.0.1:18099" 7ms\n',
    ],
    [
      'answered by us',
      {},
      { request: { target: '/nope' }, response: { status: 404 }, end: { size: 19 } },
      '192.0.2.1 - - [01/Jan/2026:00:00:01 +0000] "GET /nope HTTP/1.1" 404 19 "-" "-" 1 "-" "-" 7ms\n',
    ],
    [
      'the client left',
      {},
      { end: { status: 499, size: 0, aborted: true } },
      '192.0.2.1 - - [01/Jan/2026:00:00:01 +0000] "GET / HTTP/1.1" 499 0 "-" "-" 1 "-" "-" 7ms\n',
    ],
    [
      'headers kept, values escaped',
      { fields: { headers: { defaultMode: 'keep' } } },
      { request: { headers: agent } },
      '192.0.2.1 - - [01/Jan/2026:00:00:01 +0000] "GET / HTTP/1.1" 200 5 "http://ref/\\"" "ag\\"e\\\\n\\tt" 1 "-" "-" 7ms\n',
    ],
    [
      'headers redacted',
      { fields: { headers: { names: { 'USER-AGENT': 'redact' } } } },
      { request: { headers: agent } },
      '192.0.2.1 - - [01/Jan/2026:00:00:01 +0000] "GET / HTTP/1.1" 200 5 "-" "REDACTED" 1 "-" "-" 7ms\n',
    ],
    [
      'fields dropped, in any case',
      { fields: { names: { clientusername: 'drop', ROUTERNAME: 'drop', Duration: 'drop', RequestCount: 'redact' } } },
      { ...proxied, record: { ...proxied.record, username: 'bob' } },
      '192.0.2.1 - - [01/Jan/2026:00:00:01 +0000] "GET /x?a=1&b=%22q HTTP/1.1" 200 5 "-" "-" - "-" "http://127.0.0.1:18099" 0ms\n',
    ],
    [
      'all dropped but some',
      { fields: { defaultMode: 'drop', names: { RequestPath: 'keep' } } },
      proxied,
      '- - - [-] "- /x?a=1&b=%22q -" - - "-" "-" - "-" "-" 0ms\n',
    ],
    [
      'no query where it is to be redacted either',
      { fields: { queryParameters: { defaultMode: 'redact' } } },
      proxied,
      '192.0.2.1 - - [01/Jan/2026:00:00:01 +0000] "GET /x HTTP/1.1" 200 5 "-" "-" 1 "shop@file" "http://127.0.0.1:18099" 7ms\n',
    ],
    [
      'no query',
      { fields: { queryParameters: { defaultMode: 'drop' } } },
      proxied,
      '192.0.2.1 - - [01/Jan/2026:00:00:01 +0000] "GET /x HTTP/1.1" 200 5 "-" "-" 1 "shop@file" "http://127.0.0.1:18099" 7ms\n',
    ],
    [
      'the client behind trusted peers, and an ill-meant name',
      {},
      {
        request: { headers: ['X-Forwarded-For', '203.0.113.7', 'x-forwarded-for', '10.0.0.1'] },
        record: { username: 'a b"\n' },
      },
      '203.0.113.7, 10.0.0.1 - a\\x20b\\"\\n [01/Jan/2026:00:00:01 +0000] "GET / HTTP/1.1" 200 5 "-" "-" 1 "-" "-" 7ms\n',
    ],
    [
      'UTF-8 stays, what is none does not break it',
      { fields: { headers: { defaultMode: 'keep' } } },
      { request: { headers: ['User-Agent', 'caf\xc3\xa9 \xff\xe2\x80\xa8'] } },
      '192.0.2.1 - - [01/Jan/2026:00:00:01 +0000] "GET / HTTP/1.1" 200 5 "-" "café \ufffd\\u2028" 1 "-" "-" 7ms\n',
    ],
    [
      'several lines of a field, as middlewares have left them',
      { fields: { headers: { defaultMode: 'keep' } } },
      {
        request: { headers: ['User-Agent', 'a', 'User-Agent', 'b', 'Referer', 'http://ref/'] },
        passes: ({ headers }) => headers.delete('referer'),
      },
      '192.0.2.1 - - [01/Jan/2026:00:00:01 +0000] "GET / HTTP/1.1" 200 5 "-" "a,b" 1 "-" "-" 7ms\n',
    ],
    [
      'no password of a server',
      {},
      { ...proxied, record: { ...proxied.record, serverUrl: 'http://u:p@10.0.0.1:80' } },
      '192.0.2.1 - - [01/Jan/2026:00:00:01 +0000] "GET /x?a=1&b=%22q HTTP/1.1" 200 5 "-" "-" 1 "shop@file" "http://10.0.0.1:80" 7ms\n',
    ],
    [
      'generic',
      { format: 'genericCLF' },
      proxied,
      '192.0.2.1 - - [01/Jan/2026:00:00:01 +0000] "GET /x?a=1&b=%22q HTTP/1.1" 200 5 "-" "-"\n',
    ],
  ])('%s', (_, options, exchange, line) => {
    expect(accessLines(options, exchange)).toEqual([line])
  })
})

const ofKind = (kind: string) => ({ namespace: 'ns', name: 'front', kind })
const serviceOrigin = { namespace: 'ns', name: 'shop', port: 'web' }

describe('json', () => {
  const json = (options: AccessSketch['fields'], exchange: ExchangeSketch) =>
    accessLines({ format: 'json', fields: options ?? {} }, exchange)[0]!

  test('all fields of a proxied exchange, in alphabetical order', () => {
    const line = json({ names: { StartLocal: 'drop' } }, proxied)
    expect(line.replace(/"time":"[^"]*"/, '"time":""')).toBe(
      '{"ClientAddr":"192.0.2.1:4711","ClientHost":"192.0.2.1","ClientPort":"4711","ClientUsername":"-","DownstreamContentSize":5,' +
        '"DownstreamStatus":200,"Duration":7000000,"OriginContentSize":5,"OriginDuration":6000000,"OriginStatus":200,"Overhead":1000000,' +
        '"RequestAddr":"shop.test","RequestContentSize":0,"RequestCount":1,"RequestHost":"shop.test","RequestMethod":"GET",' +
        '"RequestPath":"/x?a=1\\u0026b=%22q","RequestPort":"-","RequestProtocol":"HTTP/1.1","RequestScheme":"http","RetryAttempts":0,' +
        '"RouterName":"shop@file","ServiceAddr":"127.0.0.1:18099","ServiceName":"shop@file","ServiceURL":"http://127.0.0.1:18099",' +
        '"StartUTC":"2026-01-01T00:00:01.000Z","entryPointName":"web","level":"info","msg":"","time":""}\n',
    )
  })

  test.each<[string, ExchangeSketch, Record<string, unknown>]>([
    [
      'answered by us',
      { response: { status: 404 }, end: { size: 19 } },
      {
        OriginStatus: 0,
        OriginContentSize: 0,
        OriginDuration: 0,
        GzipRatio: 0,
        Overhead: 7_000_000,
        ServiceName: undefined,
        RouterName: undefined,
      },
    ],
    [
      'the server failed',
      { ...proxied, record: { ...proxied.record, originStatus: 0 }, response: { status: 502 }, end: { size: 11 } },
      { OriginStatus: 502, OriginContentSize: 11, ServiceURL: 'http://127.0.0.1:18099', GzipRatio: undefined },
    ],
    [
      'compressed',
      { ...proxied, record: { ...proxied.record, originSize: 50 }, end: { size: 20 } },
      { OriginContentSize: 50, GzipRatio: 2.5 },
    ],
    [
      'a port',
      { request: { host: 'shop.test:99' } },
      { RequestAddr: 'shop.test:99', RequestHost: 'shop.test', RequestPort: '99' },
    ],
    [
      'IPv6',
      { request: { host: '[::1]:80' }, client: { address: '2001:db8::1' } },
      { RequestHost: '::1', RequestPort: '80', ClientAddr: '[2001:db8::1]:4711' },
    ],
    [
      'IPv6 without a port',
      { request: { host: '[::1]' } },
      { RequestAddr: '[::1]', RequestHost: '[::1]', RequestPort: '-' },
    ],
    ['no Host', { request: { host: '' } }, { RequestAddr: undefined, RequestHost: undefined, RequestPort: undefined }],
    [
      'TLS',
      {
        client: {
          tls: {
            version: 'TLSv1.3',
            cipher: 'TLS_AES_128_GCM_SHA256',
            serverName: null,
            options: null,
            certificates: () => [],
          },
        },
      },
      { TLSVersion: '1.3', TLSCipher: 'TLS_AES_128_GCM_SHA256' },
    ],
    [
      'the certificate of a client',
      {
        client: {
          tls: {
            version: 'TLSv1.2',
            cipher: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
            serverName: null,
            options: null,
            certificates: () => [],
            clientSubject: () => 'CN=me,O=Shop\\, Inc.',
          },
        },
      },
      { TLSVersion: '1.2', TLSClientSubject: 'CN=me,O=Shop\\, Inc.' },
    ],
    ['retries', { record: { retries: 2 } }, { RetryAttempts: 2 }],
    [
      'an Ingress',
      { ...proxied, record: { ...proxied.record, routerOrigin: ofKind('Ingress'), serviceOrigin } },
      {
        KubernetesIngressName: 'front',
        KubernetesIngressNamespace: 'ns',
        KubernetesIngressRouteName: undefined,
        KubernetesIngressRouteNamespace: undefined,
        KubernetesServiceName: 'shop',
        KubernetesServiceNamespace: 'ns',
        KubernetesServicePort: 'web',
      },
    ],
    [
      'an IngressRoute, of which a middleware answered',
      { record: { routerOrigin: ofKind('IngressRoute'), serviceOrigin } },
      {
        KubernetesIngressName: undefined,
        KubernetesIngressNamespace: undefined,
        KubernetesIngressRouteName: 'front',
        KubernetesIngressRouteNamespace: 'ns',
        KubernetesServiceName: undefined,
        KubernetesServiceNamespace: undefined,
        KubernetesServicePort: undefined,
      },
    ],
    [
      'the balancer behind a weighted service',
      { ...proxied, record: { ...proxied.record, service: 'mix@file' } },
      { ServiceName: 'shop@file' },
    ],
  ])('%s', (_, exchange, wanted) => {
    const entry = JSON.parse(json({}, exchange))
    for (const [name, value] of Object.entries(wanted)) expect([name, entry[name]]).toEqual([name, value])
  })

  test('headers of the request as middlewares have left it, but of no copy, and nothing of what is made of it for a server', () => {
    const entry = JSON.parse(
      json(
        { defaultMode: 'drop', headers: { defaultMode: 'keep' } },
        {
          request: { headers: ['Cookie', 'a=1', 'Connection', 'X-K', 'X-K', 'v'] },
          passes: (request, { record }) => {
            request.headers.set('X-User', 'me')
            request.headers.delete('cookie')
            const copy = requestOf({ headers: [...request.headers.lines, 'X-Copy', '1'] })
            record.fieldsWatcher!.fieldsLeave(copy.headers)
            record.fieldsWatcher!.fieldsLeave(request.headers)
            request.headers.delete('x-k')
            record.fieldsWatcher!.fieldsLeave(request.headers)
          },
        },
      ),
    )
    delete entry.time
    expect(entry).toEqual({
      level: 'info',
      msg: '',
      request_Connection: 'X-K',
      'request_X-K': 'v',
      'request_X-User': 'me',
    })
  })

  test('nobody is told of fields that no line shows', () => {
    accessLines({ format: 'json' }, { passes: (_, { record }) => expect(record.fieldsWatcher).toBeNull() })
  })

  test('headers of the request, of the server and of the answer', () => {
    const entry = JSON.parse(
      json(
        { defaultMode: 'drop', headers: { defaultMode: 'keep', names: { authorization: 'redact', 'x-DROP': 'drop' } } },
        {
          request: {
            headers: [
              'x-lower-case',
              'v1',
              'X-Lower-Case',
              'v2, v3',
              'X-Drop',
              '1',
              'Authorization',
              'Basic c2VjcmV0',
              'X-Empty',
              '',
            ],
          },
          response: { headers: ['X-Multi', 'a', 'x-multi', 'b"c'] },
          record: { originFields: ['Server', 's'] },
        },
      ),
    )
    delete entry.time
    expect(entry).toEqual({
      'downstream_X-Multi': 'a,b"c',
      level: 'info',
      msg: '',
      origin_Server: 's',
      request_Authorization: 'REDACTED',
      'request_X-Empty': '',
      'request_X-Lower-Case': 'v1,v2, v3',
    })
  })
})

describe('what is logged at all', () => {
  const statuses = (options: AccessSketch, ...exchanges: ExchangeSketch[]) =>
    accessLines(options, ...exchanges).map((line) => Number(/" (\d+) /.exec(line)![1]))
  const ended = (status: number, more: ExchangeSketch = {}): ExchangeSketch => ({ ...more, end: { status } })

  test('filters let through what fits one of them', () => {
    const exchanges = [
      ended(200),
      ended(404),
      ended(503),
      ended(201, { record: { retries: 1 } }),
      ended(202, { durationMs: 50 }),
      ended(203, { durationMs: 20 }),
    ]
    expect(statuses({}, ...exchanges)).toEqual([200, 404, 503, 201, 202, 203])
    expect(
      statuses(
        {
          filters: {
            statusCodes: [
              [400, 499],
              [503, 503],
            ],
          },
        },
        ...exchanges,
      ),
    ).toEqual([404, 503])
    expect(statuses({ filters: { retryAttempts: true } }, ...exchanges)).toEqual([201])
    expect(statuses({ filters: { minDurationMs: 20 } }, ...exchanges)).toEqual([202])
    expect(statuses({ filters: { statusCodes: [[404, 404]], minDurationMs: 20 } }, ...exchanges)).toEqual([404, 202])
  })

  test('internal services only when wanted, routers only when they want it', () => {
    const ping = ended(200, { record: { service: 'ping@internal' } })
    const silent = ended(201, { record: { logged: false } })
    expect(statuses({}, ping, silent, ended(202))).toEqual([202])
    expect(statuses({ addInternals: true }, ping, silent, ended(202))).toEqual([200, 202])
  })

  test('lines are counted, those that a filter drops too', () => {
    const lines = accessLines({ filters: { statusCodes: [[200, 299]] } }, ended(200), ended(404), ended(200))
    expect(lines.map((line) => Number(/"-" (\d+) "-"/.exec(line)![1]))).toEqual([1, 3])
  })
})

test('a traced exchange is named in its line, keys in alphabetical order', () => {
  const fields = {
    defaultMode: 'drop',
    names: { TraceId: 'keep', SpanId: 'keep', trace_id: 'keep', span_id: 'keep' },
  } as const
  const traced = { record: { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' } }
  const [line, other] = accessLines({ format: 'json', fields }, traced, {})
  expect(line).toMatch(
    /^\{"SpanId":"b7ad6b7169203331","TraceId":"0af7651916cd43dd8448eb211c80319c","level":"info","msg":"","span_id":"b7ad6b7169203331","time":"[^"]+","trace_id":"0af7651916cd43dd8448eb211c80319c"\}\n$/,
  )
  expect(Object.keys(JSON.parse(other!))).toEqual(['level', 'msg', 'time'])
})
