import http, { type IncomingHttpHeaders } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freePort } from '../../../support/free-port.ts'
import { startProxy, startServer, type TestProxy } from '../../../support/node-proxy.ts'
import { until } from '../../../support/until.ts'

type Server = Awaited<ReturnType<typeof startServer>>

let proxy: TestProxy
let server: Server
let api: string

beforeEach(async () => {
  server = await startServer((_, response) => void response.end('here'))
  const port = await freePort()
  api = `http://127.0.0.1:${port}`
  proxy = await startProxy('http: {}\n', [
    `--entryPoints.traefik.address=127.0.0.1:${port}`,
    '--api.insecure=true',
    '--providers.rest.insecure=true',
  ])
})

afterEach(async () => {
  await proxy.stop()
  await server.close()
})

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

function send(
  content: string | Buffer,
  { method = 'PUT', path = '/api/providers/rest', headers = {}, to = api } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(`${to}${path}`, { method, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    request.on('error', reject)
    request.end(content)
  })
}

const routing = (names: readonly string[], more: object = {}) =>
  JSON.stringify({
    http: {
      routers: Object.fromEntries(names.map((name) => [name, { rule: `Path(\`/${name}\`)`, service: 's' }])),
      services: { s: { loadBalancer: { servers: [{ url: server.url }], ...more } } },
    },
  })

const statusOf = (path: string) =>
  until(
    async () => (await send('', { method: 'GET', path, to: proxy.url })).status,
    (status) => status === 200,
  )

const gone = (path: string) =>
  until(
    async () => (await send('', { method: 'GET', path, to: proxy.url })).status,
    (status) => status === 404,
  )

