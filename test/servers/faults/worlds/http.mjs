import http from 'node:http'
import { hasRouter } from '../run.mjs'
import { isRefused, withFlags } from './kv.mjs'

const TOKEN = 'Bearer correct-horse-battery'
const REDIRECTED = '/moved'
const TAGGED = '/tagged'

/** A document that a server of our own gives, reached through the relay and asked for twice a second. */
export async function createWorld() {
  const names = new Set()
  /** Answers instead; null: the document. */
  let fault = null
  let token = TOKEN

  const text = () =>
    JSON.stringify({
      http: {
        routers: Object.fromEntries([...names].map((name) => [name, { rule: `Host(\`${name}.test\`)`, service: 's' }])),
        services: { s: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:9' }] } } },
      },
    })
  const server = http.createServer((request, response) => {
    if (request.headers.authorization !== token) return response.writeHead(401).end('no')
    if (request.url === REDIRECTED) return response.writeHead(302, { location: '/' }).end()
    if (fault !== null) return fault(response)
    const etag = `"${[...names].join('.')}"`
    if (request.headers['if-none-match'] === etag) return response.writeHead(304).end()
    // Elsewhere all of it comes each time.
    const validators = request.url === TAGGED ? { etag } : {}
    return response.writeHead(200, { 'content-type': 'application/json', ...validators }).end(text())
  })
  const listen = (port) => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
  const close = () => {
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    return closed
  }
  await listen(0)
  const { port } = server.address()
  const flags = (at, authorization = TOKEN, where = '/') => [
    `--providers.http.endpoint=http://127.0.0.1:${at}${where}`,
    `--providers.http.headers.authorization=${authorization}`,
    '--providers.http.pollInterval=500ms',
    '--providers.http.pollTimeout=2s',
    '--providers.http.maxResponseBodySize=100000',
  ]
  return {
    name: 'http',
    isHttp: true,
    // The server is there and says something that is no configuration: that is a mistake in the document, see below.
    skips: ['HTML with 200', 'an empty page with 200', 'half a document with 200', 'another shape with 200'],
    target: { host: '127.0.0.1', port },
    secrets: [TOKEN],
    flags,
    start: () => undefined,
    put: (name) => void names.add(name),
    remove: (name) => void names.delete(name),
    async restart() {
      await close()
      await listen(port)
    },
    stop: close,
    special: (tools) => {
      const { relay, withSource, recovers, nothingLost, sleep } = tools
      /** The last good document stays, the mistake is told, and is over when it is over. */
      const isToldAndKept = (body) => () =>
        withSource(async (source) => {
          fault = (response) => response.end(body)
          try {
            await source.until(() => source.problems.length > 0, 5_000)
            await sleep(1_500)
            nothingLost(source)
            if (source.report.status !== 'live') throw new Error(`it is ${source.report.status}`)
          } finally {
            fault = null
          }
          await recovers(source, 2)
          if (source.problems.length > 0) throw new Error('the mistake is told for ever')
        })
      /** The source is lost, and live again. */
      const isLost = (answer) => () =>
        withSource(async (source) => {
          fault = answer
          try {
            await source.untilStatus('stale', 6_000)
            nothingLost(source)
          } finally {
            fault = null
          }
          await recovers(source, 4)
        })
      return [
        ['HTML as a document', isToldAndKept('<!DOCTYPE html><html><body>Sign in</body></html>')],
        ['an empty page as a document', isToldAndKept('')],
        ['half a document', isToldAndKept('{"http": {"routers": {"kept"')],
        ['a document of another shape', isToldAndKept('["text"]')],
        ['an unknown field', isToldAndKept('{"http": {"routerz": {}}}')],
        ['a document that is too long', isLost((response) => response.end('#'.repeat(200_000)))],
        [
          'a document that never ends',
          isLost((response) => {
            const timer = setInterval(() => response.write('# more\n'), 100)
            response.on('close', () => clearInterval(timer))
          }),
        ],
        ['a redirection in a circle', isLost((response) => response.writeHead(302, { location: '/' }).end())],
        ['304 for what was never given', withoutValidators],
        [
          'a document with a tag, lost and found',
          () =>
            withFlags(flags(relay.port, TOKEN, TAGGED), async (source) => {
              await source.until(hasRouter('kept'), 5_000)
              await relay.set('refuse')
              await source.untilStatus('stale', 5_000)
              await relay.set('pass')
              await recovers(source, 4)
              nothingLost(source)
            }),
        ],
        [
          'a wrong token, until it is the right one',
          () =>
            withFlags(flags(relay.port, 'Bearer other-secret'), async (source) => {
              await isRefused(source, /401/, 'other-secret')
              token = 'Bearer other-secret'
              await source.until(hasRouter('kept'), 16_500)
              token = TOKEN
            }),
        ],
        [
          'moved on the same host',
          () =>
            withFlags(flags(relay.port, TOKEN, REDIRECTED), async (source) => {
              await source.until(hasRouter('kept'), 5_000)
            }),
        ],
      ]
    },
  }

  async function withoutValidators() {
    fault = (response) => response.writeHead(304).end()
    await withFlags(flags(port), async (source) => {
      const { error } = await source.untilStatus('failed', 5_000)
      if (!error.includes('304')) throw new Error(`another reason: ${error}`)
      fault = null
      await source.until(hasRouter('kept'), 4_500)
    })
  }
}
