import { expect, onTestFinished, test } from 'vitest'
import { startProxy } from '../support/node-proxy.ts'
import { talk } from '../support/raw-server.ts'

const routing = `http:
  routers:
    fixed: {rule: "Path(\`/fixed\`)", service: noop@internal, middlewares: [fixed]}
    empty: {rule: "Path(\`/empty\`)", service: noop@internal, middlewares: [empty]}
    down: {rule: "Path(\`/down\`)", service: noop@internal, middlewares: [down]}
    up: {rule: "Path(\`/up\`)", service: noop@internal, middlewares: [up]}
  middlewares:
    fixed: {respond: {body: "grüß", headers: {X-Fixed: "1"}}}
    empty: {respond: {status: 204, body: none}}
    down: {maintenance: true}
    up: {maintenance: {enabled: false}}
`

test('answers without a server, one after the other on a connection', async () => {
  const proxy = await startProxy(routing)
  onTestFinished(() => proxy.stop())
  const ask = (method: string, path: string, more = '') => `${method} ${path} HTTP/1.1\r\nHost: h\r\n${more}\r\n`
  const text = await talk(
    proxy.port,
    [
      ask('GET', '/fixed'),
      ask('HEAD', '/fixed'),
      `${ask('POST', '/fixed', 'Content-Length: 5\r\n')}hello`,
      ask('GET', '/empty'),
      ask('GET', '/down'),
      ask('GET', '/up', 'Connection: close\r\n'),
    ].join(''),
  )
  const answers = text.replace(/Date: .*\r\n/g, '').split(/(?=HTTP\/1.1 )/)
  const fields = 'Content-Type: text/plain; charset=utf-8\r\nX-Fixed: 1\r\n'
  const content = 'gr\u00c3\u00bc\u00c3\u009f'
  expect(answers).toEqual([
    `HTTP/1.1 200 OK\r\n${fields}Content-Length: 6\r\n\r\n${content}`,
    `HTTP/1.1 200 OK\r\n${fields}Content-Length: 6\r\n\r\n`,
    `HTTP/1.1 200 OK\r\n${fields}Content-Length: 6\r\n\r\n${content}`,
    'HTTP/1.1 204 No Content\r\n\r\n',
    'HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\nContent-Length: 19\r\n\r\nService Unavailable',
    "HTTP/1.1 418 I'm a teapot\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
  ])
})