describe('PUT /api/providers/rest', () => {
  test('is in force, and takes the place of the one before', async () => {
    const answer = await send(routing(['a', 'b']))
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/json; charset=UTF-8' } })
    await statusOf('/a')
    await send(routing(['b']))
    await gone('/a')
    await statusOf('/b')
  })

  // What the binary (3.7.15) answers.
  test.each<[string, number, string]>([
    ['{}', 200, '{}'],
    ['null', 200, '{}'],
    ['{"http":{"routers":{}}}', 200, '{"http":{}}'],
    [
      '{"HTTP":{"routers":{"a":{"rule":"Path(`/&`)","service":"s","PRIORITY":3}},"services":{"s":{"loadBalancer":{"servers":[{"url":"http://127.0.0.1:1"}]}}}}}',
      200,
      '{"http":{"routers":{"a":{"service":"s","rule":"Path(`/\\u0026`)","priority":3}},"services":{"s":{"loadBalancer":{"servers":[{"url":"http://127.0.0.1:1"}],"passHostHeader":null}}}}}',
    ],
    [
      '{"http":{"services":{"s":{"loadBalancer":{"responseForwarding":{"flushInterval":"200ms"},"healthCheck":{"interval":1000000000,"path":"/x"},"sticky":{"cookie":{}},"strategy":"p2c"}}}}}',
      200,
      '{"http":{"services":{"s":{"loadBalancer":{"sticky":{"cookie":{}},"strategy":"p2c","healthCheck":{"path":"/x","interval":"277777h46m40s"},"passHostHeader":null,"responseForwarding":{"flushInterval":"200ms"}}}}}}',
    ],
    [
      '{"http":{"routers":{"a":{"priority":9223372036854775806}}}}',
      200,
      '{"http":{"routers":{"a":{"priority":9223372036854775806}}}}',
    ],
    [
      '{"http":{"routers":{"a":{"observability":{"metadata":{"ingress":{"namespace":"n"}}}}},"services":{"s":{"observability":{"metadata":{"kubernetes":{"name":"k"}}}}}}}',
      200,
      '{"http":{"routers":{"a":{"observability":{"metadata":{"ingress":{"namespace":"n"}}}}},"services":{"s":{"observability":{"metadata":{"kubernetes":{"name":"k"}}}}}}}',
    ],
    ['', 400, 'EOF\n'],
    ['{"http"', 400, 'unexpected EOF\n'],
    [
      '{"http":{"services":{"s":{"loadBalancer":{"healthCheck":{"interval":"10"}}}}}}',
      400,
      'time: missing unit in duration "10"\n',
    ],
    ['{"http":7}', 400, 'json: cannot unmarshal number into Go struct field http of type object\n'],
    [
      '{"http":{"routers":{"a":{"rule":7}}}}',
      400,
      'json: cannot unmarshal number into Go struct field http.routers.a.rule of type string\n',
    ],
    [
      '{"http":{"routers":{"a":{"priority":"7"}}}}',
      400,
      'json: cannot unmarshal string into Go struct field http.routers.a.priority of type int\n',
    ],
    [
      '{"http":{"routers":{"a":{"priority":1.5}}}}',
      400,
      'json: cannot unmarshal number 1.5 into Go struct field http.routers.a.priority of type int\n',
    ],
    ['{"http":{"routers":[]}}', 400, 'json: cannot unmarshal array into Go struct field http.routers of type map\n'],
    ['{"http":\n{"routers":geheim}}', 400, "invalid character 'g' looking for beginning of value\n"],
    ['['.repeat(1000), 400, 'unexpected EOF\n'],
    ['{} {}', 400, 'invalid JSON at line 1, column 4\n'],
  ])('%s', async (content, status, text) => {
    const answer = await send(content)
    expect([answer.status, answer.text]).toEqual([status, text])
    expect(answer.headers).not.toHaveProperty('warning')
  })

  test.each([
    ['GET', '/api/providers/rest', 405],
    ['POST', '/api/providers/rest', 405],
    ['DELETE', '/api/providers/docker', 405],
    ['PUT', '/api/providers/docker', 400],
    ['PUT', '/api/providers/REST', 400],
    ['PUT', '/api/providers/rest/', 404],
    ['PUT', '/api/providers/rest/a', 404],
  ])('%s %s: %s', async (method, path, status) => {
    const answer = await send('{}', { method, path })
    expect(answer.status).toBe(status)
    if (status === 400) expect(answer.text).toBe("Only 'rest' provider can be updated through the REST API\n")
    if (status === 405) expect(answer.headers.allow).toBe('PUT')
  })

  test('nothing, and what can’t be read, keeps what there is; an empty section clears', async () => {
    await send(routing(['a']))
    await statusOf('/a')
    for (const content of ['{}', 'null', '', '{"http":', '{"http":7}', '<html>']) await send(content)
    await send(routing(['a'], { passHostHeader: false }))
    await statusOf('/a')
    await send('{"http":{"routers":{}}}')
    await gone('/a')
  })

  test('unknown names are ignored, and told in the answer and in the log', async () => {
    const answer = await send('{"http":{"routers":{"a":{"rul":"x","entryPoints":["web"],"\\"\\u00e4\\n":1}}},"x":1}')
    expect(answer.status).toBe(200)
    expect(answer.text).toBe('{"http":{"routers":{"a":{"entryPoints":["web"]}}}}')
    expect(answer.headers.warning).toBe(
      `299 signalbox "unknown options are ignored: http.routers.a.rul (did you mean 'rule'?), http.routers.a.'??, x"`,
    )
    await until(
      () => proxy.logged.filter(({ message }) => message.includes('unknown option')).map(({ level }) => level),
      (levels) => levels.length === 3 && levels.every((level) => level === 'warn'),
    )
  })

  test('a thousand unknown names make one short field', async () => {
    const names = Array.from({ length: 1000 }, (_, at) => `"${'n'.repeat(500)}${at}":1`)
    const answer = await send(`{${names.join(',')}}`)
    expect(answer.status).toBe(200)
    expect(answer.headers.warning!.length).toBeLessThan(1100)
  })

  test('no defaults are filled in', async () => {
    await send(
      '{"http":{"routers":{"a":{"rule":"Path(`/a`)","service":"s","middlewares":["l"]}},"middlewares":{"l":{"rateLimit":{}}},' +
        `"services":{"s":{"loadBalancer":{"servers":[{"url":"${server.url}"}],"healthCheck":{}}}}}}`,
    )
    await statusOf('/a')
    const raw = JSON.parse((await send('', { method: 'GET', path: '/api/rawdata' })).text) as {
      services: Record<string, unknown>
      middlewares: Record<string, unknown>
    }
    expect(raw.services['s@rest']).toMatchObject({ loadBalancer: { healthCheck: {} } })
  })

  test('names of prototypes are ordinary', async () => {
    const answer = await send(
      '{"http":{"middlewares":{"__proto__":{"stripPrefix":{}},"constructor":{"stripPrefix":{}}},"__proto__":1}}',
    )
    expect(answer.text).toBe(
      '{"http":{"middlewares":{"__proto__":{"stripPrefix":{}},"constructor":{"stripPrefix":{}}}}}',
    )
    expect(answer.headers.warning).toContain('http.__proto__')
  })

  test('pages of browsers may not', async () => {
    for (const headers of [{ origin: 'http://evil.test' }, { 'sec-fetch-site': 'cross-site' }]) {
      expect((await send(routing(['a']), { headers })).status).toBe(403)
    }
    await gone('/a')
  })

  test('long texts are read beside the data path', async () => {
    const names = Array.from({ length: 2_000 }, (_, at) => `r${at}`)
    const answer = await send(routing(names))
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.text)).toMatchObject({ http: { routers: { r1999: { service: 's' } } } })
    await statusOf('/r1999')
  })

  test('a body over 64 MiB is refused', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 0x20)
    const answer = await new Promise<number>((resolve) => {
      const request = http.request(`${api}/api/providers/rest`, { method: 'PUT' }, (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
        request.destroy()
      })
      request.on('error', () => undefined)
      let sent = 0
      const more = (): void => {
        while (!request.destroyed && sent++ < 70) if (!request.write(chunk)) return void request.once('drain', more)
      }
      more()
    })
    expect(answer).toBe(413)
  })
})

test('it is nowhere unless it is routed', async () => {
  const port = await freePort()
  const closed = await startProxy(
    'http: {routers: {r: {rule: "PathPrefix(`/api/providers`) && Host(`r.test`)", service: rest@internal}}}\n',
    [`--entryPoints.traefik.address=127.0.0.1:${port}`, '--api.insecure=true', '--providers.rest=true'],
  )
  try {
    expect((await send('{}', { to: `http://127.0.0.1:${port}` })).status).toBe(404)
    expect((await send('{}', { to: closed.url })).status).toBe(404)
    expect((await send('{}', { to: closed.url, headers: { host: 'r.test' } })).status).toBe(200)
  } finally {
    await closed.stop()
  }
})
